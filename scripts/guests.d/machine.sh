# A guest's virtual machine: started from a disk that it can't change, reached through ssh, ended.
# shellcheck shell=bash

# machine_of GUEST: the id of its process, or nothing
machine_of() {
  local id
  id=$(cat -- "$(state_of "$1")/pid" 2>/dev/null) || return 0
  # The id may be that of another process by now.
  [[ $(tr '\0' '\n' 2>/dev/null <"/proc/$id/cmdline" | grep -x -A 1 -- -name | tail -n 1) != "bulkhead-$1" ]] || printf '%s\n' "$id"
}

# boot GUEST [ACCELERATOR]: returns when its ssh answers
boot() {
  local guest=$1 accelerator=${2:-}
  if [[ -n $accelerator ]]; then
    boot_with "$guest" "$accelerator" "$tcg_seconds" || fail 1 "$guest did not come up with $accelerator; see $(folder_of "$guest")/console.log"
  elif [[ $(kvm_state) == works ]] && boot_with "$guest" kvm "$kvm_seconds"; then
    remember_kvm works
  else
    [[ $(kvm_state) != works ]] || remember_kvm fails
    boot_with "$guest" tcg "$tcg_seconds" || fail 1 "$guest did not come up; see $(folder_of "$guest")/console.log"
  fi
}

# Whether it is worth trying: the device may be there, and guests die on it. What was seen holds until this machine starts anew.
kvm_state() {
  if [[ ! -w /dev/kvm || $(cat -- "$data_directory/kvm" 2>/dev/null) == "fails $(</proc/sys/kernel/random/boot_id)" ]]; then
    printf 'fails\n'
  else
    printf 'works\n'
  fi
}

remember_kvm() { printf '%s %s\n' "$1" "$(</proc/sys/kernel/random/boot_id)" >"$data_directory/kvm"; }

# boot_with GUEST ACCELERATOR SECONDS
boot_with() {
  local guest=$1 accelerator=$2 seconds=$3 state processor=host accelerate=kvm started=$SECONDS
  state=$(state_of "$guest")
  # Hashing takes half as long again where AVX2 is emulated as where programs do without it.
  [[ $accelerator == kvm ]] || processor=max,-avx2 accelerate=tcg,thread=multi
  rm -rf -- "$state" && mkdir -p "$state/tmp"
  free_port "$guest" >"$state/port"
  printf '%s\n' "$accelerator" >"$state/accelerator"
  local arguments=''
  [[ $guest != *-selinux ]] || arguments='security=selinux selinux=1 enforcing=0'
  # What the guest writes to its disk goes to a file without a name, which ends with it.
  TMPDIR=$state/tmp nice -n 5 setsid qemu-system-x86_64 -name "bulkhead-$guest" -machine q35 \
    -accel "$accelerate" -cpu "$processor" -smp "$guest_cpus" -m "$guest_mib" -nodefaults -no-reboot -display none \
    -kernel "$(folder_of "$guest")/vmlinuz" -initrd "$(folder_of "$guest")/initrd" \
    -append "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet mitigations=off $arguments" \
    -drive file="$(disk_of "$guest")",format=raw,if=virtio,snapshot=on \
    -drive file="$(folder_of "$guest")/luggage.tar",format=raw,if=virtio,readonly=on \
    -netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:"$(<"$state/port")"-:22 -device virtio-net-pci,netdev=net,romfile= \
    -device virtio-rng-pci -serial file:"$(folder_of "$guest")/console.log" </dev/null >"$state/qemu.log" 2>&1 9>&- &
  printf '%s\n' "$!" >"$state/pid"
  disown
  while ((SECONDS - started < seconds)); do
    if guest_limit=120 in_guest "$guest" root grep -qx -- "$guest" /etc/hostname 2>/dev/null; then
      printf '%s is up after %d s, %s\n' "$guest" "$((SECONDS - started))" "$accelerator" >&2
      return
    fi
    [[ -n $(machine_of "$guest") || $SECONDS == "$started" ]] || break
    ! grep -q 'internal error' "$state/qemu.log" || break
    sleep 1
  done
  printf '%s did not come up with %s within %d s%s\n' "$guest" "$accelerator" "$((SECONDS - started))" \
    "$(head -n 1 "$state/qemu.log" | sed 's/^/: /')" >&2
  end_machine "$guest"
  return 1
}

# free_port GUEST: the port is taken a moment later; another program that takes it first makes qemu say so. Guests that are
# started together begin to look in different places.
free_port() {
  local port first
  first=$((22022 + $(cksum <<<"$1" | cut -d ' ' -f 1) % 1000))
  for ((port = first; port < first + 100; port++)); do
    (: 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port" && return; }
  done
  fail 1 "there is no free port from $first on"
}

# Nothing on its disk is kept, so it needs no orderly end.
end_machine() {
  local id
  id=$(machine_of "$1")
  [[ -z $id ]] || kill -KILL "$id" 2>/dev/null || true
  while [[ -n $(machine_of "$1") ]]; do sleep 0.1; done
  rm -rf -- "$(state_of "$1")"
}
