#!/bin/bash
# set-up.sh GUEST ROOT KEY FILES: makes a folder with Debian's packages a machine that boots, with an ordinary user and
# engines as their packages set them up.
set -euo pipefail
guest=$1 root=$2 key=$3 files=$4

rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/machine-id"
: >"$root/etc/machine-id"
printf '%s\n' "$guest" >"$root/etc/hostname"
printf '127.0.0.1 localhost %s\n::1 localhost\n' "$guest" >"$root/etc/hosts"
printf '/dev/vda / ext4 defaults 0 1\n' >"$root/etc/fstab"
cp -R --no-preserve=ownership "$files/." "$root/"

chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 guest
# The one of bookworm copies no folders from there.
cp -RT --no-preserve=ownership "$files/etc/skel" "$root/home/guest"
chroot "$root" chown -R guest:guest /home/guest
install -d -m 700 "$root/root/.ssh"
install -m 600 "$key" "$root/root/.ssh/authorized_keys"
chroot "$root" install -d -m 700 -o guest -g guest /home/guest/.ssh
chroot "$root" install -m 600 -o guest -g guest /root/.ssh/authorized_keys /home/guest/.ssh/authorized_keys
install -d "$root/var/lib/systemd/linger"
: >"$root/var/lib/systemd/linger/guest"

chroot "$root" systemctl --quiet enable guest-network.service ssh.service docker.service podman.socket
chroot "$root" systemctl --quiet --global enable podman.socket docker-rootless.service
# What would only cost time in emulation.
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  fstrim.timer man-db.timer systemd-random-seed.service podman-auto-update.timer

if [[ $guest == *-selinux ]]; then
  sed -i 's/^{/{\n  "selinux-enabled": true,/' "$root/etc/docker/daemon.json"
  # Enforced by guest-selinux.service, once the policy is as it has to be.
  sed -i 's/^SELINUX=.*/SELINUX=permissive/' "$root/etc/selinux/config"
  chroot "$root" systemctl --quiet enable guest-selinux.service
  chroot "$root" semodule -n -i /usr/local/share/guest/engines.cil
  # Labels without SELinux on this machine. The file systems of the kernel must not be mounted meanwhile.
  chroot "$root" setfiles -F /etc/selinux/default/contexts/files/file_contexts /
fi
