# Starting and ending services. Each runs in a private root (private-root.sh) with mounts, network and cgroups of its own.
# shellcheck shell=bash

# start_services SUITE/ENGINE/SERVICE...: starts those that do not run, all at once, and waits until each answers or failed.
start_services() {
  local service started=()
  for service in "$@"; do
    if ! is_alive "$service"; then
      clear_stale "$service"
      spawn "$service" || continue
    fi
    # No record of a living one: an earlier `up` was interrupted.
    [[ -e $(record_of "$service") ]] || started+=("$service")
  done
  in_parallel wait_until_answers "${started[@]}"
}

# in_parallel FUNCTION ARGUMENT...: one call each, and waits for these (a plain `wait` would wait for the engines too)
in_parallel() {
  local function=$1 argument call calls=() status=0
  shift
  for argument in "$@"; do
    "$function" "$argument" &
    calls+=($!)
  done
  for call in "${calls[@]}"; do wait "$call" || status=1; done
  return "$status"
}

# A service is alive if the process we recorded runs (a zombie does not) and is still in its cgroup: a process id alone may
# be another's by now.
is_alive() {
  local service=$1 pid
  [[ -e $run_directory/$service.pid ]] && pid=$(<"$run_directory/$service.pid") || return 1
  [[ -n $pid ]] && grep -qE "$(cgroup_of "$service")(/|\$)" "/proc/$pid/cgroup" 2>/dev/null &&
    grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status" 2>/dev/null
}

# What a killed service or a killed machine left: processes, sockets, and images that nobody closed properly.
clear_stale() {
  [[ ! -e $run_directory/$1.pid ]] || stop_and_delete_data "$1"
}

spawn() {
  local service=$1 command=() reason='' suite name data
  IFS=/ read -r suite name _ <<<"$service"
  data=$(data_of "$service")
  # Data that no `down --keep-data` left is what a killed machine left.
  [[ -e $data/kept ]] || delete_data "$1"
  rm -f -- "$data/kept" "$(record_of "$service")"
  mkdir -p "${run_directory:?}/$suite/$name" "$data"/{space,store,tmp,home}
  chmod 1777 "$data/tmp"
  if is_rootless "$name"; then
    chown "$user_name": "$run_directory/$suite/$name" "$data"/{store,home}
  fi
  if ! "${name%%-*}_command" "$service"; then
    record_failure "$service" "$reason"
    return 1
  fi
  (
    enter_cgroup "$(cgroup_of "$service")"
    umask 022
    cd /
    env -i PATH="$engine_path" setsid unshare --mount --net --cgroup --propagation private \
      "$here/engines.d/private-root.sh" "$(root_of "$suite")" "$run_directory" "$data" "$user_name" "${command[@]}" &
    printf '%s\n' "$!" >"$run_directory/$service.pid"
  ) </dev/null >"$(log_of "$service")" 2>&1 {lock_fd}>&-
}

# rootless_prefix DATA: the words, one a line, that give a rootless engine its user and a clean environment
rootless_prefix() {
  local data=$1 uid
  uid=$(id -u "$user_name")
  printf '%s\n' setpriv --reuid "$uid" --regid "$(id -g "$user_name")" --init-groups \
    env -i HOME="$data/home" USER="$user_name" PATH="$engine_path" XDG_RUNTIME_DIR="/run/user/$uid"
}

wait_until_answers() {
  local service=$1 deadline=$((SECONDS + seconds_to_answer))
  until ask "$service" _ping >/dev/null 2>&1; do
    if ! is_alive "$service"; then
      give_up "$service" "it ended at once$(last_words "$service")" && return
    elif ((SECONDS >= deadline)); then
      give_up "$service" "no answer within $seconds_to_answer s$(last_words "$service")" && return
    fi
    sleep 0.1
  done
  record_success "$service" || give_up "$service" 'it answers _ping, but not as an engine does'
}

give_up() {
  stop_processes "$1"
  record_failure "$1" "$2"
}

# ask SUITE/ENGINE/SERVICE PATH [CURL OPTION...]: one GET request to its socket
ask() {
  local service=$1 path=$2
  shift 2
  curl --silent --fail --max-time 5 "$@" --unix-socket "$(socket_of "$service")" "http://engine/$path"
}

# run_beside SUITE/ENGINE/SERVICE PROGRAM ARGUMENT...: runs a program in the service's private root
run_beside() {
  local pid
  pid=$(<"$run_directory/$1.pid")
  shift
  nsenter --target "$pid" --mount -- /usr/bin/env -i PATH="$engine_path" "$@"
}

# What its log ends with, to be put behind a sentence
last_words() {
  local words
  words=$(tail -n 4 "$(log_of "$1")" 2>/dev/null | cut -c 1-300 | tr '\n' ' ')
  [[ -z $words ]] || printf ': %s\n' "$words"
}

# Ends a service with everything it started. What is kept it may close properly first.
stop_and_keep_data() {
  close_quietly "$1"
  stop_processes "$1"
  [[ ! -d $(data_of "$1") ]] || touch "$(data_of "$1")/kept"
  rm -f -- "$run_directory/$1".{pid,sock,log,json}
}

stop_and_delete_data() {
  stop_processes "$1"
  rm -f -- "$run_directory/$1".{pid,sock,log,json}
  delete_data "$1"
}

# A Podman that somebody else ran on this storage has mounted it onto itself, outside of the engine's own namespace.
delete_data() {
  local data mount
  data=$(data_of "$1")
  while read -r _ _ _ _ mount _; do
    [[ $mount != "$data"/* ]] || umount -l -- "$mount"
  done < <(tac /proc/self/mountinfo)
  rm -rf --one-file-system -- "$data"
}

close_quietly() {
  local deadline=$((SECONDS + 15))
  is_alive "$1" || return 0
  kill -TERM "$(<"$run_directory/$1.pid")" 2>/dev/null || true
  while is_alive "$1" && ((SECONDS < deadline)); do sleep 0.1; done
}

stop_processes() {
  empty_cgroup "$(cgroup_of "$1")" || fail 1 "processes of $1 do not end: $(processes_in "$(cgroup_of "$1")" | tr '\n' ' ')"
}
