// Launches a plugin in a container with HashiCorp's library, once for each empty line on stdin, and tells how long it took.
// A line with a number launches that many at once.
// The last argument says whether the engine is docker or podman.
// A line `BYTES CALLS-IN-FLIGHT SECONDS` makes calls of probe.Probe instead, of one plugin for all such lines.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"github.com/hashicorp/go-secure-stdlib/plugincontainer"
	"github.com/moby/moby/api/types/container"
	dockerclient "github.com/moby/moby/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"
)

var isPodman bool

// What the image's plugin runs as.
const group = 65532

func main() {
	image, runtime, directory, rootless := os.Args[1], os.Args[2], os.Args[3], os.Args[4] == "rootless"
	isPodman = os.Args[5] == "podman"
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if count, err := strconv.Atoi(lines.Text()); err == nil {
			atOnce(count, image, runtime, directory, rootless)
			continue
		}
		if lines.Text() != "" {
			measure(lines.Text(), image, runtime, directory, rootless)
			continue
		}
		begin := time.Now()
		client := ready(image, runtime, directory, rootless)
		answered := time.Now()
		killed := kill(client)
		fmt.Printf("%.1f %.1f %.1f\n", milliseconds(answered.Sub(begin)), milliseconds(time.Since(answered)), killed)
	}
	if called != nil {
		called.Kill()
	}
}

// ready launches a plugin, and returns when it has answered.
func ready(image, runtime, directory string, rootless bool) *plugin.Client {
	client := start(image, runtime, directory, rootless, true)
	protocol, err := client.Client()
	if err == nil {
		err = protocol.Ping()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		client.Kill()
		os.Exit(1)
	}
	return client
}

// atOnce launches plugins at the same time, then ends them at the same time.
func atOnce(count int, image, runtime, directory string, rootless bool) {
	clients := make([]*plugin.Client, count)
	all := func(work func(int)) float64 {
		begin := time.Now()
		var wait sync.WaitGroup
		for i := range count {
			wait.Add(1)
			go func() {
				defer wait.Done()
				work(i)
			}()
		}
		wait.Wait()
		return milliseconds(time.Since(begin))
	}
	launched := all(func(i int) { clients[i] = ready(image, runtime, directory, rootless) })
	killed := make([]float64, count)
	closed := all(func(i int) { killed[i] = kill(clients[i]) })
	fmt.Printf("%.1f %.1f %.1f\n", launched, closed, slices.Max(killed))
}

// kill ends a plugin, and returns when its container is gone. The library's own Kill returns when the plugin has ended, and
// the engine removes the container after that. The result is the milliseconds of Kill alone.
func kill(client *plugin.Client) float64 {
	engine, err := dockerclient.New(dockerclient.FromEnv)
	if err != nil {
		panic(err)
	}
	defer engine.Close()
	id, begin := client.ID(), time.Now()
	if !isPodman {
		gone := engine.ContainerWait(context.Background(), id, dockerclient.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
		client.Kill()
		killed := milliseconds(time.Since(begin))
		select {
		case <-gone.Result:
		case <-gone.Error:
		}
		return killed
	}
	client.Kill()
	killed := milliseconds(time.Since(begin))
	// Older ones keep a processor busy while they are asked to wait.
	for {
		if _, err := engine.ContainerInspect(context.Background(), id, dockerclient.ContainerInspectOptions{}); err != nil {
			return killed
		}
		time.Sleep(2 * time.Millisecond)
	}
}

type probe struct{ plugin.NetRPCUnsupportedPlugin }

func (probe) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (probe) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

var called *plugin.Client
var conn *grpc.ClientConn

// measure makes calls, and tells how many in a second, and the microseconds of CPU for each.
func measure(line, image, runtime, directory string, rootless bool) {
	var size, inFlight int
	var seconds float64
	if _, err := fmt.Sscan(line, &size, &inFlight, &seconds); err != nil {
		panic(err)
	}
	if called == nil {
		called = start(image, runtime, directory, rootless, false)
		protocol, err := called.Client()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		raw, err := protocol.Dispense("probe")
		if err != nil {
			panic(err)
		}
		conn = raw.(*grpc.ClientConn)
	}
	var wait sync.WaitGroup
	var calls atomic.Int64
	begin, used := time.Now(), cpuTime()
	for range inFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for time.Since(begin).Seconds() < seconds {
				var reply anypb.Any
				request := &anypb.Any{Value: bytes.Repeat([]byte("x"), size)}
				if err := conn.Invoke(context.Background(), "/probe.Probe/Echo", request, &reply); err != nil {
					panic(err)
				}
				calls.Add(1)
			}
		}()
	}
	wait.Wait()
	took, cpu := time.Since(begin), cpuTime()-used
	fmt.Printf("%.1f %.2f\n", float64(calls.Load())/took.Seconds(), float64(cpu.Microseconds())/float64(calls.Load()))
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func start(image, runtime, directory string, rootless, multiplex bool) *plugin.Client {
	name, tag, _ := strings.Cut(image, ":")
	config := plugincontainer.Config{
		Image: name, Tag: tag, Runtime: runtime, GroupAdd: group, Rootless: rootless, DisableNetwork: true,
	}
	return plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:     plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:             plugin.PluginSet{"probe": probe{}},
		AllowedProtocols:    []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:            true,
		SkipHostEnv:         true,
		GRPCBrokerMultiplex: multiplex,
		Logger:              hclog.NewNullLogger(),
		UnixSocketConfig:    &plugin.UnixSocketConfig{Group: fmt.Sprint(group), TempDir: directory},
		RunnerFunc: func(logger hclog.Logger, command *exec.Cmd, folder string) (runner.Runner, error) {
			return config.NewContainerRunner(logger, command, folder)
		},
	})
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration.Microseconds()) / 1000
}
