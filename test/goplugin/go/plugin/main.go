// Plugin serves through the broker and dials through it, as its host asks.
package main

import (
	"context"
	"os"
	"strconv"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Messages of the fixture's services, by well-known types that are the same on the wire.
type (
	text   = anypb.Any              // string 1, bytes 2: probe.Text
	number = wrapperspb.Int64Value  // int64 1
	key    = wrapperspb.StringValue // string 1
	value  = wrapperspb.BytesValue  // bytes 1
)

func main() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:         plugin.PluginSet{"fixture": fixture{}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}

type fixture struct{ plugin.NetRPCUnsupportedPlugin }

func (fixture) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	register(server, broker)
	return nil
}

func (fixture) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func register(server *grpc.Server, broker *plugin.GRPCBroker) {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "probe.Probe",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			unary("Echo", func(_ context.Context, request *text) (proto.Message, error) {
				return request, nil
			}),
			unary("Misbehave", func(_ context.Context, request *text) (proto.Message, error) {
				code, err := strconv.Atoi(request.TypeUrl)
				if err != nil {
					return nil, err
				}
				os.Exit(code)
				return nil, nil
			}),
			unary("Offer", func(context.Context, *text) (proto.Message, error) {
				id := broker.NextId()
				// go-plugin answers a knock before it listens: whoever is faster than that ends its server.
				listening := make(chan struct{})
				go broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
					offered := grpc.NewServer(options...)
					register(offered, broker)
					close(listening)
					return offered
				})
				<-listening
				return &number{Value: int64(id)}, nil
			}),
			unary("Visit", func(ctx context.Context, request *number) (proto.Message, error) {
				conn, err := broker.Dial(uint32(request.Value))
				if err != nil {
					return nil, err
				}
				defer conn.Close()
				var reply value
				if err := conn.Invoke(ctx, "/proto.KV/Get", &key{Value: "visit"}, &reply); err != nil {
					return nil, err
				}
				return &text{TypeUrl: string(reply.Value)}, nil
			}),
		},
		Streams: []grpc.StreamDesc{{StreamName: "Repeat", ServerStreams: true, Handler: repeat}},
	}, server)
}

// repeat answers with the data of the request, as many times as its text says.
func repeat(_ any, stream grpc.ServerStream) error {
	var request text
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	count, err := strconv.Atoi(request.TypeUrl)
	if err != nil {
		return err
	}
	for range count {
		if err := stream.SendMsg(&text{Value: request.Value}); err != nil {
			return err
		}
	}
	return nil
}

// unary describes a method without generated code.
func unary[Request any, Pointer interface {
	*Request
	proto.Message
}](name string, answer func(context.Context, Pointer) (proto.Message, error)) grpc.MethodDesc {
	return grpc.MethodDesc{
		MethodName: name,
		Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			request := Pointer(new(Request))
			if err := decode(request); err != nil {
				return nil, err
			}
			return answer(ctx, request)
		},
	}
}
