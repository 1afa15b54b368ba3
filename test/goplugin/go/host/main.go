// Host runs a plugin as any Go program with go-plugin does, puts it through its paces, and prints what it saw as JSON.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/bidirectional/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Messages of the fixture's services, by well-known types that are the same on the wire.
type (
	text   = anypb.Any              // string 1, bytes 2: probe.Text, proto.PutRequest of KV
	number = wrapperspb.Int64Value  // int64 1
	key    = wrapperspb.StringValue // string 1
	value  = wrapperspb.BytesValue  // bytes 1
)

var (
	autoMTLS  = flag.Bool("mtls", false, "AutoMTLS")
	multiplex = flag.Bool("mux", false, "GRPCBrokerMultiplex")
	cookie    = flag.String("cookie", "hello", "value of the magic cookie")
	versions  = flag.Int("versions", 1, "offer the protocol versions from 1 to this one")
	steps     = flag.String("steps", "", "what to do with the plugin, separated by commas")
)

// fixture is a plugin whose client is the connection itself.
type fixture struct{ plugin.NetRPCUnsupportedPlugin }

type connection struct {
	broker *plugin.GRPCBroker
	conn   *grpc.ClientConn
}

func (fixture) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (fixture) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &connection{broker, conn}, nil
}

type report struct {
	ProtocolVersion int               `json:"protocolVersion"`
	StartError      string            `json:"startError"`
	Results         map[string]string `json:"results"`
	Stdout          string            `json:"stdout"`
	Stderr          string            `json:"stderr"`
	Log             []json.RawMessage `json:"log"`
	KillMs          int64             `json:"killMs"`
	Exited          bool              `json:"exited"`
}

func main() {
	flag.Parse()
	var stdout, stderr, log safeBuffer
	command := flag.Args()
	sets := map[int]plugin.PluginSet{}
	for version := 1; version <= *versions; version++ {
		sets[version] = plugin.PluginSet{"fixture": fixture{}}
	}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:     plugin.HandshakeConfig{MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: *cookie},
		VersionedPlugins:    sets,
		Cmd:                 exec.Command(command[0], command[1:]...),
		AllowedProtocols:    []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:            *autoMTLS,
		GRPCBrokerMultiplex: *multiplex,
		Logger:              hclog.New(&hclog.LoggerOptions{Name: "host", Level: hclog.Trace, Output: &log, JSONFormat: true}),
		SyncStdout:          &stdout,
		SyncStderr:          &stderr,
	})
	seen := report{Results: map[string]string{}}
	seen.run(client)
	start := time.Now()
	client.Kill()
	seen.KillMs = time.Since(start).Milliseconds()
	seen.Exited = client.Exited()
	seen.Stdout, seen.Stderr = stdout.String(), stderr.String()
	for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		seen.Log = append(seen.Log, json.RawMessage(line))
	}
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		panic(err)
	}
}

func (seen *report) run(client *plugin.Client) {
	protocol, err := client.Client()
	if err != nil {
		seen.StartError = err.Error()
		return
	}
	seen.ProtocolVersion = client.NegotiatedVersion()
	raw, err := protocol.Dispense("fixture")
	if err != nil {
		seen.StartError = err.Error()
		return
	}
	for _, step := range strings.Split(*steps, ",") {
		result, err := do(step, protocol, raw.(*connection))
		if err != nil {
			result = "error: " + err.Error()
		}
		seen.Results[step] = result
	}
}

