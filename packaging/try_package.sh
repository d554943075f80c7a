#!/usr/bin/env bash
# Installs the package on a minimal system of this machine's own release, booted with systemd in a container, and does what
# an administrator does: ./dev package --try. Needs root, and a kernel that lets systemd-nspawn boot. Everything is in a
# temporary folder and a network of its own; the files to install come from this machine's own mirror.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "try_package: $*" >&2
  exit 1
}
say() { echo "==> $*"; }
. packaging/setup.sh

package=${1:?the .deb to try}
work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-try-XXXXXX")
root=$work/root container="" leader=""

end() {
  if [[ -n $container ]]; then
    kill "$container" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
  fi
  rm -rf --one-file-system "$work"
}

# ---- the system

# Minimal, with systemd; kept for the next time.
make_system() {
  local release mirror base components=main
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  [[ $(. /etc/os-release && echo "$ID") == ubuntu ]] && components=main,universe
  base=build/try/$release.tar
  mirror=$(own_mirror "$release")
  if [[ ! -e $base ]]; then
    say "making a minimal $release, once"
    mkdir -p build/try
    debootstrap --variant=minbase --components="$components" --include=systemd,systemd-sysv,dbus,logrotate \
      "$release" "$root" "$mirror" >build/try/debootstrap.log || die "debootstrap failed: build/try/debootstrap.log"
    chroot "$root" apt-get clean
    tar -C "$root" -cf "$base.new" . && mv "$base.new" "$base"
  else
    mkdir -p "$root"
    tar -C "$root" -xf "$base"
  fi
  cp "$package" "$root/var/cache/penstock.deb"
}

# The container has a network of its own, so that it can use any port: what apt needs is fetched before.
fetch() {
  chroot "$root" sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    --download-only install /var/cache/penstock.deb' >"$work/fetch.log" 2>&1 || {
    cat "$work/fetch.log" >&2
    die "the package's dependencies can't be had"
  }
}

inside() { nsenter --target "$leader" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C DEBIAN_FRONTEND=noninteractive "$@"; }

boot() {
  local attempt
  systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network --console=pipe \
    </dev/null >"$work/console.log" 2>&1 &
  container=$!
  for ((attempt = 0; attempt < 600; ++attempt)); do
    kill -0 "$container" 2>/dev/null || die "the container can't be booted: $(tail -3 "$work/console.log")"
    leader=$(pgrep -P "$container" | head -1) || true
    [[ -n $leader ]] && [[ $(inside systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]] && return
    sleep 0.1
  done
  die "the container has not booted within a minute"
}

# Every file but those of apt, dpkg and the journal.
files() {
  find "$root" -xdev \( -path "$root/var/cache" -o -path "$root/var/lib/apt" -o -path "$root/var/lib/dpkg" \
    -o -path "$root/var/log/apt" -o -path "$root/var/log/journal" -o -path "$root/tmp" -o -path "$root/var/tmp" \) -prune \
    -o -printf '/%P\n' | grep -vxE '/var/log/(dpkg|alternatives)\.log|/var/lib/systemd/timers/.*|/var/lib/logrotate/.*' | sort
}

# ---- checks: each says what is so, and the first that is not ends it all

check() {
  local what=$1
  shift
  if "$@"; then
    echo "    $what"
  else
    inside journalctl --no-pager -n 30 -u penstock >&2 || true
    die "not so: $what"
  fi
}

eventually() {
  local attempt
  for ((attempt = 0; attempt < 300; ++attempt)); do
    "$@" && return
    sleep 0.1
  done
  return 1
}

not() { ! "$@"; }
same() { diff "$1" "$2" >&2; }
page() { nsenter --target "$leader" --net curl -sS --max-time 10 "http://127.0.0.1:$1"; }
serves() { page 8080/ 2>/dev/null | grep -q "$1"; }
property() { inside systemctl show penstock --property="$1" --value; }
is() { [[ $(property "$1") == "$2" ]]; }
main_status() { inside grep -qE "$1" "/proc/$(property MainPID)/status"; }
apt_get() { inside apt-get -q -y --no-install-recommends "$@" >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2 && return 1; }; }

