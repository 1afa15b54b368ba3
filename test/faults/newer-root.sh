#!/bin/bash
# newer-root.sh LOWER COMMAND...: runs COMMAND with the programs of a newer suite in place of those of an engine.
#
# Started in a copy of the engine's mount namespace, whose mounts are shared with it. The root is an overlay over LOWER whose
# changes are kept in memory; everything else is what the engine had. Mounts that either engine makes there are seen by both, so
# that containers of the older one live on with the newer one. It is entered by pivot_root because the kernel refuses user
# namespaces, and so gVisor, in a chroot.
set -euo pipefail
lower=$1
shift

# Nothing of this root reaches the namespace of the engine.
mount --make-private /
newer=/srv/newer
mkdir -p "$newer"
mount -t tmpfs -o mode=755 newer "$newer"
mount --make-private "$newer"
mkdir "$newer/upper" "$newer/work" "$newer/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$newer/upper,workdir=$newer/work" overlay "$newer/root"
mount --make-private "$newer/root"
cd "$newer/root"
# The shared folders of the set lie below these.
for folder in dev proc sys run tmp var/tmp; do
  mkdir -p "$folder"
  mount --rbind "/$folder" "$folder"
done
# Whoever starts this engine again knows by this file which one it is.
touch newer-engine

mkdir old
pivot_root . old
# An end of what is shared would be an end of it everywhere.
exec chroot . /bin/bash -euc \
  'mount --make-rprivate /old; umount -l /old; rmdir /old; mount --make-shared /; exec "$@"' bash "$@"
