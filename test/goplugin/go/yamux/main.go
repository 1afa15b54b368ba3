// Yamux is the other end of a yamux connection, by HashiCorp's own library: it echoes every stream that it is sent, and
// opens streams of its own whose echo it checks.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/yamux"
)

var (
	role    = flag.String("role", "server", "client or server of yamux; this program always connects")
	path    = flag.String("socket", "", "unix socket to connect to")
	streams = flag.Int("streams", 0, "streams to open at once")
	rounds  = flag.Int("rounds", 1, "how often")
	size    = flag.Int("size", 0, "bytes to send on each")
	slow    = flag.Duration("slow", 0, "pause between two reads")
	ping    = flag.Bool("ping", false, "ping first")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func run() error {
	conn, err := net.Dial("unix", *path)
	if err != nil {
		return err
	}
	config := yamux.DefaultConfig()
	config.LogOutput = os.Stderr
	begin := yamux.Client
	if *role == "server" {
		begin = yamux.Server
	}
	session, err := begin(conn, config)
	if err != nil {
		return err
	}
	go echo(session)
	if *ping {
		if _, err := session.Ping(); err != nil {
			return fmt.Errorf("ping: %w", err)
		}
	}
	if *streams == 0 {
		<-session.CloseChan()
		fmt.Println("closed")
		return nil
	}
	for round := 0; round < *rounds; round++ {
		if err := openAll(session); err != nil {
			return err
		}
	}
	for start := time.Now(); session.NumStreams() > 0 && time.Since(start) < 10*time.Second; {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("echoed", *streams**rounds, "open", session.NumStreams())
	return session.Close()
}

func echo(session *yamux.Session) {
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return
		}
		go func() {
			defer stream.Close()
			_, _ = io.Copy(stream, pausing{stream})
		}()
	}
}

func openAll(session *yamux.Session) error {
	var group sync.WaitGroup
	failures := make(chan error, *streams)
	for i := 0; i < *streams; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if err := checkEcho(session, byte(i)); err != nil {
				failures <- err
			}
		}()
	}
	group.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

func checkEcho(session *yamux.Session, seed byte) error {
	stream, err := session.OpenStream()
	if err != nil {
		return err
	}
	defer stream.Close()
	sent := make([]byte, *size)
	for i := range sent {
		sent[i] = seed + byte(i*7)
	}
	go func() { _, _ = stream.Write(sent) }()
	got := make([]byte, *size)
	if _, err := io.ReadFull(pausing{stream}, got); err != nil {
		return err
	}
	if !bytes.Equal(sent, got) {
		return fmt.Errorf("stream %d: other bytes came back", stream.StreamID())
	}
	return nil
}

// pausing reads in small pieces, with a pause before each.
type pausing struct{ from io.Reader }

func (p pausing) Read(into []byte) (int, error) {
	if *slow > 0 {
		time.Sleep(*slow)
	}
	return p.from.Read(into)
}