try_install() {
  say "installing"
  check "apt installs it, with what it depends on" apt_get install /var/cache/penstock.deb
  check "the service is up" eventually is ActiveState active
  check "it answers" eventually serves "Penstock is running"
  check "it is ready" test "$(page 9901/readyz)" = ok
  check "it is enabled" inside systemctl --quiet is-enabled penstock
  check "it runs as penstock" main_status "^Uid:\s$(inside id -u penstock)\s"
  check "it may bind low ports and nothing else" main_status '^CapBnd:\s0000000000000400$'
  check "its system calls are filtered" main_status '^Seccomp:\s2$'
  check "what it writes is not for others to read" test -z "$(inside find /var/lib/penstock /var/log/penstock -perm /o=rwx)"
  check "the configuration can be checked" inside penstock -t -c /etc/penstock/penstock.yaml
  check "the unit is in order" inside systemd-analyze verify --man=no penstock.service
  check "the unit's exposure is below 2.0" low_exposure
  check "the manual has every option and command" manual_is_complete
  check "bash completes commands" completes "penstock config " "history"
  check "bash completes options" completes "penstock -" "--state-dir"
}

low_exposure() {
  inside systemd-analyze security --offline=true --threshold=20 /lib/systemd/system/penstock.service >"$work/security" &&
    tail -1 "$work/security"
}

manual_is_complete() {
  local word page
  page=$(zcat "$root/usr/share/man/man1/penstock.1.gz" | sed 's/\\//g')
  for word in $(inside penstock --help | sed -nE 's/^  (--?[-a-zA-Z,]+|[a-z][-a-z]+) .*/\1/p' | tr , ' '); do
    grep -qF -e "$word" <<<"$page" || { echo "penstock(1) lacks $word" >&2 && return 1; }
  done
}

completes() {
  inside bash -c '. /usr/share/bash-completion/completions/penstock
    read -ra COMP_WORDS <<<"$1"; [[ $1 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _penstock && printf "%s\n" "${COMPREPLY[@]}"' - "$1" | grep -qx -e "$2"
}

try_running() {
  local before
  say "reloading, rotating, restarting"
  before=$(property MainPID)
  inside sed -i 's/Penstock is running/Penstock is reloaded/' /etc/penstock/penstock.yaml
  check "a reload takes a new configuration over" inside systemctl reload penstock
  check "which is in force then" eventually serves "Penstock is reloaded"
  inside sh -c 'echo nonsense: 1 >>/etc/penstock/penstock.yaml'
  check "a reload of a bad one is refused" not inside systemctl reload penstock 2>"$work/refused"
  check "and changes nothing" serves "Penstock is reloaded"
  inside sed -i '/^nonsense/d' /etc/penstock/penstock.yaml
  check "all that in the same process" is MainPID "$before"
  check "logs rotate" inside logrotate --force /etc/logrotate.d/penstock
  check "and lines go to the new file" eventually log_has_line
  check "it restarts" inside systemctl restart penstock
  check "and is another process" not is MainPID "$before"
  check "which answers" eventually serves "Penstock is reloaded"
}

log_has_line() {
  serves "Penstock" && [[ -s $root/var/log/penstock/access.log && -s $root/var/log/penstock/access.log.1 ]]
}

# The same version again is an upgrade, as far as the package's scripts know.
try_upgrade() {
  local before client
  say "upgrading"
  before=$(property MainPID)
  (while [[ ! -e $work/enough ]]; do page 8080/ || echo failed; done) >"$work/answers" 2>&1 &
  client=$!
  check "apt upgrades it" apt_get install --reinstall /var/cache/penstock.deb
  check "another process is the main one" eventually not is MainPID "$before"
  check "the one before has ended" eventually not inside test -e "/proc/$before"
  check "the service is still up" eventually is ActiveState active
  touch "$work/enough"
  wait "$client"
  check "none of $(wc -l <"$work/answers") requests failed meanwhile" not grep -qv "Penstock is reloaded" "$work/answers"
}

try_removal() {
  local configuration='/etc/penstock(/.*)?|/etc/logrotate.d/penstock|/var/lib/penstock(/config.*)?|/var/log/penstock(/.*)?'
  say "removing, purging"
  check "apt removes it" apt_get remove penstock
  check "the service has stopped" not inside systemctl --quiet is-active penstock
  files >"$work/removed"
  check "configuration and logs are left" test -s "$root/etc/penstock/penstock.yaml" -a -s "$root/var/log/penstock/access.log"
  check "apt takes its dependencies away" apt_get autoremove --purge
  files >"$work/removed"
  check "nothing else is left" same "$work/before" <(grep -vxE "$configuration" "$work/removed")
  check "apt purges it" apt_get purge penstock
  files >"$work/purged"
  check "nothing at all is left" same "$work/before" "$work/purged"
  check "nor a user" not inside getent passwd penstock
}

((EUID == 0)) || die "needs root"
trap end EXIT
make_system
fetch
boot
files >"$work/before"
try_install
try_running
try_upgrade
try_removal
say "the package does what it should"
