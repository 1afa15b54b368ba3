# Commands in a guest, each in a session of its own as after a login.
# shellcheck shell=bash

# in_guest GUEST ACCOUNT COMMAND...: ends it after $guest_limit seconds, if that is set, with exit status 124.
in_guest() {
  local guest=$1 account=$2 terminal=()
  shift 2
  [[ $# != 0 || ! -t 0 ]] || terminal=(-t)
  timeout --foreground --kill-after=10 "${guest_limit:-0}" ssh "${terminal[@]}" -q -p "$(<"$(state_of "$guest")/port")" -i "$(key_file)" -o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=60 \
    -o ServerAliveCountMax=20 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$account@127.0.0.1" "${@@Q}"
}

# within SECONDS GUEST ACCOUNT COMMAND...: the same with this limit; exit status 1 and a message for what did not end in it.
within() {
  local guest_limit=$1 status=0 started=$SECONDS
  shift
  in_guest "$@" || status=$?
  if ((status == 124 && SECONDS - started >= guest_limit)); then
    printf 'scripts/guests: %s did not end within %d s in %s, whose console is %s\n' "$3" "$guest_limit" "$1" \
      "$(folder_of "$1")/console.log" >&2
    status=1
  fi
  return "$status"
}
