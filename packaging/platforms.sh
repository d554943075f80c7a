#!/usr/bin/env bash
# ./dev platforms: does the committed HEAD build, run and pass its fast tests on a bare system of each platform that the
# README names? Needs root. Each system is made by debootstrap and unpacked anew for each run, so that a package that the
# project needs and does not install is found; what only costs time is kept in $PENSTOCK_PLATFORMS: the bare system as an
# archive, packages that were fetched, the clone with its build folders, the compiler's cache.
#
# A step runs in namespaces of its own (mounts, processes, but for installing also the network): whatever ends it, nothing
# of it is left, and no port of this machine's is taken or needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "platforms: $*" >&2
  exit 1
}
say() { echo "==> $*"; }
. packaging/setup.sh

readonly platforms=(debian12 debian13 ubuntu24.04)
readonly kept=${PENSTOCK_PLATFORMS:-/var/tmp/penstock-platforms}
readonly source=$PWD commit=$(git rev-parse HEAD)
declare -A distribution=([debian12]=debian [debian13]=debian [ubuntu24.04]=ubuntu)
declare -A suite=([debian12]=bookworm [debian13]=trixie [ubuntu24.04]=noble)
declare -A components=([debian]=main [ubuntu]=main,universe)
declare -A outcome # "PLATFORM:COLUMN" → what the table says
failed=0

# ---- steps

step=0
end_step() {
  trap - EXIT
  ((step == 0)) || kill -KILL "$step" 2>/dev/null || true
}

# Runs it so that all it starts, and mounts, ends with it. The kernel sees to that: namespaces live as long as their first
# process. Options of unshare's come first, up to "--".
alone() {
  local options=()
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  unshare --mount --pid --fork --kill-child --propagation private "${options[@]}" "$@" </dev/null &
  step=$!
  local status=0
  wait "$step" || status=$?
  step=0
  return "$status"
}

# What `alone` runs to enter a platform: $1 is its folder, the rest a command in the clone.
# shellcheck disable=SC2016 # expanded in the step's shell
readonly enter='set -e
  root=$1/root
  shift
  if [[ $(readlink /proc/self/ns/net) != "$outer_network" ]]; then ip link set lo up; fi
  mount -t proc proc "$root/proc"
  mount --rbind -o ro /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  for folder in penstock .cache/ccache; do mount --bind "$root/../${folder##*/}" "$root/root/$folder"; done
  mount --bind "$root/../packages" "$root/var/cache/apt/archives"
  chroot "$root" /usr/bin/env -i --chdir=/root/penstock PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    "${proxies[@]}" "$@"' # not exec: the first process of a namespace hears no signal that it does not handle

# inside PLATFORM NETWORK COMMAND...: NETWORK is "outside" (this machine's) or "alone" (a loopback interface, all ports free).
inside() {
  local folder=$kept/$1 network=()
  [[ $2 == outside ]] || network=(--net)
  shift 2
  outer_network=$(readlink /proc/self/ns/net) alone "${network[@]}" -- \
    bash -c "$(declare -p proxies); $enter" enter "$folder" "$@"
}

# attempt PLATFORM COLUMN COMMAND...: a step with its log and its entry in the table. False if it failed.
attempt() {
  local platform=$1 column=$2 log=$kept/$1/$2.log begun=$SECONDS
  shift 2
  say "$platform: $column"
  if "$@" >"$log" 2>&1; then
    outcome[$platform:$column]="ok, $(minutes $((SECONDS - begun)))"
    return 0
  fi
  outcome[$platform:$column]=FAILED
  failed=1
  tail -n 40 "$log" | sed 's/^/    /' >&2
  say "$platform: $column FAILED: $log"
  return 1
}

minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# ---- the bare system

# Where packages of the platform come from: this system's own mirror for its own distribution, else what the environment
# says (PENSTOCK_MIRROR_DEBIAN, PENSTOCK_MIRROR_UBUNTU), else what debootstrap knows.
mirror_of() {
  local named=PENSTOCK_MIRROR_${1^^}
  if [[ -n ${!named:-} ]]; then
    echo "${!named}"
  elif [[ $(. /etc/os-release && echo "$ID") == "$1" ]]; then
    own_mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")"
  else
    debootstrap_default "$1"
  fi
}

# Ubuntu's mirror differs by architecture, and stands in the script of its suites.
debootstrap_default() {
  if [[ $1 == ubuntu ]]; then
    # shellcheck disable=SC2016 # expanded in the other shell
    ARCH=$(dpkg --print-architecture) SUITE=noble sh -c 'default_mirror() { echo "$1"; exit; }; . "$0"' \
      /usr/share/debootstrap/scripts/gutsy
  else
    sed -n 's/^DEF_MIRROR="\(.*\)"$/\1/p' /usr/sbin/debootstrap
  fi
}

