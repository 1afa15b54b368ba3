#!/bin/bash
# private-root.sh LOWER RUN DATA USER COMMAND...: runs COMMAND with a private root.
#
# Started in new mount, network and cgroup namespaces. The root is an overlay over LOWER whose changes are kept in memory,
# so nothing that an engine writes to /etc, /var or /root reaches the machine, and /run, /tmp, /dev, /proc, /sys are its
# own. Only RUN (sockets, plugin folders) and DATA (images, containers) are shared, at the same path inside and outside.
# It is entered by pivot_root because the kernel refuses user namespaces, and so every rootless engine, in a chroot.
set -euo pipefail
lower=$1 run=$2 data=$3 user=$4
shift 4
uid=$(id -u "$user") gid=$(id -g "$user")

ip link set lo up
# A rootless daemon insists on it and may not set it itself.
echo 1 >/proc/sys/net/ipv4/ip_forward

space=$data/space
mount -t tmpfs -o mode=755 space "$space"
mkdir "$space/upper" "$space/work" "$space/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$space/upper,workdir=$space/work" overlay "$space/root"
cd "$space/root"

# An overlay ends at the borders of a file system.
if [[ $lower == / ]]; then
  for folder in usr usr/local opt; do
    ! mountpoint -q "/$folder" || mount --bind "/$folder" "$folder"
  done
fi

# Podman asks dpkg for the package of each of its programs whenever it is asked about itself, and dpkg reads its whole database
# and the file lists of all packages for it. Those of the others are left out, which takes it a fraction of the time.
if [[ -d var/lib/dpkg/info ]]; then
  asked_of=(aardvark-dns catatonit conmon crun fuse-overlayfs netavark passt podman runc runsc slirp4netns)
  mkdir "$space/file-lists"
  for package in "${asked_of[@]}"; do
    [[ ! -e var/lib/dpkg/info/$package.list ]] || cp "var/lib/dpkg/info/$package.list" "$space/file-lists"
  done
  mount --bind "$space/file-lists" var/lib/dpkg/info
  awk -v asked_of="${asked_of[*]}" '
    BEGIN { RS = ""; ORS = "\n\n"; count = split(asked_of, names, " "); for (i = 1; i <= count; i++) wanted[names[i]] }
    $1 == "Package:" && $2 in wanted' var/lib/dpkg/status >"$space/status"
  mount --bind "$space/status" var/lib/dpkg/status
fi

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 run run
mkdir -p run/lock run/user run/containerd run/docker
install -d -m 700 -o "$uid" -g "$gid" "run/user/$uid"

# Before the shared folders, which may lie below these.
mkdir -p tmp var/tmp
mount --bind "$data/tmp" tmp
mount --bind "$data/tmp" var/tmp

mkdir -p "./$run" "./$data"
mount --bind "$run" "./$run"
mount --bind "$data" "./$data"

# Devices with the modes that udev gives them on an ordinary machine, whatever they are here.
mount -t tmpfs -o mode=755,nosuid dev dev
mkdir dev/pts dev/shm dev/mqueue dev/net
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t mqueue mqueue dev/mqueue
while read -r name major minor; do
  mknod -m 666 "dev/$name" c "$major" "$minor"
done <<'END'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
fuse 10 229
net/tun 10 200
END
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin && ln -s fd/1 dev/stdout && ln -s fd/2 dev/stderr

# The machine's cgroup hierarchies, rooted at our own group. An additional v2 mount without controllers (the hybrid layout)
# is left out: crun refuses to work with it.
if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  # A group that passes controllers on may not have processes itself: this one moves, and who started it is about to end.
  mkdir -p sys/fs/cgroup/engine
  echo $$ >sys/fs/cgroup/engine/cgroup.procs
  while [[ -n $(<sys/fs/cgroup/cgroup.procs) ]]; do sleep 0.01; done
  for controller in $(<sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >sys/fs/cgroup/cgroup.subtree_control || true
  done
  if [[ $data == *-rootless/* ]]; then
    chown "$uid:$gid" sys/fs/cgroup{,/engine} sys/fs/cgroup{,/engine}/cgroup.{procs,subtree_control,threads}
  fi
else
  mount -t tmpfs -o mode=755 cgroup sys/fs/cgroup
  while read -r target options; do
    hierarchy=${target##*/}
    mkdir "sys/fs/cgroup/$hierarchy"
    mount -t cgroup -o "$options" cgroup "sys/fs/cgroup/$hierarchy"
    [[ $hierarchy != *,* ]] || for controller in ${hierarchy//,/ }; do ln -s "$hierarchy" "sys/fs/cgroup/$controller"; done
  done < <(findmnt -rn -t cgroup -o TARGET,FS-OPTIONS | sed 's/ rw,/ /')
fi

# The user exists inside too, whatever LOWER is.
if [[ $lower != / ]]; then
  getent passwd "$user" >>etc/passwd
  getent group "$user" >>etc/group
  grep -h "^$user:" /etc/subuid >>etc/subuid
  grep -h "^$user:" /etc/subgid >>etc/subgid
fi
if [[ $data == *-rootless/* ]]; then chown "$uid:$gid" run/containerd run/docker; fi

mkdir run/old
pivot_root . run/old
exec chroot . /bin/bash -euc 'umount -l /run/old; rmdir /run/old; mount --make-rshared /; exec "$@"' bash "$@"
