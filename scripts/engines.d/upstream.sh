# An engine that no Debian has yet, built from the Go module that its project publishes. Laid over the suite of the same
# name's packages, which have everything else that it needs.
# shellcheck shell=bash

docker_module=github.com/moby/moby/v2/cmd/dockerd@v2.0.0-beta.24
# Modules and releases of Docker are numbered apart; without this the daemon says that its version is unknown.
docker_release=29.8.0

# build_upstream ROOT: takes six minutes on two idle cores, and 3 GB of Go's caches
build_upstream() {
  local root=$1
  command -v go >/dev/null || {
    printf 'building Docker needs go, and it is not installed\n'
    return 1
  }
  mkdir -p "$root/usr/local/sbin"
  GOBIN=$root/usr/local/sbin CGO_ENABLED=0 GOTOOLCHAIN=auto nice -n 15 go install -trimpath \
    -ldflags "-s -w -X github.com/moby/moby/v2/dockerversion.Version=$docker_release" "$docker_module"
}
