// A secrets engine and auth method on Vault's own SDK, whose paths do what a test asks for. BackendType follows from the
// argument: `auth`, or nothing for a secrets engine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/helper/pluginutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin"
	"github.com/hashicorp/vault/sdk/rotation"
)

type backend struct {
	*framework.Backend
	logger hclog.Logger
	mutex  sync.Mutex
	cache  map[string]string
}

func main() {
	err := plugin.ServeMultiplex(&plugin.ServeOpts{BackendFactoryFunc: factory})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func factory(ctx context.Context, config *logical.BackendConfig) (logical.Backend, error) {
	if config == nil {
		return nil, errors.New("no configuration")
	}
	if config.Config["refuse"] != "" {
		return nil, errors.New(config.Config["refuse"])
	}
	if config.Config["hang"] != "" {
		time.Sleep(time.Hour)
	}
	if config.Config["write-in-setup"] != "" {
		if _, err := config.StorageView.List(ctx, ""); err != nil {
			return nil, fmt.Errorf("list in setup: %w", err)
		}
		if err := config.StorageView.Put(ctx, &logical.StorageEntry{Key: "setup", Value: []byte("x")}); err != nil {
			return nil, fmt.Errorf("put in setup: %w", err)
		}
	}
	b := &backend{logger: config.Logger, cache: map[string]string{}}
	kind := logical.TypeLogical
	if len(os.Args) > 1 && os.Args[1] == "auth" {
		kind = logical.TypeCredential
	}
	b.Backend = &framework.Backend{
		Help:           "A plugin for tests.",
		BackendType:    kind,
		RunningVersion: "v1.2.3",
		PathsSpecial: &logical.Paths{
			Unauthenticated: []string{"login", "open/*"},
			Root:            []string{"root/*"},
			SealWrapStorage: []string{"sealed/"},
		},
		AuthRenew: b.renewLogin,
		Secrets: []*framework.Secret{{
			Type:   "creds",
			Fields: map[string]*framework.FieldSchema{"user": {Type: framework.TypeString}},
			Renew:  b.renew,
			Revoke: b.revoke,
		}},
		PeriodicFunc:   b.periodic,
		Invalidate:     b.invalidate,
		Clean:          b.clean(config.StorageView),
		InitializeFunc: b.initialize(config.Config["refuse-initialize"]),
		Paths: []*framework.Path{
			b.read("creds", b.creds, map[string]*framework.FieldSchema{
				"ttl_ms":    {Type: framework.TypeInt},
				"max_ms":    {Type: framework.TypeInt},
				"fixed":     {Type: framework.TypeBool},
				"unhealthy": {Type: framework.TypeString},
			}),
			b.read("fail/"+framework.GenericNameRegex("how"), b.fail, map[string]*framework.FieldSchema{"how": {Type: framework.TypeString}}),
			b.read("raw", b.raw, nil),
			b.read("numbers", b.numbers, nil),
			b.read("request", b.request, nil),
			b.read("open/request", b.request, nil),
			b.read("system", b.system, nil),
			b.read("die", func(context.Context, *logical.Request, *framework.FieldData) (*logical.Response, error) {
				os.Exit(9)
				return nil, nil
			}, nil),
			b.read("wrap", b.wrap, nil),
			b.read("rotation", b.rotation, nil),
			b.read("event", b.event, nil),
			{
				Pattern: "login",
				Fields: map[string]*framework.FieldSchema{
					"user":   {Type: framework.TypeString},
					"ttl_ms": {Type: framework.TypeInt},
				},
				Operations: map[logical.Operation]framework.OperationHandler{
					logical.UpdateOperation: &framework.PathOperation{Callback: b.login},
				},
			},
			{
				Pattern: "entry/(?P<key>.+)",
				Fields: map[string]*framework.FieldSchema{
					"key":   {Type: framework.TypeString},
					"value": {Type: framework.TypeString},
				},
				ExistenceCheck: b.exists,
				Operations: map[logical.Operation]framework.OperationHandler{
					logical.ReadOperation:   &framework.PathOperation{Callback: b.readEntry},
					logical.CreateOperation: &framework.PathOperation{Callback: b.writeEntry},
					logical.UpdateOperation: &framework.PathOperation{Callback: b.writeEntry},
					logical.DeleteOperation: &framework.PathOperation{Callback: b.deleteEntry},
				},
			},
			{
				Pattern: "list/(?P<prefix>.*)",
				Fields:  map[string]*framework.FieldSchema{"prefix": {Type: framework.TypeString}},
				Operations: map[logical.Operation]framework.OperationHandler{
					logical.ListOperation: &framework.PathOperation{Callback: b.list},
				},
			},
		},
	}
	return b, b.Setup(ctx, config)
}

func (b *backend) read(pattern string, callback framework.OperationFunc, fields map[string]*framework.FieldSchema) *framework.Path {
	return &framework.Path{
		Pattern: pattern,
		Fields:  fields,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: callback},
		},
	}
}

