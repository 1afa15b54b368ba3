// Host runs a plugin as any Go program with go-plugin does, puts it through its paces, and prints what it saw as JSON.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	reattach  = flag.String("reattach", "", "where a plugin in test mode serves, as an entry of TF_REATTACH_PROVIDERS")
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
	config := &plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: *cookie},
		VersionedPlugins: sets,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         *autoMTLS,
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "host", Level: hclog.Trace, Output: &log, JSONFormat: true}),
		SyncStdout:       &stdout,
		SyncStderr:       &stderr,
	}
	setMultiplex(config, *multiplex)
	if len(command) > 0 {
		config.Cmd = exec.Command(command[0], command[1:]...)
	}
	if *reattach != "" {
		config.Cmd, config.VersionedPlugins, config.Plugins = nil, nil, sets[1]
		config.Reattach = parseReattach(*reattach)
	}
	client := plugin.NewClient(config)
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
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if name, found := strings.CutPrefix(step, "time:"); found {
		return timed(name, protocol, c)
	}
	if arguments, found := strings.CutPrefix(step, "rate:"); found {
		return rate(arguments, c.conn)
	}
	if name, times, found := strings.Cut(step, "*"); found {
		return inTurn(name, times, protocol, c)
	}
	if name, times, found := strings.Cut(step, "|"); found {
		return atOnce(name, times, protocol, c)
	}
	switch step {
	case "ping":
		return "ok", protocol.Ping()
	case "kv":
		return kv(ctx, c.conn)
	case "echo":
		var reply text
		err := c.conn.Invoke(ctx, "/probe.Probe/Echo", &text{}, &reply)
		return reply.TypeUrl, err
	case "metadata":
		var reply text
		ctx = metadata.AppendToOutgoingContext(ctx, "x-test", "one")
		err := c.conn.Invoke(ctx, "/probe.Probe/Echo", &text{TypeUrl: "metadata"}, &reply)
		return reply.TypeUrl, err
	case "large":
		var reply text
		sent := bytes.Repeat([]byte("x"), 64<<20)
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
		return count(ctx, c.conn, 100_000)
	case "million":
		return count(ctx, c.conn, 1_000_000)
	case "leave":
		return leave(ctx, c.conn)
	case "callback":
		return callback(ctx, c)
	case "visit":
		return visit(ctx, c)
	case "offer":
		return offer(ctx, c)
	case "missing":
		// The plugin is told of an id that nobody serves.
		err := c.conn.Invoke(ctx, "/probe.Probe/Visit", &number{Value: 4711}, &text{})
		return status.Convert(err).Message(), nil
	}
	return "", fmt.Errorf("unknown step %q", step)
}

// timed takes a step "name*count" and answers with the microseconds that each took.
func timed(step string, protocol plugin.ClientProtocol, c *connection) (string, error) {
	name, times, _ := strings.Cut(step, "*")
	count, err := strconv.Atoi(times)
	if err != nil {
		return "", err
	}
	start := time.Now()
	_, err = inTurn(name, times, protocol, c)
	return fmt.Sprint(time.Since(start).Microseconds() / int64(count)), err
}

// rate takes "bytes:in flight" and answers with the calls of one second.
func rate(arguments string, conn *grpc.ClientConn) (string, error) {
	var size, inFlight int
	if _, err := fmt.Sscanf(arguments, "%d:%d", &size, &inFlight); err != nil {
		return "", err
	}
	request := &text{Value: bytes.Repeat([]byte("x"), size)}
	var calls atomic.Int64
	failures := make(chan error, inFlight)
	start := time.Now()
	for i := 0; i < inFlight; i++ {
		go func() {
			for time.Since(start) < time.Second {
				if err := conn.Invoke(context.Background(), "/probe.Probe/Echo", request, &text{}); err != nil {
					failures <- err
					return
				}
				calls.Add(1)
			}
			failures <- nil
		}()
	}
	var err error
	for i := 0; i < inFlight; i++ {
		err = errors.Join(err, <-failures)
	}
	return fmt.Sprint(int64(float64(calls.Load()) / time.Since(start).Seconds())), err
}

