# Sourced by ./dev: installs what a fresh Debian 12, Debian 13 or Ubuntu 24.04 lacks, and nothing else.
# Sets: run (build and start the gateway), test, fuzz, lint, bench, package (build it), try (install it in a container),
# platforms (other systems beside this one).

readonly llhttp_min=9.2.1
readonly packages_run=(g++ cmake ninja-build pkg-config libuv1-dev libllhttp-dev libyaml-cpp-dev libssl-dev
  prometheus-cpp-dev libcli11-dev libspdlog-dev libcurl4-openssl-dev libc-ares-dev nlohmann-json3-dev libzookeeper-st-dev curl)
# zookeeper starts nothing; zookeeperd would.
readonly packages_test=(libgtest-dev libgmock-dev ccache python3 python3-jsonschema python3-yaml prometheus openssl etcd-server etcd-client zookeeper)
readonly packages_bench=(libbenchmark-dev nginx haproxy wrk slowhttptest python3)
readonly packages_lint=(git)
readonly packages_package=(dpkg-dev git python3)
readonly packages_try=(debootstrap systemd-container)
readonly packages_platforms=(debootstrap git iproute2)

# What Debian 12 takes from the next release, and nothing else.
readonly from_trixie="libllhttp-dev libllhttp9* ubuntu-keyring"

clangxx() {
  local name runtime
  for name in clang++ clang++-{21..14}; do
    command -v "$name" >/dev/null || continue
    runtime=$("$name" -print-file-name=libclang_rt.fuzzer-"$(uname -m)".a)
    [[ -e $runtime || -e $("$name" -print-runtime-dir)/libclang_rt.fuzzer-$(uname -m).a ]] || continue
    echo "$name"
    return 0
  done
  return 1
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root (or sudo) for: $*"
  fi
}

apt_quietly() {
  local log
  log=$(mktemp)
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "apt-get $* failed"
  fi
  rm -f "$log"
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

candidate() { apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }

# The tilde: Debian's 9.2.1~7.3.0 is upstream's 9.2.1, out of another source package's 7.3.0.
llhttp_is_new_enough() { dpkg --compare-versions "${1:-0}" ge "$llhttp_min~"; }

# The URI that this system's own release comes from, so that a later release is taken from the same mirror.
own_mirror() {
  apt-get indextargets --format '$(CODENAME) $(SUITE) $(REPO_URI)' 'Created-By: Packages' |
    awk -v name="$1" '$1 == name && ($2 !~ /-(updates|security|backports)$/) { print $3; exit }'
}

# Adds a suite of this distribution's, from the same mirror, with a pin that keeps everything in it out of reach but the
# packages named. False if there is no such suite (any more): then nothing has been added.
add_suite() {
  local suite=$1 components=$2 keyring=$3 packages=$4 mirror work
  local sources=/etc/apt/sources.list.d/penstock-$suite.sources preferences=/etc/apt/preferences.d/penstock-$suite
  [[ -e $keyring ]] || keyring=${keyring%.gpg}.pgp
  [[ -e $keyring ]] || die "no archive keyring in /usr/share/keyrings to check $suite with"
  mirror=$(own_mirror "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")")
  [[ -n $mirror ]] || die "can't tell the mirror of this release from the system's apt sources"
  say "$packages: from $suite on the same mirror ($sources, pinned to it alone)"
  work=$(mktemp -d)
  cat >"$work/sources" <<TEXT
Types: deb
URIs: $mirror
Suites: $suite
Components: $components
Targets: Packages
Languages: none
Signed-By: $keyring
TEXT
  cat >"$work/preferences" <<TEXT
Package: *
Pin: release n=$suite
Pin-Priority: -1

Package: $packages
Pin: release n=$suite
Pin-Priority: 500
TEXT
  as_root install -m 644 "$work/preferences" "$preferences"
  as_root install -m 644 "$work/sources" "$sources"
  rm -r "$work"
  (apt_quietly update) && return
  as_root rm -f "$sources" "$preferences"
  return 1
}

# Debian 12 and Ubuntu 24.04 have no llhttp that is safe to use. The next long-lived release has one without further
# dependencies.
offer_llhttp() {
  llhttp_is_new_enough "$(candidate libllhttp-dev)" && return
  case $(. /etc/os-release && echo "$ID") in
    debian) add_trixie ;;
    ubuntu)
      add_suite resolute universe /usr/share/keyrings/ubuntu-archive-keyring.gpg "libllhttp-dev libllhttp9*" ||
        die "the mirror has no resolute"
      ;;
    *) die "llhttp $llhttp_min or later is needed (libllhttp-dev); this system's packages have none" ;;
  esac
  llhttp_is_new_enough "$(candidate libllhttp-dev)" || die "no llhttp $llhttp_min or later in the next release"
}

