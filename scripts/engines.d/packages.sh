# The programs that the engines need, from the packages of the machine's own distribution. Installs only what is missing.
# shellcheck shell=bash

# package, and the program by which one sees that it is there
needed_packages='
podman          podman
docker.io       dockerd
runc            runc
crun            crun
runsc           runsc
rootlesskit     rootlesskit
uidmap          newuidmap
slirp4netns     slirp4netns
fuse-overlayfs  fuse-overlayfs
catatonit       catatonit
netavark        /usr/lib/podman/netavark
iptables        iptables
iproute2        ip
acl             setfacl
curl            curl
jq              jq
busybox-static  /bin/busybox
'

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} > 0)) || return 0
  if command -v apt-get >/dev/null; then
    printf 'Installing %s\n' "${missing[*]}"
    without_starting_services apt_install "${missing[@]}"
  else
    printf 'Not installed, and there is no apt-get to install them: %s\n' "${missing[*]}" >&2
  fi
  # Without an engine or a runtime the others go on, but not without what this script itself needs.
  local program
  for program in curl jq ip findmnt setpriv nsenter unshare flock; do
    command -v "$program" >/dev/null || fail 3 "$program is not installed"
  done
}

missing_packages() {
  local package program
  while read -r package program; do
    [[ -z $package ]] || PATH=$PATH:$engine_path command -v "$program" >/dev/null || printf '%s\n' "$package"
  done <<<"$needed_packages"
}

# install_package PACKAGE PROGRAM: one that only some commands need
install_package() {
  PATH=$PATH:$engine_path command -v "$2" >/dev/null || without_starting_services apt_install "$1"
}

# One by one only if they do not install together: a distribution may lack one of them (Ubuntu's runsc).
apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  local log package
  log=$(mktemp)
  if ! apt_get_install "$@" >"$log" 2>&1; then
    apt-get -q update >"$log" 2>&1 || true
    if ! apt_get_install "$@" >"$log" 2>&1; then
      for package in "$@"; do
        apt_get_install "$package" >"$log" 2>&1 || printf 'Could not install %s: %s\n' "$package" "$(tail -n 1 "$log")" >&2
      done
    fi
  fi
  rm -f "$log"
}

apt_get_install() { apt-get -q -y install --no-install-recommends "$@" </dev/null; }

# The packages would start a Docker daemon of the machine. Debian's way to prevent that is a policy-rc.d that says no.
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d ours=no
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && ours=yes
  fi
  "$@" || true
  [[ $ours == no ]] || rm -f "$policy"
}
