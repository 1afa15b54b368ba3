# How a Podman service is started: podman_command sets `command` to what runs inside the private root.
# shellcheck shell=bash

podman_command() {
  local service=$1 suite name runtime data prefix
  IFS=/ read -r suite name runtime <<<"$service"
  data=$(data_of "$service")
  installed_in "$suite" podman && installed_in "$suite" "$runtime" || return 1

  if is_rootless "$name"; then
    mapfile -t prefix < <(rootless_prefix "$data")
  else
    prefix=(env -i HOME=/root PATH="$engine_path")
  fi
  podman_configuration >"$data/containers.conf"
  podman_registries >"$data/registries.conf"
  command=(
    "${prefix[@]}" CONTAINERS_CONF="$data/containers.conf" CONTAINERS_REGISTRIES_CONF="$data/registries.conf"
    PODMAN_IGNORE_CGROUPSV1_WARNING=1
    podman --root "$data/store" --runroot "$(podman_scratch "$name")/run" --tmpdir "$(podman_scratch "$name")/tmp"
    --storage-driver overlay --runtime "$runtime"
  )
  # runsc: sockets of the sandbox must be visible to the host, and its own network stack needs what containers lack.
  [[ $runtime != runsc ]] || command+=(--runtime-flag=host-uds=all --runtime-flag=network=none)
  [[ $runtime != runsc ]] || ! is_rootless "$name" || command+=(--runtime-flag=ignore-cgroups)
  command+=(system service --time 0 "unix://$(socket_of "$service")")
}

# Takes the place of the machine's own containers.conf. There is no systemd in the private root.
podman_configuration() {
  printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
  printf '[network]\nnetwork_backend = "netavark"\n'
}

# A registry in the engine's own network needs no TLS, as with Docker.
podman_registries() {
  printf '[[registry]]\nlocation = "127.0.0.1:5000"\ninsecure = true\n'
}

podman_scratch() {
  if is_rootless "$1"; then printf '/run/user/%s/podman\n' "$(id -u "$user_name")"; else printf '/run/podman\n'; fi
}