func do(step string, protocol plugin.ClientProtocol, c *connection) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	switch step {
	case "ping":
		return "ok", protocol.Ping()
	case "kv":
		return kv(ctx, c.conn)
	case "metadata":
		var reply text
		ctx = metadata.AppendToOutgoingContext(ctx, "x-test", "one")
		err := c.conn.Invoke(ctx, "/probe.Probe/Echo", &text{TypeUrl: "metadata"}, &reply)
		return reply.TypeUrl, err
	case "large":
		var reply text
		sent := bytes.Repeat([]byte("x"), 20<<20)
		err := c.conn.Invoke(ctx, "/probe.Probe/Echo", &text{Value: sent}, &reply)
		return fmt.Sprint(bytes.Equal(sent, reply.Value)), err
	case "status":
		err := c.conn.Invoke(ctx, "/probe.Probe/Misbehave", &text{TypeUrl: "elephant"}, &text{})
		return fmt.Sprintf("%s: %s", status.Code(err), status.Convert(err).Message()), nil
	case "deadline":
		ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		err := c.conn.Invoke(ctx, "/probe.Probe/Misbehave", &text{TypeUrl: "hang"}, &text{})
		return status.Code(err).String(), nil
	case "burst", "crash":
		return "", c.conn.Invoke(ctx, "/probe.Probe/Misbehave", &text{TypeUrl: step}, &text{})
	case "count":
		return count(ctx, c.conn)
	case "callback":
		return callback(ctx, c)
	case "callbacks":
		for i := 1; i <= 20; i++ {
			if result, err := callback(ctx, c); err != nil {
				return result, fmt.Errorf("callback %d: %w", i, err)
			}
		}
		return "20", nil
	case "offer":
		return offer(ctx, c)
	case "missing":
		// The plugin is told of an id that nobody serves.
		err := c.conn.Invoke(ctx, "/probe.Probe/Visit", &number{Value: 4711}, &text{})
		return status.Convert(err).Message(), nil
	}
	return "", fmt.Errorf("unknown step %q", step)
}

func kv(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	if err := conn.Invoke(ctx, "/proto.KV/Put", &text{TypeUrl: "colour", Value: []byte("blue")}, &emptypb.Empty{}); err != nil {
		return "", err
	}
	var reply value
	err := conn.Invoke(ctx, "/proto.KV/Get", &key{Value: "colour"}, &reply)
	return string(reply.Value), err
}

func count(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/probe.Probe/Count")
	if err != nil {
		return "", err
	}
	if err := stream.SendMsg(&number{Value: 100_000}); err != nil {
		return "", err
	}
	if err := stream.CloseSend(); err != nil {
		return "", err
	}
	received := 0
	for {
		var reply number
		if err := stream.RecvMsg(&reply); err != nil {
			return fmt.Sprintf("%d, then %s", received, err), nil
		}
		received++
	}
}

type adder struct {
	proto.UnimplementedAddHelperServer
}

func (adder) Sum(_ context.Context, request *proto.SumRequest) (*proto.SumResponse, error) {
	return &proto.SumResponse{R: request.A + request.B}, nil
}

// callback lets the plugin call a service of this host, as go-plugin's bidirectional example does.
func callback(ctx context.Context, c *connection) (string, error) {
	id := c.broker.NextId()
	started := make(chan *grpc.Server, 1)
	go c.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		proto.RegisterAddHelperServer(server, adder{})
		started <- server
		return server
	})
	counter := proto.NewCounterClient(c.conn)
	_, err := counter.Put(ctx, &proto.PutRequest{AddServer: id, Key: "total", Value: 21})
	(<-started).Stop()
	if err != nil {
		return "", err
	}
	reply, err := counter.Get(ctx, &proto.GetRequest{Key: "total"})
	return fmt.Sprint(reply.GetValue()), err
}

// offer calls a service that the plugin serves through the broker.
func offer(ctx context.Context, c *connection) (string, error) {
	var id number
	if err := c.conn.Invoke(ctx, "/probe.Probe/Offer", &text{}, &id); err != nil {
		return "", err
	}
	conn, err := c.broker.Dial(uint32(id.Value))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	var reply text
	err = conn.Invoke(ctx, "/probe.Probe/Echo", &text{TypeUrl: "brokered"}, &reply)
	return reply.TypeUrl, err
}

// safeBuffer may be written to by several goroutines.
type safeBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}