add_trixie() {
  add_suite trixie main /usr/share/keyrings/debian-archive-keyring.gpg "$from_trixie" || die "the mirror has no trixie"
}

# The keys that the other distribution's archive is signed with.
other_keyring() {
  if [[ $(. /etc/os-release && echo "$ID") == ubuntu ]]; then echo debian-archive-keyring; else echo ubuntu-keyring; fi
}

# The last Debian with a Consul is 11, and 12 still runs that one. Elsewhere the tests that need it are skipped.
may_have_consul() { [[ $(. /etc/os-release && echo "${ID:-}:${VERSION_CODENAME:-}") == debian:bookworm ]]; }

# False if it can't be had.
offer_consul() {
  [[ -n $(candidate consul) ]] && return
  add_suite bullseye main /usr/share/keyrings/debian-archive-keyring.gpg consul && [[ -n $(candidate consul) ]]
}

# Debian starts a server when its package is installed. Those that the tests and benchmarks use are started by them
# alone: while packages are installed, and no policy of the system's own says otherwise, nothing is started.
install_without_starting() {
  local policy=/usr/sbin/policy-rc.d daemon daemons=()
  for daemon in nginx haproxy prometheus etcd-server:etcd consul; do
    [[ " $* " == *" ${daemon%:*} "* ]] && daemons+=("${daemon#*:}")
  done
  if ((${#daemons[@]} == 0)) || [[ -e $policy ]]; then
    apt_quietly install --no-install-recommends "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod +x "$policy"
  trap "as_root rm -f $policy" EXIT
  apt_quietly install --no-install-recommends "$@"
  as_root rm -f "$policy"
  trap - EXIT
  if [[ -d /run/systemd/system ]]; then
    as_root systemctl disable --quiet "${daemons[@]}" 2>/dev/null || true
  fi
}

# The distribution's own clang, with its version: the sanitizer runtimes are packaged by version.
default_clang() { apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -1; }

# 14 formats the way that the repository is formatted; where it is gone, another is better than none.
versioned_tool() { if [[ -n $(candidate "$1-14") ]]; then echo "$1-14"; else echo "$1"; fi; }

packages_of() {
  case $1 in
    run) echo "${packages_run[@]}" ;;
    test) echo "${packages_test[@]}" && if may_have_consul; then echo consul; fi ;;
    bench) echo "${packages_bench[@]}" ;;
    package) echo "${packages_package[@]}" ;;
    try) echo "${packages_try[@]}" ;;
    platforms) echo "${packages_platforms[@]} $(other_keyring)" ;;
    fuzz) clangxx >/dev/null || echo "clang-$(default_clang) libclang-rt-$(default_clang)-dev" ;;
    lint) echo "${packages_lint[@]} $(versioned_tool clang-format) $(versioned_tool clang-tidy)" ;;
  esac
}

missing_of() {
  local set package
  for set in "$@"; do
    for package in $(packages_of "$set"); do
      is_installed "$package" || echo "$package"
    done
  done | sort -u
}

setup() {
  local sets=("$@") missing
  ((${#sets[@]})) || sets=(run test)
  [[ ${sets[*]} == all ]] && sets=(run test fuzz lint bench package try platforms)
  local set
  for set in "${sets[@]}"; do
    [[ " run test fuzz lint bench package try platforms " == *" $set "* ]] ||
      die "setup: no set '$set' (run, test, fuzz, lint, bench, package, try, platforms, all)"
  done
  mapfile -t missing < <(missing_of "${sets[@]}")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || die "can install packages on Debian and Ubuntu only; needed: ${missing[*]}"
  [[ -n $(candidate ninja-build) ]] || apt_quietly update
  mapfile -t missing < <(missing_of "${sets[@]}") # names that depend on the package lists are known now
  [[ " ${missing[*]} " == *" libllhttp-dev "* ]] && offer_llhttp
  [[ " ${missing[*]} " == *" ubuntu-keyring "* && -z $(candidate ubuntu-keyring) ]] && add_trixie
  if [[ " ${missing[*]} " == *" consul "* ]] && ! offer_consul; then
    say "there is no Consul to be had: tests that need one are skipped"
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | grep -vx consul)
    ((${#missing[@]})) || return 0
  fi
  say "installing ${missing[*]}"
  if ! (install_without_starting "${missing[@]}") 2>/dev/null; then
    apt_quietly update # lists that are older than the mirror name files that it no longer has
    install_without_starting "${missing[@]}"
  fi
}
