// Caller is a host in Go that measures what the benches measure of ours: `launch` the time from the handshake line to the
// first reply, `calls` unary calls, and `stream` one call with many replies, of a plugin that serves probe.Probe.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"
)

var (
	what     = flag.String("what", "calls", "calls, launch or stream")
	autoMTLS = flag.Bool("mtls", true, "AutoMTLS")
	mux      = flag.Bool("mux", false, "multiplexing")
	rounds   = flag.Int("rounds", 10, "launches")
	inFlight = flag.Int("in-flight", 1, "calls at the same time")
	size     = flag.Int("size", 100, "bytes of a request, and of its reply")
	warm     = flag.Float64("warm", 0.2, "seconds of calls before those that are measured")
	messages = flag.Int("messages", 1000000, "replies of a stream")
	seconds  = flag.Float64("seconds", 1, "how long to call")
)

type probe struct{ plugin.NetRPCUnsupportedPlugin }

func (probe) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (probe) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

// connect starts the plugin and makes the first call.
func connect() (*plugin.Client, *grpc.ClientConn, time.Duration) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:     plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:             plugin.PluginSet{"probe": probe{}},
		Cmd:                 exec.Command(flag.Arg(0), flag.Args()[1:]...),
		AllowedProtocols:    []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:            *autoMTLS,
		GRPCBrokerMultiplex: *mux,
		Logger:              hclog.NewNullLogger(),
		SyncStdout:          io.Discard,
		SyncStderr:          io.Discard,
	})
	// Returns once the handshake line has been read.
	if _, err := client.Start(); err != nil {
		panic(err)
	}
	start := time.Now()
	protocol, err := client.Client()
	if err != nil {
		panic(err)
	}
	raw, err := protocol.Dispense("probe")
	if err != nil {
		panic(err)
	}
	conn := raw.(*grpc.ClientConn)
	call(conn, 1)
	return client, conn, time.Since(start)
}

func call(conn *grpc.ClientConn, size int) {
	var reply anypb.Any
	request := &anypb.Any{Value: bytes.Repeat([]byte("x"), size)}
	if err := conn.Invoke(context.Background(), "/probe.Probe/Echo", request, &reply); err != nil {
		panic(err)
	}
}

func main() {
	flag.Parse()
	result := map[string]any{}
	if *what == "launch" {
		var firstReplyMs, launchMs []float64
		for range *rounds {
			begin := time.Now()
			client, _, took := connect()
			launchMs = append(launchMs, float64(time.Since(begin).Microseconds())/1000)
			firstReplyMs = append(firstReplyMs, float64(took.Microseconds())/1000)
			client.Kill()
		}
		result["firstReplyMs"], result["launchMs"] = firstReplyMs, launchMs
	} else if *what == "stream" {
		client, conn, _ := connect()
		defer client.Kill()
		readStream(conn, *messages/10)
		begin, used := time.Now(), cpuTime()
		readStream(conn, *messages)
		took, cpu := time.Since(begin), cpuTime()-used
		result["perSecond"] = float64(*messages) / took.Seconds()
		result["cpuMicros"] = float64(cpu.Microseconds()) / float64(*messages)
	} else {
		client, conn, _ := connect()
		defer client.Kill()
		measure(conn, time.Duration(*warm*float64(time.Second)))
		calls, took, cpu := measure(conn, time.Duration(*seconds*float64(time.Second)))
		result["perSecond"], result["cpuMicrosPerCall"] = float64(calls)/took.Seconds(), float64(cpu.Microseconds())/float64(calls)
		result["residentMiB"] = resident()
	}
	_ = json.NewEncoder(os.Stdout).Encode(result)
}

func measure(conn *grpc.ClientConn, length time.Duration) (calls int, took, cpu time.Duration) {
	var wait sync.WaitGroup
	var mutex sync.Mutex
	begin, used := time.Now(), cpuTime()
	for range *inFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			own := 0
			for ; time.Since(begin) < length; own++ {
				call(conn, *size)
			}
			mutex.Lock()
			defer mutex.Unlock()
			calls += own
		}()
	}
	wait.Wait()
	return calls, time.Since(begin), cpuTime() - used
}

func readStream(conn *grpc.ClientConn, count int) {
	stream, err := conn.NewStream(context.Background(), &grpc.StreamDesc{ServerStreams: true}, "/probe.Probe/Repeat")
	if err != nil {
		panic(err)
	}
	request := &anypb.Any{TypeUrl: fmt.Sprint(count), Value: bytes.Repeat([]byte("x"), *size)}
	if err := stream.SendMsg(request); err != nil {
		panic(err)
	}
	if err := stream.CloseSend(); err != nil {
		panic(err)
	}
	for seen := 0; ; seen++ {
		var reply anypb.Any
		if err := stream.RecvMsg(&reply); err == io.EOF && seen == count {
			return
		} else if err != nil {
			panic(err)
		}
	}
}

// resident is the memory that the process holds now.
func resident() float64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var size, pages float64
	if _, err := fmt.Sscan(string(statm), &size, &pages); err != nil {
		panic(err)
	}
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
