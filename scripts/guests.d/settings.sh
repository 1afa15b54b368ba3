# Which guests there are, what is in them, and where they live.
# shellcheck shell=bash disable=SC2034

data_directory=${BULKHEAD_GUESTS_DATA:-/var/lib/bulkhead-test/guests}
# The checkout whose built package goes into a guest.
package=${BULKHEAD_GUESTS_PACKAGE:-$checkout}
guest_cpus=${BULKHEAD_GUESTS_CPUS:-2}
guest_mib=${BULKHEAD_GUESTS_MIB:-4096}
kvm_seconds=60
tcg_seconds=900
# How long the command of a run may take.
limit_minutes=180

# guest, and the Debian that it is; docker-29 has a Docker there that no Debian has yet.
declare -A guest_suites=([bookworm]=bookworm [trixie]=trixie [trixie-selinux]=trixie [forky]=forky [docker-29]=forky)

# An ordinary user with subordinate ids, whose services run without a session too (linger).
guest_account=guest
reports_in_guest=/var/tmp/reports
carried_in_guest=/var/tmp/carried

# runsc is added by make-root.sh.
guest_packages=(
  linux-image-cloud-amd64 initramfs-tools zstd systemd systemd-sysv dbus dbus-user-session libpam-systemd openssh-server
  apparmor iproute2 iptables nftables acl procps jq curl strace busybox-static
  podman netavark aardvark-dns crun runc docker.io docker-cli containerd rootlesskit uidmap slirp4netns passt fuse-overlayfs
  catatonit
)
selinux_packages=(selinux-policy-default selinux-utils policycoreutils auditd)

packages_of() {
  local absent=x
  # What bookworm's docker.io brings in one package.
  [[ $1 != bookworm ]] || absent=docker-cli
  printf '%s\n' "${guest_packages[@]}" | grep -vx "$absent"
  [[ $1 != *-selinux ]] || printf '%s\n' "${selinux_packages[@]}"
}

folder_of() { printf '%s/%s\n' "$data_directory" "$1"; }
disk_of() { printf '%s/disk.img\n' "$(folder_of "$1")"; }
state_of() { printf '%s/running\n' "$(folder_of "$1")"; }
key_file() { printf '%s/key\n' "$data_directory"; }
