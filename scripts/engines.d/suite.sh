# The programs of a suite: `host` has the machine's own, any other a folder made by debootstrap.
# shellcheck shell=bash

suite_packages=(
  podman netavark crun runc docker.io containerd rootlesskit uidmap slirp4netns passt fuse-overlayfs catatonit
  iptables nftables iproute2 acl procps
)

root_of() {
  if [[ $1 == host ]]; then printf '/\n'; else printf '%s/roots/%s\n' "$data_directory" "$1"; fi
}

# path_in SUITE PROGRAM: where the suite has it, as seen inside
path_in() {
  local root folder
  root=$(root_of "$1")
  for folder in ${engine_path//:/ }; do
    [[ ! -x ${root%/}$folder/$2 ]] || { printf '%s\n' "$folder/$2" && return; }
  done
  return 1
}

# Sets `reason` if the program is not there.
installed_in() {
  path_in "$1" "$2" >/dev/null && return
  # shellcheck disable=SC2034
  reason="$2 is not installed"
  return 1
}

# A folder appears under its name only when it is complete, and then stays until `down --purge`, or until this script
# wants other packages in it.
provide_programs() {
  [[ $1 != host ]] || return 0
  mkdir -p "$data_directory/roots"
  # In a subshell, so that no service inherits the lock.
  (
    flock 9
    make_programs "$1"
  ) 9>>"$data_directory/roots/$1.lock"
}

make_programs() {
  local suite=$1 root log mirror started=$SECONDS
  root=$(root_of "$suite") log=$data_directory/roots/$suite.log
  if [[ -d $root ]]; then
    [[ $(cat -- "$root/.packages" 2>/dev/null) != "${suite_packages[*]}" ]] || return 0
    local services
    mapfile -t services < <(services_of "$suite" "${engine_names[@]}")
    in_parallel stop_and_delete_data "${services[@]}"
    remove_programs "$suite"
    mkdir -p "$data_directory"
  fi
  install_package debootstrap debootstrap
  mirror=$(debian_mirror) || fail 1 'apt is not set up with a Debian mirror: name one with BULKHEAD_ENGINES_MIRROR'
  printf 'Making the programs of %s from %s\n' "$suite" "$mirror"
  rm -rf --one-file-system -- "$root.part"
  if ! make_root "$suite" "$root.part" "$mirror" >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail 1 "the programs of $suite could not be made; the whole log is $log"
  fi
  printf '%s\n' "${suite_packages[*]}" >"$root.part/.packages"
  mv -- "$root.part" "$root"
  rm -f -- "$log"
  printf 'Made in %d s, %s\n' "$((SECONDS - started))" "$(du -sh "$root" | cut -f 1)"
}

remove_programs() {
  local suite
  for suite in "$@"; do
    [[ $suite == host ]] || rm -rf --one-file-system -- "$(root_of "$suite")"{,.part,.log,.lock}
  done
  rmdir --ignore-fail-on-non-empty -- "$data_directory/roots" 2>/dev/null || true
}

# In a mount namespace of its own: what it mounts ends with it, however it ends.
make_root() {
  local suite=$1 root=$2 mirror=$3 proxy
  proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy)
  http_proxy=${proxy:-${http_proxy:-}} PATH=$PATH:$engine_path \
    unshare --mount --propagation private "$here/engines.d/make-root.sh" "$suite" "$root" "$mirror" "${suite_packages[@]}"
}

debian_mirror() {
  [[ -z ${BULKHEAD_ENGINES_MIRROR:-} ]] || { printf '%s\n' "$BULKHEAD_ENGINES_MIRROR" && return; }
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN)/$(LABEL)/$(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian/Debian/main" && !found { found = $2 } END { print found; exit !found }'
}
