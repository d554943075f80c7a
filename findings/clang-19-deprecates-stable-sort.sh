#!/usr/bin/env bash
# std::stable_sort, as every book has it, does not compile with -Werror: not for what the caller wrote, but for what the
# library wrote.
#
# libstdc++ 12 sorts by way of std::get_temporary_buffer, which C++17 deprecated, and marks that as deprecated without
# silencing its own use of it. Up to clang 16 nobody notices: what stands in a system header is not warned of. Clang 19 warns
# of it even so, where user code instantiates the template. Debian 12 has both compilers and that library, so a project that
# builds there with "the newest clang" and -Werror fails at its first std::stable_sort, from C++17 on. gcc says nothing.
# Remedy: -Wno-deprecated-declarations with clang and this library (or no -Werror in what users build).
#
# Seen with Debian 12's packages clang-16 1:16.0.6-15~deb12u1, clang-19 1:19.1.7-3~deb12u1, libstdc++-12-dev 12.2.0-14+deb12u1:
#   clang 16, C++20: compiles      clang 19, C++14: compiles      clang 19, C++17 and C++20: "is deprecated", in stl_tempbuf.h
#
# Needs a system whose package lists have Debian 12's packages. Ends with 1 if that has changed, with 2 if it could not be tried.
set -euo pipefail
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cd "$T"

fetch() { # what is unpacked below ./root, nothing is installed
  apt-get -q download "$@" >fetch.log 2>&1 || { cat fetch.log; exit 2; }
  for package in *.deb; do dpkg -x "$package" root; done
  rm -f ./*.deb
}
fetch {libstdc++-12-dev,libgcc-12-dev}=12.2.0-14+deb12u1
fetch {clang-16,libclang-cpp16,libllvm16,libclang-common-16-dev}=1:16.0.6-15~deb12u1
fetch {clang-19,libclang-cpp19,libllvm19,libclang-common-19-dev}=1:19.1.7-3~deb12u1

cat >sorted.cc <<'C'
#include <algorithm>
#include <vector>
void sort(std::vector<unsigned>& numbers) { std::stable_sort(numbers.begin(), numbers.end()); }
C

try() { # VERSION STANDARD → what the compiler says
  local headers=$T/root/usr/include/c++/12 machine=$T/root/usr/include/x86_64-linux-gnu/c++/12
  if LD_LIBRARY_PATH=$T/root/usr/lib/x86_64-linux-gnu:$T/root/usr/lib/llvm-$1/lib \
    "root/usr/lib/llvm-$1/bin/clang++" "-std=$2" -Wall -Werror -fsyntax-only -nostdinc++ \
    -cxx-isystem "$headers" -cxx-isystem "$machine" sorted.cc 2>said; then
    echo "clang $1 $2: compiles"
  else
    echo "clang $1 $2: $(grep -o "stl_tempbuf.h.*error: 'get_temporary_buffer<unsigned int>' is deprecated" said | sed 's/:[0-9:]* error//')"
  fi
}

{ try 16 c++20; try 19 c++14; try 19 c++17; try 19 c++20; } | tee seen
diff seen - <<'S' || { echo changed; exit 1; }
clang 16 c++20: compiles
clang 19 c++14: compiles
clang 19 c++17: stl_tempbuf.h: 'get_temporary_buffer<unsigned int>' is deprecated
clang 19 c++20: stl_tempbuf.h: 'get_temporary_buffer<unsigned int>' is deprecated
S
echo "as described"
