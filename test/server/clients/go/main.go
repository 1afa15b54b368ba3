// Drives a server as HashiCorp's own Go client does, and writes what came of each step as a line of JSON: its value, or
// the client's typed error. The address and the token are those of the environment, as for every program on this client.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	vault "github.com/hashicorp/vault/api"
)

type line struct {
	Step  string   `json:"step"`
	Value any      `json:"value,omitempty"`
	Error *failure `json:"error,omitempty"`
}

type failure struct {
	Type   string   `json:"type"`
	Status int      `json:"status,omitempty"`
	Errors []string `json:"errors"`
}

func step(name string, work func() (any, error)) {
	value, err := work()
	said := line{Step: name, Value: value}
	if err != nil {
		said = line{Step: name, Error: &failure{Type: fmt.Sprintf("%T", err), Errors: []string{err.Error()}}}
		var answered *vault.ResponseError
		if errors.As(err, &answered) {
			said.Error = &failure{Type: fmt.Sprintf("%T", answered), Status: answered.StatusCode, Errors: answered.Errors}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		panic(err)
	}
}

func client(token string) *vault.Client {
	made, err := vault.NewClient(nil)
	if err != nil {
		panic(err)
	}
	made.SetMaxRetries(0) // a test counts each answer
	if token != "" {
		made.SetToken(token)
	}
	return made
}

func main() {
	ctx := context.Background()
	image, digest, ociRuntime := os.Getenv("TEST_IMAGE"), os.Getenv("TEST_SHA256"), os.Getenv("TEST_OCI_RUNTIME")
	name, path, runtime, version := "go-kv", "go", "go-runtime", "0.25.0"
	c := client("")
	sys, logical := c.Sys(), c.Logical()
	secrets := vault.PluginTypeSecrets
	container := vault.PluginRuntimeTypeContainer
	pin := "sys/plugins/pins/secret/" + name

	step("health", func() (any, error) {
		health, err := sys.Health()
		if err != nil {
			return nil, err
		}
		return map[string]any{"initialized": health.Initialized, "sealed": health.Sealed}, nil
	})
	step("sealed", func() (any, error) {
		status, err := sys.SealStatus()
		if err != nil {
			return nil, err
		}
		return status.Sealed, nil
	})
	step("token", func() (any, error) {
		self, err := c.Auth().Token().LookupSelf()
		if err != nil {
			return nil, err
		}
		_, err = self.TokenTTL()
		return self.Data["path"] != nil && self.Data["policies"] != nil, err
	})

	step("register runtime", func() (any, error) {
		return nil, sys.RegisterPluginRuntime(ctx, &vault.RegisterPluginRuntimeInput{
			Type: container, Name: runtime, OCIRuntime: ociRuntime, Memory: 256 << 20,
		})
	})
	step("read runtime", func() (any, error) {
		return sys.GetPluginRuntime(ctx, &vault.GetPluginRuntimeInput{Type: container, Name: runtime})
	})
	step("list runtimes", func() (any, error) {
		listed, err := sys.ListPluginRuntimes(ctx, &vault.ListPluginRuntimesInput{Type: container})
		if err != nil {
			return nil, err
		}
		for _, each := range listed.Runtimes {
			if each.Name == runtime {
				return each, nil
			}
		}
		return nil, nil
	})

	step("register plugin", func() (any, error) {
		said, err := sys.RegisterPluginDetailed(&vault.RegisterPluginInput{
			Type: secrets, Name: name, OCIImage: image, SHA256: digest, Version: version, Runtime: runtime,
		})
		if err != nil || len(said.Warnings) == 0 {
			return nil, err
		}
		return said.Warnings, nil
	})
	step("read plugin", func() (any, error) {
		return sys.GetPlugin(&vault.GetPluginInput{Type: secrets, Name: name, Version: version})
	})
	step("list plugins", func() (any, error) {
		listed, err := sys.ListPlugins(&vault.ListPluginsInput{Type: secrets})
		if err != nil {
			return nil, err
		}
		for _, each := range listed.Details {
			if each.Name == name {
				return map[string]any{"named": listed.PluginsByType[secrets], "detail": each}, nil
			}
		}
		return nil, nil
	})
	step("list plugins by type", func() (any, error) { return data(logical.List("sys/plugins/catalog/secret")) })
	step("list all plugins", func() (any, error) {
		listed, err := sys.ListPlugins(&vault.ListPluginsInput{})
		if err != nil {
			return nil, err
		}
		return len(listed.PluginsByType), nil
	})

	step("pin", func() (any, error) { return data(logical.Write(pin, map[string]any{"version": version})) })
	step("read pin", func() (any, error) { return data(logical.Read(pin)) })
	step("list pins", func() (any, error) { return data(logical.Read("sys/plugins/pins")) })

	step("enable", func() (any, error) {
		return nil, sys.Mount(path, &vault.MountInput{Type: name, Description: "of the Go client"})
	})
	step("read mount", func() (any, error) {
		mount, err := sys.GetMount(path)
		if err != nil {
			return nil, err
		}
		return map[string]any{"type": mount.Type, "description": mount.Description, "plugin_version": mount.PluginVersion,
			"running_plugin_version": mount.RunningVersion, "running_sha256": mount.RunningSha256}, nil
	})
	step("list mounts", func() (any, error) {
		mounts, err := sys.ListMounts()
		if err != nil || mounts[path+"/"] == nil {
			return nil, err
		}
		return mounts[path+"/"].Type, nil
	})
	step("tune", func() (any, error) {
		return nil, sys.TuneMount(path, vault.MountConfigInput{DefaultLeaseTTL: "1h", MaxLeaseTTL: "2h"})
	})
	step("read tuning", func() (any, error) {
		tuned, err := sys.MountConfig(path)
		if err != nil {
			return nil, err
		}
		return []int{tuned.DefaultLeaseTTL, tuned.MaxLeaseTTL}, nil
	})

	step("write", func() (any, error) { return data(logical.Write(path+"/greeting", map[string]any{"word": "hello", "count": 3})) })
	step("read", func() (any, error) { return data(logical.Read(path + "/greeting")) })
	step("write below a folder", func() (any, error) { return data(logical.Write(path+"/folder/with space", map[string]any{"word": "ü"})) })
	step("list", func() (any, error) { return data(logical.List(path)) })
	step("read of nothing", func() (any, error) { return data(logical.Read(path + "/nothing")) })
	step("list of nothing", func() (any, error) { return data(logical.List(path + "/nothing")) })
	step("kv get", func() (any, error) {
		secret, err := c.KVv1(path).Get(ctx, "folder/with space")
		if err != nil {
			return nil, err
		}
		return secret.Data, nil
	})
	step("kv get of nothing", func() (any, error) {
		_, err := c.KVv1(path).Get(ctx, "nothing")
		return errors.Is(err, vault.ErrSecretNotFound), nil
	})

	step("reload plugin", func() (any, error) {
		id, err := sys.RootReloadPlugin(ctx, &vault.RootReloadPluginInput{Type: secrets, Plugin: name, Scope: "global"})
		return id != "", err
	})
	step("reload mounts", func() (any, error) {
		_, err := sys.ReloadPlugin(&vault.ReloadPluginInput{Mounts: []string{path + "/"}})
		return nil, err
	})
	step("read after reload", func() (any, error) { return data(logical.Read(path + "/greeting")) })

	step("error: no token", func() (any, error) {
		stranger := client("")
		stranger.ClearToken()
		return stranger.Sys().ListMounts()
	})
	step("error: wrong token", func() (any, error) { return client("hvs.wrong").Sys().ListMounts() })
	step("error: narrow token", func() (any, error) {
		return nil, client(os.Getenv("TEST_NARROW_TOKEN")).Sys().Unmount(path)
	})
	step("error: unknown plugin", func() (any, error) {
		return sys.GetPlugin(&vault.GetPluginInput{Type: secrets, Name: "nobody"})
	})
	step("error: unknown runtime", func() (any, error) {
		return sys.GetPluginRuntime(ctx, &vault.GetPluginRuntimeInput{Type: container, Name: "nobody"})
	})
	step("error: bad digest", func() (any, error) {
		return nil, sys.RegisterPlugin(&vault.RegisterPluginInput{Type: secrets, Name: "bad", OCIImage: image, SHA256: "zz"})
	})
	step("error: enable of an unknown plugin", func() (any, error) {
		return nil, sys.Mount("other", &vault.MountInput{Type: "nobody"})
	})
	step("error: path in use", func() (any, error) { return nil, sys.Mount(path, &vault.MountInput{Type: name}) })
	step("error: runtime in use", func() (any, error) {
		return nil, sys.DeregisterPluginRuntime(ctx, &vault.DeregisterPluginRuntimeInput{Type: container, Name: runtime})
	})
	step("error: pinned", func() (any, error) {
		return nil, sys.DeregisterPlugin(&vault.DeregisterPluginInput{Type: secrets, Name: name, Version: version})
	})
	step("error: negative memory", func() (any, error) {
		return nil, sys.RegisterPluginRuntime(ctx, &vault.RegisterPluginRuntimeInput{Type: container, Name: "neg", Memory: -1})
	})
	step("error: reload of nothing", func() (any, error) {
		_, err := sys.ReloadPlugin(&vault.ReloadPluginInput{Mounts: []string{"nowhere/"}})
		return nil, err
	})
	step("error: no mount", func() (any, error) { return data(logical.Write("nowhere/x", map[string]any{"a": "b"})) })
	step("error: unknown lease", func() (any, error) { return data(sys.Renew("go/greeting/nothing", 10)) })

	step("delete", func() (any, error) { return data(logical.Delete(path + "/greeting")) })
	step("read after delete", func() (any, error) { return data(logical.Read(path + "/greeting")) })
	step("disable", func() (any, error) { return nil, sys.Unmount(path) })
	step("unpin", func() (any, error) { return data(logical.Delete(pin)) })
	step("deregister plugin", func() (any, error) {
		return nil, sys.DeregisterPlugin(&vault.DeregisterPluginInput{Type: secrets, Name: name, Version: version})
	})
	step("deregister runtime", func() (any, error) {
		return nil, sys.DeregisterPluginRuntime(ctx, &vault.DeregisterPluginRuntimeInput{Type: container, Name: runtime})
	})
	step("what is left", func() (any, error) {
		mounts, err := sys.ListMounts()
		if err != nil {
			return nil, err
		}
		listed, err := sys.ListPlugins(&vault.ListPluginsInput{})
		if err != nil {
			return nil, err
		}
		for _, each := range listed.Details {
			if each.Name == name {
				return name, nil
			}
		}
		return mounts[path+"/"] != nil, nil
	})
}

func data(secret *vault.Secret, err error) (any, error) {
	if err != nil || secret == nil || secret.Data == nil {
		return nil, err
	}
	return secret.Data, nil
}
