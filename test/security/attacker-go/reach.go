package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// reach tries to reach what is outside: sockets, networks, other processes.
func reach() []string {
	gained := []string{}
	for _, target := range []struct{ network, address string }{
		{"unix", "@" + os.Getenv("ATTACK_ABSTRACT")},
		{"tcp", "127.0.0.1:" + os.Getenv("ATTACK_PORT")},
		{"tcp", "172.17.0.1:" + os.Getenv("ATTACK_PORT")},
		{"tcp", "10.0.2.2:" + os.Getenv("ATTACK_PORT")},
		{"tcp", "169.254.169.254:80"},
		{"udp", "8.8.8.8:53"},
		{"unix", os.Getenv("ATTACK_ENGINE")},
		{"unix", os.Getenv("ATTACK_SOCKET")},
		{"unix", "/var/run/docker.sock"},
	} {
		connection, err := net.DialTimeout(target.network, target.address, 300*time.Millisecond)
		if err == nil {
			connection.Close()
			gained = append(gained, "connected to "+target.network+" "+target.address)
		}
	}
	for _, pattern := range []string{"/proc/*/environ", "/proc/*/cmdline", "/proc/*/task/*/environ"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			text, _ := os.ReadFile(path)
			if strings.Contains(string(text), "ATTACK_HOST_"+"SECRET") {
				gained = append(gained, "read "+path)
			}
		}
	}
	for _, path := range []string{os.Getenv("ATTACK_VICTIM"), socketFolder() + "/../owner.json", "/proc/1/root" + os.Getenv("ATTACK_VICTIM")} {
		if _, err := os.ReadFile(path); err == nil {
			gained = append(gained, "read "+path)
		}
	}
	return gained
}

// engineForged listens where the engine does, under its name: see the image's link into the shared folder.
func engineForged() []string {
	path := os.Getenv("ATTACK_ENGINE")
	os.MkdirAll(filepath.Dir(path), 0o755)
	if _, err := net.Listen("unix", path); err != nil {
		return []string{"could not listen: " + err.Error()}
	}
	return nil
}
