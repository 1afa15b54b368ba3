// Command prober is a go-plugin plugin that shows whether a plugin can live where it is started: it is called, and calls
// back through the broker. Its arguments, in any order:
//
//	mlock    locks all its memory first, as HashiCorp's Vault plugins do, and ends with 4 if it may not
//	hog=MIB  takes and touches that much memory, prints "took it" and ends: what a memory limit is tried with
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/bidirectional/shared"
)

func main() {
	for _, argument := range os.Args[1:] {
		switch mebibytes := strings.TrimPrefix(argument, "hog="); {
		case argument == "mlock":
			if err := syscall.Mlockall(syscall.MCL_CURRENT | syscall.MCL_FUTURE); err != nil {
				fmt.Fprintf(os.Stderr, "mlockall: %v\n", err)
				os.Exit(4)
			}
		case mebibytes != argument:
			hog(mebibytes)
			return
		default:
			fmt.Fprintf(os.Stderr, "unknown argument %q\n", argument)
			os.Exit(64)
		}
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: shared.Handshake,
		Plugins:         map[string]plugin.Plugin{"counter": &shared.CounterPlugin{Impl: &counter{sums: map[string]int64{}}}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}

func hog(mebibytes string) {
	count, err := strconv.Atoi(mebibytes)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(64)
	}
	memory := make([]byte, count<<20)
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = 1
	}
	fmt.Println("took it")
}

// counter adds up in memory; it asks its host to do the sums.
type counter struct {
	mutex sync.Mutex
	sums  map[string]int64
}

func (c *counter) Put(key string, value int64, host shared.AddHelper) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	sum, err := host.Sum(c.sums[key], value)
	if err != nil {
		return err
	}
	c.sums[key] = sum
	return nil
}

func (c *counter) Get(key string) (int64, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.sums[key], nil
}
