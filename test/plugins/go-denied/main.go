// Command denied does the one thing that its first argument names, and ends with Go's own words if it can't. It crashes
// in Go's ways where the argument says so. It is no plugin.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"sync"
	"syscall"
)

func main() {
	log.SetFlags(0)
	what, with := os.Args[1], append(os.Args[2:], "")[0]
	switch what {
	case "write":
		try(os.WriteFile(with, []byte("x"), 0o644))
	case "temp":
		_, err := os.CreateTemp("", "words")
		try(err)
	case "dial":
		_, err := net.Dial("tcp", with)
		try(err)
	case "lookup":
		_, err := net.LookupHost(with)
		try(err)
	case "listen":
		_, err := net.Listen("tcp", with)
		try(err)
	case "ping":
		_, err := net.ListenPacket("ip4:icmp", "0.0.0.0")
		try(err)
	case "chown":
		try(os.Chown(with, 12, 12))
	case "setgid":
		if err := syscall.Setgid(12); err != nil {
			log.Fatalf("setgid: %v", err)
		}
	case "exec":
		// The file is a copy of this program, so that nothing but the mount can be in the way.
		self, err := os.ReadFile("/denied")
		try(err)
		try(os.WriteFile(with, self, 0o755))
		try(exec.Command(with, "none").Run())
	case "fill":
		try(os.WriteFile(with, bytes.Repeat([]byte("x"), 80<<20), 0o644))
	case "open-many":
		for {
			_, err := os.Open("/denied")
			try(err)
		}
	case "threads":
		for {
			go func() {
				runtime.LockOSThread()
				select {}
			}()
			runtime.Gosched()
		}
	case "user":
		_, err := user.Current()
		try(err)
	case "lookup-user":
		_, err := user.LookupId(fmt.Sprint(os.Getuid()))
		try(err)
	case "mlock":
		if err := syscall.Mlockall(syscall.MCL_CURRENT | syscall.MCL_FUTURE); err != nil {
			log.Fatalf("mlockall: %v", err)
		}
	case "keyctl":
		if _, _, err := syscall.Syscall(250, 0, ^uintptr(2), 0); err != 0 {
			log.Fatalf("keyctl: %v", err)
		}
	case "userfaultfd":
		if _, _, err := syscall.Syscall(323, 0, 0, 0); err != 0 {
			log.Fatalf("userfaultfd: %v", err)
		}
	case "panic":
		panic("the store is corrupt")
	case "nil-map":
		var counts map[string]int
		counts["a"]++
	case "nil-pointer":
		var at *struct{ far [8]int }
		fmt.Println(at.far[1])
	case "deadlock":
		var group sync.WaitGroup
		group.Add(1)
		group.Wait()
	case "map-writes":
		shared := map[int]int{}
		for range [8]int{} {
			go func() {
				for at := 0; ; at++ {
					shared[at%7] = at
				}
			}()
		}
		select {}
	case "overflow":
		overflow(1)
	case "flood":
		// A report that is far longer than what an error holds.
		for at := range make([]int, 200) {
			go wait(at)
		}
		fmt.Fprintln(os.Stderr, "first line")
		shared := map[int]int{}
		for range [8]int{} {
			go func() {
				for at := 0; ; at++ {
					shared[at%7] = at
				}
			}()
		}
		select {}
	case "none":
	default:
		log.Fatalf("unknown: %s", what)
	}
}

func try(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func overflow(n int) int { return overflow(n+1) + 1 }

func wait(int) { select {} }
