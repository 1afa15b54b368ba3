# The distribution that a suite's engines come from: `host` is the machine's own.
# shellcheck shell=bash

root_of() { printf '/\n'; }

# run_in SUITE PROGRAM...: runs a program of the suite
run_in() {
  shift
  PATH=$engine_path "$@"
}

path_in() { PATH=$engine_path command -v "$2"; }

installed_in() {
  path_in "$1" "$2" >/dev/null && return
  # shellcheck disable=SC2034
  reason="$2 is not installed"
  return 1
}
