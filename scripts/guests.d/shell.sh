# Commands in a guest, each in a session of its own as after a login.
# shellcheck shell=bash

# in_guest GUEST ACCOUNT COMMAND...
in_guest() {
  local guest=$1 account=$2 terminal=()
  shift 2
  [[ $# != 0 || ! -t 0 ]] || terminal=(-t)
  ssh "${terminal[@]}" -q -p "$(<"$(state_of "$guest")/port")" -i "$(key_file)" -o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=60 \
    -o ServerAliveCountMax=60 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$account@127.0.0.1" "${@@Q}"
}
