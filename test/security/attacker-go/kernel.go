package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

const (
	sysBpf             = 321
	sysAddKey          = 248
	sysPerfEventOpen   = 298
	sysUserfaultfd     = 323
	sysOpenByHandle    = 304
	cloneNewUser       = 0x10000000
	cloneNewNamespaces = 0x00020000
)

// kernel tries what a container must not be able to do. Nothing of it would harm a host on which it worked.
func kernel() []string {
	gained := []string{}
	try := func(name string, err error) {
		if err == nil {
			gained = append(gained, name)
		}
	}
	call := func(name string, number, a, b, c uintptr) {
		_, _, errno := syscall.RawSyscall6(number, a, b, c, 0, 0, 0)
		if errno == 0 {
			gained = append(gained, name)
		}
	}
	folder := os.Getenv("PLUGIN_UNIX_SOCKET_DIR")
	try("chroot", syscall.Chroot("/tmp"))
	try("mount a tmpfs", syscall.Mount("tmpfs", folder, "tmpfs", 0, ""))
	try("mount proc", syscall.Mount("proc", folder, "proc", 0, ""))
	try("make the root file system writable", syscall.Mount("", "/", "", syscall.MS_REMOUNT|syscall.MS_BIND, ""))
	try("sethostname", syscall.Sethostname([]byte("attacked")))
	try("trace process 1", traced(1))
	call("setns", 308, 0, 0, 0)
	var attributes [128]byte
	call("bpf", sysBpf, 0, uintptr(unsafe.Pointer(&attributes)), 128)
	call("perf_event_open", sysPerfEventOpen, uintptr(unsafe.Pointer(&attributes)), 0, ^uintptr(0))
	call("iopl", 172, 3, 0, 0)
	call("open_by_handle_at", sysOpenByHandle, 0, uintptr(unsafe.Pointer(&attributes)), 0)
	kind, name := []byte("user\x00"), []byte("attack\x00")
	call("add_key", sysAddKey, uintptr(unsafe.Pointer(&kind[0])), uintptr(unsafe.Pointer(&name[0])), 0)
	call("unshare user namespace", syscall.SYS_UNSHARE, cloneNewUser, 0, 0)
	call("unshare mount namespace", syscall.SYS_UNSHARE, cloneNewNamespaces, 0, 0)
	for _, path := range []string{
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger", "/proc/sys/vm/panic_on_oom",
		"/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/release_agent",
		"/dev/mem", "/dev/kmsg", "/dev/sda", "/proc/kcore", "/etc/passwd", "/plugin",
	} {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		try("open "+path+" for writing", err)
		if err == nil {
			file.Close()
		}
	}
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		// Without a capability, and without the way to any: no bounding set, no_new_privs.
		for _, prefix := range []string{"CapEff:", "CapPrm:", "CapInh:", "CapAmb:", "CapBnd:"} {
			if value, found := strings.CutPrefix(line, prefix); found && strings.Trim(value, "\t0") != "" {
				gained = append(gained, "capabilities "+line)
			}
		}
		if value, found := strings.CutPrefix(line, "NoNewPrivs:"); found && strings.TrimSpace(value) != "1" {
			gained = append(gained, "new privileges")
		}
		if value, found := strings.CutPrefix(line, "Seccomp:"); found && strings.TrimSpace(value) == "0" {
			gained = append(gained, "no seccomp")
		}
	}
	return gained
}

func traced(pid int) error {
	if os.Getpid() == pid {
		return syscall.EPERM
	}
	return syscall.PtraceAttach(pid)
}

// signals sends a signal to every process that it can see, itself excepted.
func signals() []string {
	own := os.Getpid()
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && pid != own {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	syscall.Kill(-1, syscall.SIGKILL)
	return nil
}
