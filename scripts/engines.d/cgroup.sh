# One cgroup per service, in every mounted hierarchy, with the service confined to it by a cgroup namespace. Whatever an
# engine starts (shims, conmon, sandboxes, containers) stays below it, so this is the complete list of what to end.
# shellcheck shell=bash

# hierarchies: mount point and type of each cgroup hierarchy of the machine
hierarchies() { findmnt -rn -t cgroup,cgroup2 -o TARGET,FSTYPE | sort -u; }

# enter_cgroup GROUP: moves the calling (sub)shell there
enter_cgroup() {
  local group=$1 mount_point type
  while read -r mount_point type; do
    mkdir -p "$mount_point/$group"
    if [[ $type == cgroup2 ]]; then
      pass_controllers_on "$mount_point" && pass_controllers_on "$mount_point/${group%/*}"
    elif [[ -e $mount_point/cpuset.cpus ]]; then
      copy_cpuset "$mount_point" "$mount_point/${group%/*}" && copy_cpuset "$mount_point/${group%/*}" "$mount_point/$group"
    fi
    printf '%s\n' "$BASHPID" >"$mount_point/$group/cgroup.procs"
  done < <(hierarchies)
}

# On cgroup v2 a group has the controllers that its parent passes on.
pass_controllers_on() {
  local controller
  for controller in $(<"$1/cgroup.controllers"); do
    printf '+%s\n' "$controller" >"$1/cgroup.subtree_control" 2>/dev/null || true
  done
}

# On cgroup v1 a new cpuset is empty, and no process may enter an empty one.
copy_cpuset() {
  local file
  for file in cpuset.cpus cpuset.mems; do
    [[ -n $(<"$2/$file") ]] || printf '%s\n' "$(<"$1/$file")" >"$2/$file"
  done
}

# processes_in GROUP: the ids of all processes in it and below it
processes_in() {
  local group=$1 mount_point _
  while read -r mount_point _; do
    [[ ! -d $mount_point/$group ]] || find "$mount_point/$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done < <(hierarchies) | sort -un
}

# empty_cgroup GROUP: kills what is in it and removes it. Fails if something survives 10 s of SIGKILL.
empty_cgroup() {
  local group=$1 deadline=$((SECONDS + 10)) mount_point _ left
  while true; do
    mapfile -t left < <(processes_in "$group")
    ((${#left[@]} > 0)) || break
    kill -KILL "${left[@]}" 2>/dev/null || true
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
  while read -r mount_point _; do remove_groups "$mount_point/$group" "$deadline"; done < <(hierarchies)
}

# A group whose last process has just ended can be busy for a moment.
remove_groups() {
  local folder=$1 deadline=$2
  while [[ -d $folder ]]; do
    find "$folder" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [[ -d $folder ]] || return 0
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

remove_cgroup_of_set() {
  local mount_point _ group
  group=$(cgroup_of x)
  while read -r mount_point _; do
    rmdir "$mount_point/${group%/*}" 2>/dev/null || true
  done < <(hierarchies)
}
