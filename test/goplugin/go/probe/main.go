// Probe is a plugin with a method of each kind, which misbehaves as it is told to. It builds with every go-plugin from
// 1.4 on: its messages are well-known types that are the same on the wire as those of probe.proto.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type (
	text   = anypb.Any             // string 1, bytes 2: probe.Text
	number = wrapperspb.Int64Value // int64 1: probe.Number
)

var logger = hclog.New(&hclog.LoggerOptions{Name: "probe", Level: hclog.Trace, Output: os.Stderr, JSONFormat: true})

type probePlugin struct{ plugin.NetRPCUnsupportedPlugin }

func (probePlugin) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	server.RegisterService(&service, struct{}{})
	return nil
}

func (probePlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (interface{}, error) {
	return nil, nil
}

func main() {
	config := &plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:         plugin.PluginSet{"probe": probePlugin{}},
		GRPCServer:      plugin.DefaultGRPCServer,
		Logger:          logger,
	}
	if os.Getenv("PROBE_LARGE") != "" {
		config.GRPCServer = func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))...)
		}
	}
	if os.Getenv("PROBE_TEST") != "" {
		serveForTest(config)
		return
	}
	plugin.Serve(config)
	if os.Getenv("PROBE_STAYS") != "" {
		logger.Info("asked to end, and staying")
		select {}
	}
}

// serveForTest prints where it serves, in the form of Terraform's TF_REATTACH_PROVIDERS, and ends with its stdin.
func serveForTest(config *plugin.ServeConfig) {
	ctx, cancel := context.WithCancel(context.Background())
	ready, closed := make(chan *plugin.ReattachConfig, 1), make(chan struct{})
	config.Test = &plugin.ServeTestConfig{Context: ctx, ReattachConfigCh: ready, CloseCh: closed}
	go plugin.Serve(config)
	at := <-ready
	line, _ := json.Marshal(map[string]interface{}{
		"Protocol": at.Protocol, "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": at.Test,
		"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
	})
	fmt.Println(string(line))
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	<-closed
}

var service = grpc.ServiceDesc{
	ServiceName: "probe.Probe",
	HandlerType: (*interface{})(nil),
	Methods: []grpc.MethodDesc{
		{MethodName: "Echo", Handler: unary(echo)},
		{MethodName: "Misbehave", Handler: unary(misbehave)},
	},
	Streams: []grpc.StreamDesc{
		{StreamName: "Count", Handler: count, ServerStreams: true},
		{StreamName: "Sum", Handler: sum, ClientStreams: true},
		{StreamName: "Double", Handler: double, ClientStreams: true, ServerStreams: true},
	},
}

func unary(answer func(context.Context, *text) (*text, error)) func(interface{}, context.Context, func(interface{}) error, grpc.UnaryServerInterceptor) (interface{}, error) {
	return func(_ interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		var request text
		if err := decode(&request); err != nil {
			return nil, err
		}
		return answer(ctx, &request)
	}
}

func echo(ctx context.Context, request *text) (*text, error) {
	switch request.TypeUrl {
	case "metadata":
		values, _ := metadata.FromIncomingContext(ctx)
		_ = grpc.SetHeader(ctx, metadata.Pairs("x-seen", "yes"))
		return &text{TypeUrl: strings.Join(values.Get("x-test"), "+"), Value: []byte(strings.Join(values.Get("x-test-bin"), "+"))}, nil
	case "deadline":
		deadline, ok := ctx.Deadline()
		return &text{TypeUrl: fmt.Sprint(ok, " ", time.Until(deadline).Milliseconds())}, nil
	}
	return request, nil
}

func misbehave(ctx context.Context, request *text) (*text, error) {
	switch request.TypeUrl {
	case "panic":
		var nothing map[string]int
		nothing["one"] = 1
	case "exit":
		fmt.Fprintln(os.Stderr, "the store is corrupt")
		os.Exit(7)
	case "hang":
		logger.Info("hanging")
		<-ctx.Done()
		logger.Info("the caller has left", "why", ctx.Err())
		return nil, ctx.Err()
	case "print":
		fmt.Println("printed")
		return request, nil
	}
	_ = grpc.SetTrailer(ctx, metadata.Pairs("reason-bin", "\x01\x02\x03"))
	refusal, err := status.New(codes.InvalidArgument, "what is "+request.TypeUrl+"? \u00e4\n").WithDetails(wrapperspb.String("a detail"))
	if err != nil {
		return nil, err
	}
	return nil, refusal.Err()
}

func count(_ interface{}, stream grpc.ServerStream) error {
	var request number
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	for value := int64(1); value <= request.Value; value++ {
		if err := stream.SendMsg(&number{Value: value}); err != nil {
			logger.Info("the stream was left", "at", value, "why", err)
			return err
		}
	}
	return nil
}

func sum(_ interface{}, stream grpc.ServerStream) error {
	var total int64
	for {
		var request number
		err := stream.RecvMsg(&request)
		if err == io.EOF {
			return stream.SendMsg(&number{Value: total})
		}
		if err != nil {
			return err
		}
		total += request.Value
	}
}

func double(_ interface{}, stream grpc.ServerStream) error {
	for {
		var request number
		err := stream.RecvMsg(&request)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.SendMsg(&number{Value: 2 * request.Value}); err != nil {
			return err
		}
	}
}
