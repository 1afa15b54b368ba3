// Launches a plugin in a container with HashiCorp's library, once for each line on stdin, and tells how long it took.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"github.com/hashicorp/go-secure-stdlib/plugincontainer"
)

// What the image's plugin runs as.
const group = 65532

func main() {
	image, runtime, directory, rootless := os.Args[1], os.Args[2], os.Args[3], os.Args[4] == "rootless"
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		begin := time.Now()
		client := start(image, runtime, directory, rootless)
		protocol, err := client.Client()
		if err == nil {
			err = protocol.Ping()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			client.Kill()
			os.Exit(1)
		}
		ready := time.Now()
		client.Kill()
		fmt.Printf("%.1f %.1f\n", milliseconds(ready.Sub(begin)), milliseconds(time.Since(ready)))
	}
}

func start(image, runtime, directory string, rootless bool) *plugin.Client {
	name, tag, _ := strings.Cut(image, ":")
	config := plugincontainer.Config{
		Image: name, Tag: tag, Runtime: runtime, GroupAdd: group, Rootless: rootless, DisableNetwork: true,
	}
	return plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:     plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"},
		Plugins:             plugin.PluginSet{},
		AllowedProtocols:    []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:            true,
		SkipHostEnv:         true,
		GRPCBrokerMultiplex: true,
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
