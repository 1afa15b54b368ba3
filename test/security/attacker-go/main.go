// Command attacker is a go-plugin plugin that attacks its host in the way that its first argument names; see ../attacks.ts.
// It is a key/value plugin: reading the key "attack" carries the attack out and returns, as JSON, what it gained.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/grpc/shared"
	"google.golang.org/grpc"
)

var attacks = map[string]func() []string{
	"kernel":        kernel,
	"reach":         reach,
	"processes":     forkBomb,
	"memory":        memoryBomb,
	"setuid-left":   setuidLeft,
	"links-swapped": linksSwapped,
	"disk-filled":   diskFilled,
	"signals":       signals,
	"engine-forged": engineForged,
	"knocks":        wait,
	"honest":        func() []string { return nil },
}

func main() {
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	if name == "sleep" {
		time.Sleep(time.Hour)
	}
	attack, known := attacks[name]
	if !known {
		fmt.Fprintf(os.Stderr, "there is no attack %q\n", name)
		os.Exit(64)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: shared.Handshake,
		Plugins:         map[string]plugin.Plugin{"kv": &shared.KVGRPCPlugin{Impl: &attacker{attack}}},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			if name == "knocks" {
				options = append(options, grpc.StreamInterceptor(knocks))
			}
			return grpc.NewServer(options...)
		},
	})
}

type attacker struct {
	attack func() []string
}

func (a *attacker) Put(key string, value []byte) error { return nil }

func (a *attacker) Get(key string) ([]byte, error) {
	if key != "attack" {
		return nil, errors.New("no value")
	}
	gained := a.attack()
	if gained == nil {
		gained = []string{}
	}
	return json.Marshal(gained)
}

// wait gives an attack on another stream its time.
func wait() []string {
	time.Sleep(6 * time.Second)
	return nil
}