# Of what this system tells apt about how to reach archives, what holds for any system behind the same proxy.
apt_settings() { apt-config dump | grep -E '^Acquire::(Check-|Retries|https?::(Proxy|Timeout))' || true; }

proxies=()
find_proxies() {
  local name proxy
  for name in http_proxy https_proxy no_proxy; do
    [[ -z ${!name:-} ]] || proxies+=("$name=${!name}")
  done
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  [[ -z ${proxy:-} || $proxy == DIRECT || -n ${http_proxy:-} ]] || proxies+=("http_proxy=$proxy")
}

# Prints why the archive $1 does not have the suite $2; nothing if it does.
why_not() {
  local folder
  folder=$(mktemp -d)
  if ! /usr/lib/apt/apt-helper download-file "$1/dists/$2/Release" "$folder/Release" >"$folder/log" 2>&1; then
    sed -n 's/^E: Failed to fetch [^ ]* */: /p' "$folder/log" | head -n 1
    echo "no $2 in $1"
  fi | tac | paste -s -d ''
  rm -r "$folder"
}

# debootstrap is told which of its scripts to use, for it may be older than the suite.
bootstrap() {
  local mirror=$2 kind=${distribution[$1]} name=${suite[$1]} work=$kept/$1/bootstrap script=sid
  [[ $kind == ubuntu ]] && script=gutsy
  rm -rf --one-file-system "$work" && mkdir -p "$work" &&
    alone -- env "${proxies[@]}" debootstrap --variant=minbase --components="${components[$kind]}" \
      "$name" "$work/root" "$mirror" "$script" &&
    write_sources "$work/root" "$kind" "$name" "$mirror" &&
    rm -rf "$work/root"/var/cache/apt/archives/*.deb "$work/root"/var/lib/apt/lists/* &&
    tar -C "$work/root" -cf "$kept/$1/bare.tar.new" . &&
    mv "$kept/$1/bare.tar.new" "$kept/$1/bare.tar" &&
    rm -rf --one-file-system "$work"
}

# As the platform's installer leaves it: what has been mended since the release is installed, too.
write_sources() {
  local root=$1 kind=$2 name=$3 mirror=$4 part
  for part in "$name" "$name-updates"; do
    echo "deb $mirror $part ${components[$kind]//,/ }"
  done >"$root/etc/apt/sources.list"
  rm -f "$root"/etc/apt/sources.list.d/*
}

unpack() {
  local root=$kept/$1/root
  rm -rf --one-file-system "$root" && mkdir -p "$root" "$kept/$1"/{packages/partial,ccache,penstock} &&
    tar -C "$root" -xf "$kept/$1/bare.tar" && mkdir -p "$root"/root/{penstock,.cache/ccache} || return 1
  apt_settings >"$root/etc/apt/apt.conf.d/90outer-system"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io" # the system is thrown away
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/" && echo bare >"$root/etc/hostname"
}

# A clone whose files are as committed. It is kept for its build folders: a file that is as it was is not compiled again.
clone() {
  local clone=$kept/$1/penstock
  [[ -e $clone/.git ]] || git clone --quiet --no-checkout "$source" "$clone" || return 1
  git -C "$clone" fetch --quiet "$source" "$commit" &&
    git -C "$clone" checkout --quiet --force --detach "$commit" &&
    git -C "$clone" clean -ffdxq --exclude=/build && mkdir -p "$clone/build"
}

# False, and said in the table, if the system can't be had.
make_system() {
  local platform=$1 mirror reason
  mkdir -p "$kept/$platform"
  if [[ ! -e $kept/$platform/bare.tar ]]; then
    mirror=$(mirror_of "${distribution[$platform]}")
    reason=$(why_not "${mirror%/}" "${suite[$platform]}")
    if [[ -n $reason ]]; then
      outcome[$platform:system]="not to be had: $reason"
      say "$platform: ${outcome[$platform:system]}"
      return 1
    fi
    attempt "$platform" system bootstrap "$platform" "${mirror%/}" || return 1
  fi
  attempt "$platform" system unpack "$platform" && attempt "$platform" clone clone "$platform"
}

# ---- what is tried on it

# The demonstration is up when it has said how it ends; then each line that it says to try is tried.
# shellcheck disable=SC2016 # expanded inside
readonly try_run='
  set -eu
  : >build/run.log # the one of the run before has the word that is waited for
  ./dev run >build/run.log 2>&1 &
  gateway=$!
  until grep -q "Ctrl-C ends it" build/run.log; do
    kill -0 "$gateway" 2>/dev/null || { cat build/run.log; exit 1; }
    sleep 0.2
  done
  tries=0
  while read -r line; do
    echo "$line"
    eval "${line/curl /curl -fsS -o /dev/null --max-time 10 }"
    tries=$((tries + 1))
  done < <(sed -n "s/^  \(curl .*\)/\1/p" build/run.log)
  echo "$tries lines tried"
  [ "$tries" -ge 2 ]
  kill "$gateway"
  wait "$gateway" || [ $? -eq 143 ]'

# What `./dev run` and `./dev test` install is installed with the network of this machine, and they run without.
try_dev_run() {
  inside "$1" outside ./dev setup run && inside "$1" alone bash -c "$try_run"
}

try_tests() {
  inside "$1" outside ./dev setup run test && inside "$1" alone ./dev test --fast
}

# shellcheck disable=SC2016 # expanded inside
readonly newest_clang='
  set -eu
  newest=$(apt-cache search --names-only "^clang-[0-9]+\$" | sed "s/^clang-\([0-9]*\) .*/\1/" | sort -n | tail -n 1)
  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "clang-$newest" >/dev/null
  echo "$newest" >build/clang-version'

# shellcheck disable=SC2016 # expanded inside
readonly build_with_clang='
  set -eu
  newest=$(cat build/clang-version)
  cmake --preset release -B build/clang -D "CMAKE_CXX_COMPILER=clang++-$newest" -D "CMAKE_C_COMPILER=clang-$newest" \
    -D PENSTOCK_WERROR=ON
  cmake --build build/clang --target penstock
  build/clang/penstock --version'

try_clang() {
  inside "$1" outside bash -c "$newest_clang" && inside "$1" alone bash -c "$build_with_clang" || return 1
}

# What the system and its compiler call themselves.
describe() {
  # shellcheck disable=SC2016 # expanded inside
  inside "$1" alone bash -c '. /etc/os-release; echo "$PRETTY_NAME, g++ $(g++ -dumpfullversion)"' 2>/dev/null || true
}

tests_of() { sed -n 's/.* tests failed out of \([0-9]*\)$/, \1 tests/p' "$kept/$1/test.log" | tail -n 1; }

try_platform() {
  local platform=$1 clang=$kept/$1/penstock/build/clang-version
  make_system "$platform" || return 1
  if attempt "$platform" run try_dev_run "$platform"; then outcome[$platform:system]=$(describe "$platform"); fi
  ((run_only)) && return 0
  if attempt "$platform" test try_tests "$platform"; then outcome[$platform:test]+=$(tests_of "$platform"); fi
  attempt "$platform" clang try_clang "$platform" || true
  [[ ! -e $clang ]] || outcome[$platform:clang]="$(cat "$clang"): ${outcome[$platform:clang]}"
}

# ---- which, and the end

# Those that this system is not, beginning with another one at each commit.
others_in_turn() {
  local name here others=() turn
  here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  for name in "${platforms[@]}"; do
    [[ ${suite[$name]} == "$here" ]] || others+=("$name")
  done
  turn=$(($(git rev-list --count HEAD) % ${#others[@]}))
  echo "${others[@]:turn}" "${others[@]:0:turn}"
}

table() {
  local name format='%-12s %-34s %-10s %-22s %s\n'
  echo
  echo "Penstock at $(git log -1 --format='%h, %cs' "$commit")"
  # shellcheck disable=SC2059 # the same for all rows
  printf "$format" platform system "./dev run" "./dev test --fast" "newest clang"
  for name in "$@"; do
    # shellcheck disable=SC2059
    printf "$format" "$name" "${outcome[$name:system]:-}" "${outcome[$name:run]:--}" "${outcome[$name:test]:--}" \
      "${outcome[$name:clang]:--}"
  done
}

run_only=0 in_turn=0 names=()
read_arguments() {
  local argument
  for argument in "$@"; do
    case $argument in
      --run-only) run_only=1 ;;
      --in-turn) in_turn=1 run_only=1 ;;
      *) [[ -n ${suite[$argument]:-} ]] || die "no platform '$argument' (${platforms[*]})" && names+=("$argument") ;;
    esac
  done
  ((in_turn)) && read -ra names < <(others_in_turn)
  ((${#names[@]})) || names=("${platforms[@]}")
}

lock() {
  mkdir -p "$kept"
  [[ -O $kept ]] || die "$kept belongs to somebody else"
  exec {lock}>"$kept/lock"
  flock -n "$lock" || { say "waiting for another run in $kept" && flock "$lock"; }
}

main() {
  local name tried=()
  read_arguments "$@"
  ((EUID == 0)) || die "needs root"
  setup platforms
  lock
  trap end_step EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  find_proxies
  [[ -z $(git status --porcelain) ]] || say "what is committed is built; there are other changes here"
  for name in "${names[@]}"; do
    tried+=("$name")
    if try_platform "$name" && ((in_turn)); then break; fi
  done
  table "${tried[@]}"
  exit "$failed"
}

main "$@" # all in functions: a script that is changed while it runs would go on in the middle of something else
