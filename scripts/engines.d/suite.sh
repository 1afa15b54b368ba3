# The programs of a suite: `host` has the machine's own, `upstream` an engine of its own over those of forky, any other a
# folder made by debootstrap.
# shellcheck shell=bash

suite_packages=(
  podman netavark crun runc docker.io containerd rootlesskit uidmap slirp4netns passt fuse-overlayfs catatonit
  iptables nftables iproute2 acl procps
)

# made_of SUITE: the folder that this script makes for it
made_of() { printf '%s/roots/%s\n' "$data_directory" "$1"; }

# root_of SUITE: folders that lie one over the other, the uppermost first, with colons between, as overlayfs takes them
root_of() {
  case $1 in
    host) printf '/\n' ;;
    upstream) printf '%s:%s\n' "${own_programs:+$own_programs:}$(made_of upstream)" "$(made_of forky)" ;;
    *) printf '%s\n' "${own_programs:+$own_programs:}$(made_of "$1")" ;;
  esac
}

# path_in SUITE PROGRAM: where the suite has it, as seen inside
path_in() {
  local roots root folder
  IFS=: read -ra roots <<<"$(root_of "$1")"
  for folder in ${engine_path//:/ }; do
    for root in "${roots[@]}"; do
      [[ ! -x ${root%/}$folder/$2 ]] || { printf '%s\n' "$folder/$2" && return; }
    done
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
  [[ $1 != upstream ]] || provide_programs forky
  mkdir -p "$data_directory/roots"
  # In a subshell, so that no service inherits the lock.
  (
    flock 9
    make_programs "$1"
  ) 9>>"$data_directory/roots/$1.lock"
}

make_programs() {
  local suite=$1 root log started=$SECONDS
  root=$(made_of "$suite") log=$data_directory/roots/$suite.log
  if [[ -d $root ]]; then
    [[ $(cat -- "$root/.packages" 2>/dev/null) != "$(recipe_of "$suite")" ]] || return 0
    local services
    mapfile -t services < <(services_of "$suite" "${engine_names[@]}")
    in_parallel stop_and_delete_data "${services[@]}"
    remove_programs "$suite"
    mkdir -p "$data_directory"
  fi
  rm -rf --one-file-system -- "$root.part"
  if [[ $suite == upstream ]]; then
    printf 'Building %s\n' "$docker_module"
    build_upstream "$root.part" >"$log" 2>&1 || not_made "$suite" "$log"
  else
    make_suite "$suite" "$root.part" "$log"
  fi
  recipe_of "$suite" >"$root.part/.packages"
  mv -- "$root.part" "$root"
  rm -f -- "$log"
  printf 'Made in %d s, %s\n' "$((SECONDS - started))" "$(du -sh "$root" | cut -f 1)"
}

# What its programs are made from: when this changes, they are made anew.
recipe_of() {
  if [[ $1 == upstream ]]; then printf '%s\n' "$docker_module $docker_release"; else printf '%s\n' "${suite_packages[*]}"; fi
}

make_suite() {
  local suite=$1 root=$2 log=$3 mirror
  install_package debootstrap debootstrap
  mirror=$(debian_mirror) || fail 1 'apt is not set up with a Debian mirror: name one with BULKHEAD_ENGINES_MIRROR'
  printf 'Making the programs of %s from %s\n' "$suite" "$mirror"
  make_root "$suite" "$root" "$mirror" >"$log" 2>&1 || not_made "$suite" "$log"
}

not_made() {
  tail -n 15 "$2" >&2
  fail 1 "the programs of $1 could not be made; the whole log is $2"
}

remove_programs() {
  local suite
  for suite in "$@"; do
    [[ $suite == host ]] || rm -rf --one-file-system -- "$(made_of "$suite")"{,.part,.log,.lock}
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
