// A database plugin on Vault's own SDK that does what the statements of a request ask for. Its users are in memory and
// belong to one connection. Arguments: `single` serves one connection only (protocol 5); `redis` serves HashiCorp's
// plugin for Redis, which is published for one connection only, for several (protocol 6).
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	redis "github.com/hashicorp/vault-plugin-database-redis"
	"github.com/hashicorp/vault/sdk/database/dbplugin/v5"
	"github.com/hashicorp/vault/sdk/logical"
)

type database struct {
	mutex       sync.Mutex
	config      map[string]interface{}
	initialized int
	verified    bool
	users       map[string]bool
}

// closes counts the connections that were ended, of all databases.
var closes atomic.Int32

var (
	_ dbplugin.Database       = (*database)(nil)
	_ logical.PluginVersioner = (*database)(nil)
)

func main() {
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "single":
		dbplugin.Serve(newDatabase())
	case "redis":
		dbplugin.ServeMultiplex(redis.New)
	default:
		dbplugin.ServeMultiplex(func() (interface{}, error) { return newDatabase(), nil })
	}
}

func newDatabase() *database {
	return &database{users: map[string]bool{}}
}

func (d *database) Type() (string, error) { return "fixture", nil }

func (d *database) PluginVersion() logical.PluginVersion {
	return logical.PluginVersion{Version: "v1.2.3"}
}

func (d *database) Initialize(_ context.Context, request dbplugin.InitializeRequest) (dbplugin.InitializeResponse, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if refuse, ok := request.Config["refuse"].(string); ok {
		return dbplugin.InitializeResponse{}, fmt.Errorf("%s: %v", refuse, request.Config)
	}
	d.config = request.Config
	d.initialized++
	d.verified = request.VerifyConnection
	kept := map[string]interface{}{"kept": "by the plugin"}
	for name, value := range request.Config {
		kept[name] = value
	}
	response := dbplugin.InitializeResponse{Config: kept}
	if request.Config["all-types"] == true {
		response.SetSupportedCredentialTypes([]dbplugin.CredentialType{
			dbplugin.CredentialTypePassword, dbplugin.CredentialTypeRSAPrivateKey, dbplugin.CredentialTypeClientCertificate,
		})
	}
	return response, nil
}

func (d *database) NewUser(ctx context.Context, request dbplugin.NewUserRequest) (dbplugin.NewUserResponse, error) {
	if err := d.obey(ctx, request.Statements, request.Password, func() interface{} {
		return map[string]interface{}{
			"config":      d.config,
			"initialized": d.initialized,
			"verified":    d.verified,
			"closes":      closes.Load(),
			"display":     request.UsernameConfig.DisplayName,
			"role":        request.UsernameConfig.RoleName,
			"type":        request.CredentialType.String(),
			"password":    fmt.Sprintf("%x", sha256.Sum256([]byte(request.Password))),
			"public_key":  string(request.PublicKey),
			"subject":     request.Subject,
			"expiration":  written(request.Expiration),
			"statements":  request.Statements.Commands,
			"rollback":    request.RollbackStatements.Commands,
		}
	}); err != nil {
		return dbplugin.NewUserResponse{}, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	username := fmt.Sprintf("v-%s-%s-%d", request.UsernameConfig.DisplayName, request.UsernameConfig.RoleName, len(d.users))
	if len(request.Statements.Commands) == 1 && request.Statements.Commands[0] == "nameless" {
		username = ""
	}
	d.users[username] = true
	return dbplugin.NewUserResponse{Username: username}, nil
}

func (d *database) UpdateUser(ctx context.Context, request dbplugin.UpdateUserRequest) (dbplugin.UpdateUserResponse, error) {
	told := map[string]interface{}{"type": request.CredentialType.String()}
	var statements dbplugin.Statements
	password := ""
	if request.Password != nil {
		password = request.Password.NewPassword
		statements = request.Password.Statements
		told["password"] = fmt.Sprintf("%x", sha256.Sum256([]byte(password)))
	}
	if request.PublicKey != nil {
		statements = request.PublicKey.Statements
		told["public_key"] = string(request.PublicKey.NewPublicKey)
	}
	if request.Expiration != nil {
		statements = request.Expiration.Statements
		told["expiration"] = written(request.Expiration.NewExpiration)
	}
	if err := d.known(request.Username); err != nil {
		return dbplugin.UpdateUserResponse{}, err
	}
	return dbplugin.UpdateUserResponse{}, d.obey(ctx, statements, password, func() interface{} { return told })
}

func (d *database) DeleteUser(ctx context.Context, request dbplugin.DeleteUserRequest) (dbplugin.DeleteUserResponse, error) {
	if err := d.known(request.Username); err != nil {
		return dbplugin.DeleteUserResponse{}, err
	}
	if err := d.obey(ctx, request.Statements, "", func() interface{} { return request.Statements.Commands }); err != nil {
		return dbplugin.DeleteUserResponse{}, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	delete(d.users, request.Username)
	return dbplugin.DeleteUserResponse{}, nil
}

func (d *database) Close() error {
	closes.Add(1)
	return nil
}

func (d *database) known(username string) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if !d.users[username] {
		return fmt.Errorf("there is no user %s", username)
	}
	return nil
}

// obey does what the first statement says.
func (d *database) obey(ctx context.Context, statements dbplugin.Statements, password string, tell func() interface{}) error {
	if len(statements.Commands) == 0 {
		return nil
	}
	switch statements.Commands[0] {
	case "tell":
		text, err := json.Marshal(tell())
		if err != nil {
			return err
		}
		return errors.New(string(text))
	case "quote":
		return fmt.Errorf("syntax error near '%s' at %v", password, d.config["connection_url"])
	case "die":
		fmt.Fprintf(os.Stderr, "about to die with %s\n", password)
		os.Exit(9)
	case "wait":
		fmt.Fprintln(os.Stderr, "[INFO] waiting")
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func written(moment time.Time) string {
	if moment.IsZero() {
		return ""
	}
	return moment.UTC().Format(time.RFC3339Nano)
}
