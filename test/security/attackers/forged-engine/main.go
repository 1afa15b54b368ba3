// An attacker that poses as the process of an engine: it is called as engines are, has several threads as they have, and
// holds a socket with the path of the engine's.
//
//	dockerd SOCKET [mirror]    podman SOCKET service [mirror]
//
// With "mirror" it also connects to itself all the time, so that sockets that it has accepted come and go beside those of
// the engine. It answers every request as an engine answers a ping.
package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const answer = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\nContent-Length: 0\r\n\r\n"

func main() {
	path := os.Args[1]
	for range make([]int, 4) {
		go func() {
			runtime.LockOSThread()
			select {}
		}()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		panic(err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	if os.Args[len(os.Args)-1] == "mirror" {
		go mirror(path)
	}
	fmt.Println("listening")
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go serve(connection)
	}
}

func serve(connection net.Conn) {
	defer connection.Close()
	request := make([]byte, 4096)
	for {
		if _, err := connection.Read(request); err != nil {
			return
		}
		if _, err := connection.Write([]byte(answer)); err != nil {
			return
		}
	}
}

// Always holds sixteen connections, the oldest of which is replaced every half millisecond.
func mirror(path string) {
	open := make([]net.Conn, 16)
	for at := 0; ; at = (at + 1) % len(open) {
		if open[at] != nil {
			open[at].Close()
		}
		open[at], _ = net.Dial("unix", path)
		time.Sleep(500 * time.Microsecond)
	}
}
