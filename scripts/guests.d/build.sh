# A guest's disk: a folder made by debootstrap, set up as a machine, and written as a file system with nothing mounted.
# shellcheck shell=bash

install_programs() {
  [[ $(uname -m) == x86_64 ]] || fail 3 'guests are made for x86_64'
  (install_debian_packages qemu-system-x86 debootstrap e2fsprogs openssh-client) >&2 || fail 3 'what guests need could not be installed'
}

# A disk appears under its name only when it is complete, and then stays until this script wants something else in it.
provide_disk() {
  local guest=$1 folder
  folder=$(folder_of "$guest")
  mkdir -p "$folder" "$data_directory/packages/${guest_suites[$guest]}"
  chmod 700 "$data_directory"
  (
    flock 9
    [[ $(cat -- "$folder/made-from" 2>/dev/null) == "$(recipe_of "$guest")" ]] || make_disk "$guest"
  ) 9>>"$folder/lock"
}

# What a disk depends on, as one line.
recipe_of() {
  {
    packages_of "$1"
    cat "$here/engines.d/make-root.sh" "$here/guests.d/set-up.sh"
    find "$here/guests.d/guest" -type f -print0 | sort -z | xargs -0 cat
    [[ $1 != docker-29 ]] || printf '%s\n' "$docker_module" "$docker_release"
  } | sha256sum
}

make_disk() {
  local guest=$1 folder root log mirror started=$SECONDS packages
  folder=$(folder_of "$guest") root=$folder/root log=$folder/build.log
  mirror=$(mirror_of_debian) || fail 1 'apt is not set up with a Debian mirror: name one with BULKHEAD_GUESTS_MIRROR'
  mapfile -t packages < <(packages_of "$guest")
  [[ -e $(key_file) ]] || ssh-keygen -q -t ed25519 -N '' -C guests -f "$(key_file)"
  printf 'Making the guest %s from %s\n' "$guest" "$mirror" >&2
  rm -rf --one-file-system -- "$root" "$folder/made-from"
  if ! make_guest_root "$guest" "$root" "$mirror" "${packages[@]}" >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail 1 "the guest $guest could not be made; the whole log is $log"
  fi
  [[ $guest != docker-29 ]] || put_newest_docker "$root" >>"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail 1 "Docker could not be built; the whole log is $log"
  }
  cp -- "$root"/boot/vmlinuz-* "$folder/vmlinuz"
  cp -- "$root"/boot/initrd.img-* "$folder/initrd"
  rm -f -- "$(disk_of "$guest")"
  mkfs.ext4 -q -F -E root_owner=0:0 -d "$root" "$(disk_of "$guest")" 8G
  # shellcheck disable=SC2016
  dpkg-query --root="$root" -W -f '${Package} ${Version}\n' >"$folder/versions"
  rm -rf --one-file-system -- "$root"
  recipe_of "$guest" >"$folder/made-from"
  printf 'Made in %d s, %s\n' "$((SECONDS - started))" "$(du -sh "$(disk_of "$guest")" | cut -f 1)" >&2
}

# In place of Debian's, whose services then start it, as root's and as the user's.
put_newest_docker() {
  local root=$1 built=$data_directory/docker-$docker_release
  [[ -x $built/usr/local/sbin/dockerd ]] || build_upstream "$built"
  install -m 755 "$built/usr/local/sbin/dockerd" "$root/usr/sbin/dockerd"
  printf '%s\n' "$docker_release" >"$root/usr/local/share/guest/docker-release"
}

# In a mount namespace of its own: what it mounts ends with it, however it ends.
make_guest_root() {
  local guest=$1 root=$2 mirror=$3 proxy
  shift 3
  proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy)
  http_proxy=${proxy:-${http_proxy:-}} PACKAGE_CACHE=$data_directory/packages/${guest_suites[$guest]} nice -n 19 \
    unshare --mount --propagation private sh -euc '
      suite=$1 root=$2 mirror=$3 make_root=$4 set_up=$5 guest=$6 key=$7 files=$8
      shift 8
      "$make_root" "$suite" "$root" "$mirror" "$@"
      "$set_up" "$guest" "$root" "$key" "$files"
    ' sh "${guest_suites[$guest]}" "$root" "$mirror" \
    "$here/engines.d/make-root.sh" "$here/guests.d/set-up.sh" "$guest" "$(key_file).pub" "$here/guests.d/guest" "$@"
}

mirror_of_debian() {
  [[ -z ${BULKHEAD_GUESTS_MIRROR:-} ]] || { printf '%s\n' "$BULKHEAD_GUESTS_MIRROR" && return; }
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN)/$(LABEL)/$(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian/Debian/main" && !found { found = $2 } END { print found; exit !found }'
}
