package main

import (
	"fmt"
	"os"
	"os/exec"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
)

// knocks takes the place of the broker: it knocks as fast as it can, and never reads what it is answered.
func knocks(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if info.FullMethod != "/plugin.GRPCBroker/StartStream" {
		return handler(server, stream)
	}
	for id, end := uint64(1), time.Now().Add(6*time.Second); time.Now().Before(end); id++ {
		knock := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
		message := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), id)
		message = protowire.AppendBytes(protowire.AppendTag(message, 4, protowire.BytesType), knock)
		raw := &emptypb.Empty{}
		raw.ProtoReflect().SetUnknown(message)
		if err := stream.SendMsg(raw); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	return nil
}

// forkBomb starts processes until it can't, and no more than would show that there is no limit.
func forkBomb() []string {
	started := 0
	for ; started < 700; started++ {
		if err := exec.Command("/proc/self/exe", "sleep").Start(); err != nil {
			return nil
		}
	}
	return []string{fmt.Sprintf("%d processes", started)}
}

// memoryBomb takes memory until it is killed, and no more than would show that there is no limit.
func memoryBomb() []string {
	held := [][]byte{}
	for taken := 0; taken < 1200; taken += 64 {
		piece := make([]byte, 64<<20)
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		held = append(held, piece)
	}
	fmt.Fprintln(os.Stderr, len(held))
	return []string{"1200 MiB of memory"}
}