func count(ctx context.Context, storage logical.Storage, key string) error {
	entry, err := storage.Get(ctx, key)
	if err != nil {
		return err
	}
	number := 0
	if entry != nil {
		fmt.Sscan(string(entry.Value), &number)
	}
	return storage.Put(ctx, &logical.StorageEntry{Key: key, Value: []byte(fmt.Sprint(number + 1))})
}

func (b *backend) initialize(refusal string) framework.InitializeFunc {
	return func(ctx context.Context, request *logical.InitializationRequest) error {
		if refusal != "" {
			return errors.New(refusal)
		}
		return count(ctx, request.Storage, "initialized")
	}
}

func (b *backend) periodic(ctx context.Context, request *logical.Request) error {
	return count(ctx, request.Storage, "periodic")
}

func (b *backend) invalidate(_ context.Context, key string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	delete(b.cache, key)
}

// After Cleanup the plugin still tries to read and to write.
func (b *backend) clean(storage logical.Storage) framework.CleanupFunc {
	return func(ctx context.Context) {
		if storage == nil {
			return
		}
		_ = count(ctx, storage, "cleaned")
		go func() {
			for {
				err := storage.Put(context.Background(), &logical.StorageEntry{Key: "late", Value: []byte("x")})
				if err != nil {
					b.logger.Warn("late put refused", "error", err)
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
	}
}

func (b *backend) exists(ctx context.Context, request *logical.Request, data *framework.FieldData) (bool, error) {
	entry, err := request.Storage.Get(ctx, data.Get("key").(string))
	return entry != nil, err
}

// Entries are cached until they are invalidated.
func (b *backend) readEntry(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	key := data.Get("key").(string)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	value, cached := b.cache[key]
	if !cached {
		entry, err := request.Storage.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		if entry == nil {
			return nil, nil
		}
		value = string(entry.Value)
		b.cache[key] = value
	}
	return &logical.Response{Data: map[string]interface{}{"value": value, "cached": cached}}, nil
}

func (b *backend) writeEntry(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	key, value := data.Get("key").(string), data.Get("value").(string)
	if err := request.Storage.Put(ctx, &logical.StorageEntry{Key: key, Value: []byte(value)}); err != nil {
		return nil, err
	}
	b.mutex.Lock()
	b.cache[key] = value
	b.mutex.Unlock()
	return &logical.Response{Data: map[string]interface{}{"operation": string(request.Operation)}}, nil
}

func (b *backend) deleteEntry(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	key := data.Get("key").(string)
	b.mutex.Lock()
	delete(b.cache, key)
	b.mutex.Unlock()
	return nil, request.Storage.Delete(ctx, key)
}

func (b *backend) list(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	keys, err := request.Storage.List(ctx, data.Get("prefix").(string))
	if err != nil {
		return nil, err
	}
	return logical.ListResponse(keys), nil
}

func (b *backend) creds(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	if err := count(ctx, request.Storage, "created"); err != nil {
		return nil, err
	}
	response := b.Secret("creds").Response(
		map[string]interface{}{"user": "u"},
		map[string]interface{}{"user": "u", "unhealthy": data.Get("unhealthy").(string)},
	)
	response.Secret.TTL = time.Duration(data.Get("ttl_ms").(int)) * time.Millisecond
	response.Secret.MaxTTL = time.Duration(data.Get("max_ms").(int)) * time.Millisecond
	response.Secret.Renewable = !data.Get("fixed").(bool)
	return response, nil
}

func (b *backend) renew(ctx context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	if err := count(ctx, request.Storage, "renewed"); err != nil {
		return nil, err
	}
	response := &logical.Response{Secret: request.Secret}
	response.Secret.TTL = request.Secret.Increment
	return response, nil
}

func (b *backend) revoke(ctx context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	if why, _ := request.Secret.InternalData["unhealthy"].(string); why != "" {
		return nil, errors.New(why)
	}
	if request.Secret.InternalData["user"] != "u" {
		return nil, fmt.Errorf("unknown user in %v", request.Secret.InternalData)
	}
	return nil, count(ctx, request.Storage, "revoked")
}

func (b *backend) fail(_ context.Context, _ *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	switch data.Get("how").(string) {
	case "denied":
		return nil, logical.ErrPermissionDenied
	case "coded":
		return nil, logical.CodedError(http.StatusTooManyRequests, "slow down")
	case "invalid":
		return nil, logical.ErrInvalidRequest
	case "bad":
		return nil, &logical.StatusBadRequest{Err: "bad words"}
	case "response":
		return logical.ErrorResponse("no such thing"), nil
	case "both":
		return logical.ErrorResponse("it is your fault"), logical.ErrInvalidRequest
	case "operation":
		return nil, logical.ErrUnsupportedOperation
	case "panic":
		panic("the plugin has panicked")
	}
	return nil, errors.New("something broke")
}

func (b *backend) raw(context.Context, *logical.Request, *framework.FieldData) (*logical.Response, error) {
	return &logical.Response{Data: map[string]interface{}{
		logical.HTTPContentType: "application/octet-stream",
		logical.HTTPRawBody:     []byte{0, 1, 255},
		logical.HTTPStatusCode:  http.StatusTeapot,
	}}, nil
}

func (b *backend) numbers(context.Context, *logical.Request, *framework.FieldData) (*logical.Response, error) {
	return &logical.Response{Data: map[string]interface{}{
		"max": int64(math.MaxInt64), "min": int64(math.MinInt64), "unsigned": uint64(math.MaxUint64), "small": 7,
	}}, nil
}

// What the plugin has got of the request.
func (b *backend) request(_ context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	text, err := json.Marshal(map[string]interface{}{
		"id": request.ID, "operation": request.Operation, "path": request.Path, "data": request.Data,
		"display_name": request.DisplayName, "entity_id": request.EntityID, "client_token": request.ClientToken,
		"mount_point": request.MountPoint, "mount_type": request.MountType, "mount_accessor": request.MountAccessor,
		"unauthenticated": request.Unauthenticated, "headers": request.Headers, "connection": request.Connection,
		"wrap_info": request.WrapInfo,
	})
	return &logical.Response{Data: map[string]interface{}{"request": string(text)}}, err
}

func (b *backend) system(ctx context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	view := b.System()
	answers := map[string]interface{}{
		"default_ttl": view.DefaultLeaseTTL().String(), "max_ttl": view.MaxLeaseTTL().String(), "tainted": view.Tainted(),
		"caching_disabled": view.CachingDisabled(), "local": view.LocalMount(), "mlock": view.MlockEnabled(),
		"replication": uint32(view.ReplicationState()),
	}
	if entity, err := view.EntityInfo("e1"); err != nil {
		answers["entity_error"] = err.Error()
	} else if entity != nil {
		answers["entity"] = entity.Name
	}
	if groups, err := view.GroupsForEntity("e1"); err == nil && len(groups) > 0 {
		answers["group"] = groups[0].Name
	}
	if env, err := view.PluginEnv(ctx); err == nil {
		answers["version"] = env.VaultVersion
	}
	if password, err := view.GeneratePasswordFromPolicy(ctx, "short"); err == nil {
		answers["password"] = password
	}
	if _, err := view.GeneratePasswordFromPolicy(ctx, "unknown"); err != nil {
		answers["no_policy"] = err.Error()
	}
	if cluster, err := view.ClusterID(ctx); err == nil {
		answers["cluster"] = cluster
	}
	names := []string{}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "VAULT_") || strings.HasPrefix(variable, "BAO_") {
			names = append(names, variable)
		}
	}
	answers["env"] = names
	return &logical.Response{Data: answers}, nil
}

// Vault's plugins do this when they are configured.
func (b *backend) rotation(ctx context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	answers := map[string]interface{}{}
	deregister := &rotation.RotationJobDeregisterRequest{MountPoint: request.MountPoint, ReqPath: request.Path}
	if err := b.System().DeregisterRotationJob(ctx, deregister); err != nil {
		return nil, err
	}
	if _, err := b.System().RegisterRotationJob(ctx, &rotation.RotationJobConfigureRequest{Name: "job"}); err != nil {
		answers["register"] = err.Error()
	}
	if _, err := b.System().GenerateIdentityToken(ctx, &pluginutil.IdentityTokenRequest{Audience: "a"}); err != nil {
		answers["identity"] = err.Error()
	}
	return &logical.Response{Data: answers}, nil
}

func (b *backend) wrap(_ context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	response := &logical.Response{Data: map[string]interface{}{"secret": "s"}, Warnings: []string{"careful"}}
	if request.WrapInfo != nil {
		response.Data["asked"] = request.WrapInfo.TTL.String()
	}
	return response, nil
}

func (b *backend) event(ctx context.Context, _ *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	return nil, logical.SendEvent(ctx, b, "test/happened", "key", "value")
}

func (b *backend) login(_ context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	user := data.Get("user").(string)
	if user == "" {
		return nil, logical.ErrPermissionDenied
	}
	return &logical.Response{Auth: &logical.Auth{
		DisplayName:  user,
		Policies:     []string{"p1", "p2"},
		Metadata:     map[string]string{"user": user},
		Alias:        &logical.Alias{Name: user},
		GroupAliases: []*logical.Alias{{Name: "group"}},
		InternalData: map[string]interface{}{"user": user},
		Period:       time.Hour,
		NumUses:      3,
		LeaseOptions: logical.LeaseOptions{
			TTL: time.Duration(data.Get("ttl_ms").(int)) * time.Millisecond, MaxTTL: time.Hour, Renewable: true,
		},
	}}, nil
}

func (b *backend) renewLogin(_ context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	if request.Unauthenticated {
		return nil, errors.New("a renewal is no request without a token")
	}
	if request.Auth.InternalData["user"] != request.Auth.Alias.Name {
		return nil, errors.New("not the same user")
	}
	response := &logical.Response{Auth: request.Auth}
	response.Auth.TTL = request.Auth.Increment
	return response, nil
}
