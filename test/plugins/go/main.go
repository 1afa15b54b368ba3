// Command faulty is a go-plugin plugin that misbehaves in the way its first argument names. Without an argument it is
// a key/value plugin. Its modes are those of ../faulty.ts, and "mlock" in addition.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/grpc/shared"
)

// stderr is the real one: go-plugin replaces os.Stderr when it serves, and what is written there can be lost in a crash.
var stderr = os.Stderr

func main() {
	mode := "serve"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "serve":
		serve()
	case "third":
		dieAtEveryThird = true
		serve()
	case "exit-3":
		fmt.Fprintln(stderr, "the license file is missing")
		os.Exit(3)
	case "panic":
		panic("the store is corrupt")
	case "exit-0":
	case "garbage":
		fmt.Println("Welcome to the plugin!")
		forever()
	case "silent":
		forever()
	case "core-2":
		fmt.Println("2|1|unix|/tmp/plugin|grpc|")
		forever()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		serve() // returns when it is told to shut down
		forever()
	case "mlock":
		if err := syscall.Mlockall(syscall.MCL_CURRENT | syscall.MCL_FUTURE); err != nil {
			fmt.Fprintf(stderr, "mlockall: %v\n", err)
			os.Exit(4)
		}
		serve()
	default:
		fmt.Fprintf(stderr, "unknown mode %q\n", mode)
		os.Exit(64)
	}
}

func serve() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: shared.Handshake,
		Plugins:         map[string]plugin.Plugin{"kv": &shared.KVGRPCPlugin{Impl: &memory{values: map[string][]byte{}}}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}

// memory keeps values in memory. Key "crash" ends the process during the call, key "slow" never answers, key "talk" makes it
// log and print, with key "write" it writes where it may not, and key "dial:HOST:PORT" connects to that address.
type memory struct {
	mutex  sync.Mutex
	values map[string][]byte
}

func (m *memory) Put(key string, value []byte) error {
	misbehave(key)
	if key == "write" {
		return os.WriteFile("/new", value, 0o644)
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.values[key] = value
	return nil
}

func (m *memory) Get(key string) ([]byte, error) {
	misbehave(key)
	if address, found := strings.CutPrefix(key, "dial:"); found {
		return dial(address), nil
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	value, found := m.values[key]
	if !found {
		return nil, errors.New("no value for " + key)
	}
	return value, nil
}

// dial connects to an address in the plugin's network, and says what it read there, or why it could not.
func dial(address string) []byte {
	connection, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return []byte("failed: " + err.Error())
	}
	defer connection.Close()
	words, err := io.ReadAll(io.LimitReader(connection, 1024))
	if err != nil {
		return []byte("failed: " + err.Error())
	}
	return []byte("read: " + string(words))
}

var (
	dieAtEveryThird bool
	begun           atomic.Int64
)

func misbehave(key string) {
	if dieAtEveryThird { // says which request it has begun, and dies in the midst of every third
		fmt.Fprintf(stderr, "served %s\n", key)
		if begun.Add(1)%3 == 0 {
			os.Exit(7)
		}
		return
	}
	switch key {
	case "crash":
		fmt.Fprintln(stderr, "the store is corrupt")
		os.Exit(7)
	case "slow":
		forever()
	case "talk":
		fmt.Fprintln(stderr, `{"@level":"warn","@message":"asked","key":"talk","times":7}`)
		fmt.Print("printed \x1b[2Jhere\nand at last")
	}
}

func forever() {
	for {
		time.Sleep(time.Hour)
	}
}
