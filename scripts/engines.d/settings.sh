# What is called how, and where it lives.
#
# A *service* is one engine process with a socket of its own, written SUITE/ENGINE/SERVICE: Podman's API cannot choose
# the OCI runtime of a container, so a Podman engine has a service per runtime; Docker has one daemon for all of them.
# shellcheck shell=bash disable=SC2034

run_directory=${BULKHEAD_ENGINES_RUN:-/run/bulkhead-test}
data_directory=${BULKHEAD_ENGINES_DATA:-/var/lib/bulkhead-test}
user_name=${BULKHEAD_ENGINES_USER:-bulkhead-test}
own_programs=${BULKHEAD_ENGINES_PROGRAMS:-}
image_store=${BULKHEAD_ENGINES_IMAGE_STORE:-}

# The one folder with the same path on the host and inside every engine: tests put their plugin sockets here.
share_directory=$run_directory/t

suites=(host trixie forky upstream)
engine_names=(docker-rootful docker-rootless podman-rootful podman-rootless)
runtimes=(runc crun runsc)
seconds_to_answer=20

# For whatever runs as an engine: the machine's own variables must not reach it (Podman hands some on to containers).
engine_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# services_of SUITE ENGINE...
services_of() {
  local suite=$1 name
  shift
  for name in "$@"; do
    case $name in
      podman-*) printf "$suite/$name/%s\n" "${runtimes[@]}" ;;
      docker-*) printf '%s\n' "$suite/$name/docker" ;;
    esac
  done
}

is_rootless() { [[ $1 == *-rootless* ]]; }

socket_of() { printf '%s/%s.sock\n' "$run_directory" "$1"; }
log_of() { printf '%s/%s.log\n' "$run_directory" "$1"; }
record_of() { printf '%s/%s.json\n' "$run_directory" "$1"; }
data_of() { printf '%s/%s\n' "$data_directory" "$1"; }

# The name of a service's cgroup: another for every run directory, so that two sets of engines never share one.
cgroup_of() {
  local set=${run_directory#/} service=$1
  printf '%s/%s\n' "${set//\//-}" "${service//\//-}"
}

create_directories() {
  ((${#run_directory} <= 40)) || fail 2 "BULKHEAD_ENGINES_RUN is too long for the paths of sockets: $run_directory"
  mkdir -p "$run_directory" "$data_directory"
  chmod 755 "$run_directory" "$data_directory"
  mkdir -p "$share_directory" && chmod 1777 "$share_directory"
  # For programs that run as the unprivileged user: its runtime folder, and where it finds the checkout (as-user.ts).
  mkdir -p "$run_directory/checkout"
  install -d -m 700 -o "$user_name" -g "$(id -g "$user_name")" "$run_directory/user"
}

# What no engine needs any more; the programs of suites stay.
remove_unused_directories() {
  local suite
  for suite in "${suites[@]}"; do
    rmdir --ignore-fail-on-non-empty -- "$run_directory/$suite"/*/ "$run_directory/$suite" 2>/dev/null || true
    rmdir --ignore-fail-on-non-empty -- "$data_directory/$suite"/*/ "$data_directory/$suite" 2>/dev/null || true
  done
  for suite in "${suites[@]}"; do [[ ! -e $run_directory/$suite ]] || return 0; done
  remove_cgroup_of_set
  rm -rf --one-file-system -- "$run_directory"
  rmdir --ignore-fail-on-non-empty -- "$data_directory" 2>/dev/null || true
}

# Holds a lock until the script ends: two calls at once would start an engine twice. `down` removes the lock file with the
# folder, so whoever waited for it looks whether what it got is still the one in place.
only_one_at_a_time() {
  while true; do
    mkdir -p "$run_directory"
    exec {lock_fd}>>"$run_directory/lock"
    flock "$lock_fd"
    [[ ! "$run_directory/lock" -ef /proc/self/fd/$lock_fd ]] || return 0
    exec {lock_fd}>&-
  done
}
