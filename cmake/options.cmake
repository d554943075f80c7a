# Switches and compiler flags, the same for every target. CMakePresets.json names the sets that are in use.
option(PENSTOCK_TESTS "Build the tests" ON)
option(PENSTOCK_BENCH "Build the benchmarks" OFF)
option(PENSTOCK_FUZZ "Build the fuzz targets (clang only)" OFF)
option(PENSTOCK_WERROR "Warnings are errors: for development, not for what a newer compiler builds" OFF)
option(PENSTOCK_LTO "Link-time optimisation in Release builds (gcc)" ON)
set(PENSTOCK_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
set(PENSTOCK_TEST_PREFIX "" CACHE STRING "Put before each test's name, to tell several builds apart in one run")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(penstock_flags INTERFACE)
target_compile_options(penstock_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(PENSTOCK_WERROR)
  target_compile_options(penstock_flags INTERFACE -Werror)
endif()
if(PENSTOCK_SANITIZE)
  target_compile_options(penstock_flags INTERFACE
    -fsanitize=${PENSTOCK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(penstock_flags INTERFACE -fsanitize=${PENSTOCK_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(penstock_flags INTERFACE -fpch-preprocess) # else ccache can't work with precompiled headers
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(penstock_flags INTERFACE -Wno-restrict) # wrong about std::string's operator+ (GCC PR 105651)
  endif()
  if(PENSTOCK_SANITIZE)
    # Wrong about sanitized code, whose checks hide from gcc what it knew; the other builds have these warnings on.
    target_compile_options(penstock_flags INTERFACE -Wno-array-bounds -Wno-maybe-uninitialized -Wno-restrict
      -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 uses what C++17 deprecated, in std::stable_sort: clang 19 warns of that, though it is a system header
  # (findings/clang-19-deprecates-stable-sort.sh). gcc tells of our own uses.
  target_compile_options(penstock_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(PENSTOCK_FUZZ)
  # Coverage feedback in every library; the driver with its main() is linked by tests/fuzz alone.
  target_compile_options(penstock_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
# Clang would need a linker plug-in that the distributions package apart.
if(PENSTOCK_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT PENSTOCK_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()