// inTurn takes a step so many times, one after the other.
func inTurn(step, times string, protocol plugin.ClientProtocol, c *connection) (string, error) {
	count, err := strconv.Atoi(times)
	for i := 1; i <= count && err == nil; i++ {
		_, err = do(step, protocol, c)
		if err != nil {
			err = fmt.Errorf("%s %d: %w", step, i, err)
		}
	}
	return times, err
}

// atOnce takes a step so many times, all at the same time.
func atOnce(step, times string, protocol plugin.ClientProtocol, c *connection) (string, error) {
	count, err := strconv.Atoi(times)
	failures := make(chan error, count)
	for i := 0; i < count; i++ {
		go func() {
			_, err := do(step, protocol, c)
			failures <- err
		}()
	}
	for i := 0; i < count; i++ {
		err = errors.Join(err, <-failures)
	}
	return times, err
}

var total atomic.Int64

func kv(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	if err := conn.Invoke(ctx, "/proto.KV/Put", &text{TypeUrl: "colour", Value: []byte("blue")}, &emptypb.Empty{}); err != nil {
		return "", err
	}
	var reply value
	err := conn.Invoke(ctx, "/proto.KV/Get", &key{Value: "colour"}, &reply)
	return string(reply.Value), err
}

func count(ctx context.Context, conn *grpc.ClientConn, last int64) (string, error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/probe.Probe/Count")
	if err != nil {
		return "", err
	}
	if err := stream.SendMsg(&number{Value: last}); err != nil {
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

// leave takes a little of a stream that would go on for long, and then sees that the plugin goes on.
func leave(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	streaming, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(streaming, &grpc.StreamDesc{ServerStreams: true}, "/probe.Probe/Count")
	if err != nil {
		return "", err
	}
	if err := stream.SendMsg(&number{Value: 1_000_000_000}); err != nil {
		return "", err
	}
	var reply number
	for i := 0; i < 10; i++ {
		if err := stream.RecvMsg(&reply); err != nil {
			return "", err
		}
	}
	cancel()
	for err == nil {
		err = stream.RecvMsg(&reply)
	}
	return status.Code(err).String(), conn.Invoke(ctx, "/probe.Probe/Echo", &text{}, &text{})
}

func parseReattach(entry string) *plugin.ReattachConfig {
	var at struct {
		Protocol        string
		ProtocolVersion int
		Pid             int
		Test            bool
		Addr            struct{ Network, String string }
	}
	if err := json.Unmarshal([]byte(entry), &at); err != nil {
		panic(err)
	}
	return &plugin.ReattachConfig{
		Protocol:        plugin.Protocol(at.Protocol),
		ProtocolVersion: at.ProtocolVersion,
		Pid:             at.Pid,
		Test:            at.Test,
		Addr:            &net.UnixAddr{Net: at.Addr.Network, Name: at.Addr.String},
	}
}

type adder struct{}

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
	key := fmt.Sprint("total", total.Add(1))
	_, err := counter.Put(ctx, &proto.PutRequest{AddServer: id, Key: key, Value: 21})
	(<-started).Stop()
	if err != nil {
		return "", err
	}
	reply, err := counter.Get(ctx, &proto.GetRequest{Key: key})
	return fmt.Sprint(reply.GetValue()), err
}

// visited answers the visit of a plugin.
func visited(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	return &value{Value: []byte("at the host")}, decode(&key{})
}

// visit lets the plugin call a service of this host, and of no other message than that.
func visit(ctx context.Context, c *connection) (string, error) {
	id := c.broker.NextId()
	started := make(chan *grpc.Server, 1)
	go c.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		server.RegisterService(&grpc.ServiceDesc{
			ServiceName: "proto.KV",
			HandlerType: (*any)(nil),
			Methods:     []grpc.MethodDesc{{MethodName: "Get", Handler: visited}},
		}, nil)
		started <- server
		return server
	})
	var reply text
	err := c.conn.Invoke(ctx, "/probe.Probe/Visit", &number{Value: int64(id)}, &reply)
	(<-started).Stop()
	return reply.TypeUrl, err
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
