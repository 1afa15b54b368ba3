# How a Docker daemon is started: docker_command sets `command` to what runs inside the private root.
# shellcheck shell=bash

docker_command() {
  local service=$1 suite name data prefix daemon
  IFS=/ read -r suite name _ <<<"$service"
  data=$(data_of "$service")
  installed_in "$suite" dockerd && installed_in "$suite" containerd || return 1
  docker_configuration "$suite" "$name" "$data" >"$data/daemon.json"

  daemon=(dockerd --config-file "$data/daemon.json")
  # As Docker 29 was first. This one is a variable because only Docker 29 has a setting of that name.
  [[ $suite != upstream && $image_store != containerd ]] || daemon=(env DOCKER_MIN_API_VERSION=1.44 "${daemon[@]}")

  if ! is_rootless "$name"; then
    command=(env -i HOME=/root PATH="$engine_path" "${daemon[@]}")
    return
  fi
  installed_in "$suite" rootlesskit || return 1
  mapfile -t prefix < <(rootless_prefix "$data")
  # Not by dockerd-rootless.sh: newer ones refuse the host network, and the private network namespace is host enough here.
  command=(
    "${prefix[@]}" rootlesskit --state-dir="/run/user/$(id -u "$user_name")/rootlesskit"
    --net=host --disable-host-loopback --port-driver=none
    "${daemon[@]}"
  )
}

docker_configuration() {
  local suite=$1 name=$2 data=$3 runsc_arguments='["--host-uds=all", "--network=none"]' runtime_paths
  ! is_rootless "$name" || runsc_arguments='["--host-uds=all", "--network=none", "--ignore-cgroups"]'
  runtime_paths=$(
    for runtime in crun runsc; do ! path=$(path_in "$suite" "$runtime") || printf '%s %s\n' "$runtime" "$path"; done
  )
  jq -n --arg data "$data" --arg socket "$(socket_of "$suite/$name/docker")" --arg paths "$runtime_paths" \
    --arg suite "$suite" --arg store "$image_store" --argjson runsc_arguments "$runsc_arguments" --argjson rootless "$(is_rootless "$name" && echo true || echo false)" '
    ($paths | split("\n") | map(select(. != "") | split(" ") | { key: .[0], value: { path: .[1] } }) | from_entries
      | if .runsc then
          # Beside the good one, one as people forget to set it up: what its sandboxes listen on, the host never sees.
          ."runsc-closed" = { path: .runsc.path, runtimeArgs: ($runsc_arguments - ["--host-uds=all"]) }
          | .runsc.runtimeArgs = $runsc_arguments
        else . end) as $runtimes
    | {
        hosts: ["unix://" + $socket], "data-root": ($data + "/store"), runtimes: $runtimes,
        "exec-opts": ["native.cgroupdriver=cgroupfs"], "userland-proxy": false
      }
    # The newest one keeps its images where it does unless it is told otherwise: in the store of containerd.
    + if $suite == "upstream" then {}
      elif $store == "containerd" then { features: { "containerd-snapshotter": true } }
      else { features: { "containerd-snapshotter": false }, "storage-driver": "overlay2" }
      end
    + if $rootless then { bridge: "none", iptables: false, ip6tables: false } else {} end'
}
