# What each service is, recorded when it was started, and how all of them are now.
# shellcheck shell=bash

record_failure() { record "$1" "$(jq -nc --arg reason "$2" '{ state: "failed", $reason }')"; }

# Asked of the engine itself, never inferred. Not /version: Docker 26 and 28 break off there when rootless on a host network.
record_success() {
  local service=$1 headers info record
  headers=$(ask "$service" _ping --head | tr -d '\r') && info=$(ask "$service" info) || return 1
  record=$(
    jq -c --arg headers "$headers" --arg versions "$(runtime_versions "$service")" '
      {
        state: "up",
        version: .ServerVersion,
        apiVersion: ($headers | capture("(^|\n)api-version: *(?<version>[0-9.]+)"; "i").version),
        storageDriver: .Driver,
        runtimeVersions: ($versions | split("\n") | map(split(" ") | select(.[1]) | { key: .[0], value: .[1] }) | from_entries)
      }' <<<"$info"
  ) || return 1
  record "$service" "$record"
}

record() { printf '%s\n' "$2" >"$(record_of "$1")"; }

# What the binaries themselves tell, run in the service's private root. A Podman service is named after its only runtime.
runtime_versions() {
  local service=$1 runtime text
  for runtime in "${runtimes[@]}"; do
    if [[ $service == */docker || $service == */"$runtime" ]]; then
      text=$(run_beside "$service" "$runtime" --version 2>/dev/null) || continue
      text=${text%%$'\n'*}
      printf '%s %s\n' "$runtime" "${text##* }"
    fi
  done
}

# status_document [SUITE ENGINE...]: without arguments all engines of the host and whatever runs of the other suites
status_document() {
  local suite service
  command -v jq >/dev/null || fail 3 'jq is not installed (scripts/engines up installs it)'
  if (($# > 0)); then
    services_of "$@"
  else
    for suite in "${suites[@]}"; do
      [[ $suite != host && ! -d $run_directory/$suite ]] || services_of "$suite" "${engine_names[@]}"
    done
  fi | while read -r service; do
    printf '{ "service": "%s", "socket": "%s", "now": %s }\n' "$service" "$(socket_of "$service")" "$(service_now "$service")"
  done | jq -sc --arg share "$share_directory" --arg user "$user_name" --arg runtimes "${runtimes[*]}" \
    --arg uid "$(id -u "$user_name" 2>/dev/null)" --arg gid "$(id -g "$user_name" 2>/dev/null)" '
    def without_nulls: with_entries(select(.value != null));
    def of_runtime($runtime):
      if .now.state == "up" and (.now.runtimeVersions[$runtime] | not)
      then { $runtime, socket, state: "failed", reason: "\($runtime) is not installed" }
      else { $runtime, socket, state: .now.state, reason: .now.reason, runtimeVersion: .now.runtimeVersions[$runtime]? }
      end
      | without_nulls;
    def engine:
      . as $services
      | (map(.now) | (map(select(.state == "up")) + map(select(.state == "failed")) + .)[0]) as $best
      | .[0]
      | {
          name, suite, kind: (.name | split("-")[0]), rootless: (.name | endswith("-rootless")),
          state: $best.state, reason: $best.reason,
          version: $best.version, apiVersion: $best.apiVersion, storageDriver: $best.storageDriver,
          services: ($runtimes | split(" ") | map(
            . as $runtime | $services[] | select(.service == $runtime or .service == "docker") | of_runtime($runtime)))
        }
      | without_nulls;
    {
      shareDirectory: $share,
      user: ({ name: $user, uid: ($uid | tonumber? // null), gid: ($gid | tonumber? // null) } | without_nulls),
      engines: (
        map((.service | split("/")) as [$suite, $name, $service] | . + { $suite, $name, $service })
        | group_by([.suite != "host", .suite, .name])
        | map(engine)
      )
    }'
}

# service_now SUITE/ENGINE/SERVICE: its record if that still holds, else what has become of it
service_now() {
  local service=$1 record socket
  [[ -e $(record_of "$service") ]] && record=$(<"$(record_of "$service")") || record='{ "state": "down" }'
  socket=$(socket_of "$service")
  if [[ $record != *'"state":"up"'* ]]; then
    printf '%s\n' "$record"
  elif ! is_alive "$service"; then
    jq -nc --arg reason "it has ended since$(last_words "$service")" '{ state: "failed", $reason }'
  elif [[ -w $socket ]] && ! ask "$service" _ping >/dev/null; then
    printf '{ "state": "failed", "reason": "it does not answer within 5 s" }\n'
  else
    printf '%s\n' "$record"
  fi
}

print_status() {
  status_document "$@" | jq -r '
    "Plugin sockets belong below \(.shareDirectory). Rootless engines run as \(.user.name).",
    (.engines[]
      | "",
        ([.name, .suite, .state, .version, (.apiVersion | if . then "API \(.)" else null end), .storageDriver, .reason]
          | map(select(. != null)) | join("  ")),
        (.services[] | select(.state != "down")
          | "  " + ([.runtime, .runtimeVersion, .socket, .reason] | map(select(. != null)) | join("  "))))'
}

any_up() { status_document "$@" | jq -e 'any(.engines[]; .state == "up")' >/dev/null; }
