#!/bin/bash
# make-root.sh SUITE ROOT MIRROR PACKAGE...: a minimal Debian with these packages and runsc. Run in a mount namespace.
# What was downloaded is kept in the folder PACKAGE_CACHE, if that is set.
set -euo pipefail
suite=$1 root=$2 mirror=$3
shift 3

# Named explicitly because an older debootstrap does not know a newer suite; all of them use this one script.
debootstrap --variant=minbase --include=ca-certificates ${PACKAGE_CACHE:+--cache-dir="$PACKAGE_CACHE"} "$suite" "$root" "$mirror" /usr/share/debootstrap/scripts/sid

# Testing's Release file may have expired; it is still signed.
printf 'deb [check-valid-until=no] %s %s main\n' "$mirror" "$suite" >"$root/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"$root/etc/dpkg/dpkg.cfg.d/small"
printf 'force-unsafe-io\n' >"$root/etc/dpkg/dpkg.cfg.d/fast"
cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"

runsc=runsc
if [[ $suite == forky ]]; then
  # Forky's own runsc is 2024 sources built with Go 1.26: about every third sandbox panics.
  printf 'deb %s trixie main\n' "$mirror" >>"$root/etc/apt/sources.list"
  runsc=runsc/trixie
fi

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
[[ -z ${PACKAGE_CACHE:-} ]] || mount --bind "$PACKAGE_CACHE" "$root/var/cache/apt/archives"
export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get -q update
chroot "$root" apt-get -q -y install --no-install-recommends "$@" "$runsc"
[[ -z ${PACKAGE_CACHE:-} ]] || umount "$root/var/cache/apt/archives"
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
umount -l "$root/proc" "$root/dev"
