// A secrets engine on OpenBao's own SDK, which asks its host for what only OpenBao has: pages of lists, and transactions.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/openbao/openbao/sdk/v2/framework"
	"github.com/openbao/openbao/sdk/v2/logical"
	"github.com/openbao/openbao/sdk/v2/plugin"
)

func main() {
	err := plugin.ServeMultiplex(&plugin.ServeOpts{BackendFactoryFunc: factory})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type backend struct {
	*framework.Backend
	inSetup string
}

func factory(ctx context.Context, config *logical.BackendConfig) (logical.Backend, error) {
	b := &backend{}
	if config.StorageView != nil {
		_, transactional := config.StorageView.(logical.TransactionalStorage)
		keys, err := config.StorageView.ListPage(ctx, "", "", 1)
		put := config.StorageView.Put(ctx, &logical.StorageEntry{Key: "setup", Value: []byte("x")})
		b.inSetup = fmt.Sprintf("transactional %t, %d keys, error %v, put %v", transactional, len(keys), err, put)
	}
	text := &framework.FieldSchema{Type: framework.TypeString}
	b.Backend = &framework.Backend{
		Help:           "A plugin for tests.",
		BackendType:    logical.TypeLogical,
		RunningVersion: "v2.0.1",
		Paths: []*framework.Path{
			{
				Pattern: "about",
				Operations: map[logical.Operation]framework.OperationHandler{
					logical.ReadOperation: &framework.PathOperation{Callback: b.about},
				},
			},
			{
				Pattern: "transaction",
				Fields:  map[string]*framework.FieldSchema{"fail": {Type: framework.TypeBool}},
				Operations: map[logical.Operation]framework.OperationHandler{
					logical.UpdateOperation: &framework.PathOperation{Callback: b.transaction},
				},
			},
			{
				Pattern: "entry/" + framework.MatchAllRegex("key"),
				Fields: map[string]*framework.FieldSchema{
					"key": text, "value": text, "after": text, "limit": {Type: framework.TypeInt},
				},
				Operations: map[logical.Operation]framework.OperationHandler{
					logical.ReadOperation:   &framework.PathOperation{Callback: b.readEntry},
					logical.UpdateOperation: &framework.PathOperation{Callback: b.writeEntry},
					logical.DeleteOperation: &framework.PathOperation{Callback: b.deleteEntry},
					logical.ListOperation:   &framework.PathOperation{Callback: b.listEntries},
					logical.ScanOperation:   &framework.PathOperation{Callback: b.scanEntries},
				},
			},
		},
	}
	return b, b.Setup(ctx, config)
}

func (b *backend) about(_ context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	_, transactional := request.Storage.(logical.TransactionalStorage)
	environment := []string{}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "BAO_") || strings.HasPrefix(variable, "VAULT_") {
			environment = append(environment, variable)
		}
	}
	return &logical.Response{Data: map[string]interface{}{
		"in_setup": b.inSetup, "transactional": transactional, "environment": environment,
		"mlock": b.System().MlockEnabled(), "default_ttl": b.System().DefaultLeaseTTL().String(),
	}}, nil
}

// As OpenBao's own plugins do it: within a transaction where the storage has them, one after the other where it has none.
func (b *backend) transaction(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	return nil, logical.WithTransaction(ctx, request.Storage, func(storage logical.Storage) error {
		for _, key := range []string{"tx/1", "tx/2"} {
			if err := storage.Put(ctx, &logical.StorageEntry{Key: key, Value: []byte("x")}); err != nil {
				return err
			}
			if data.Get("fail").(bool) {
				return errors.New("given up between two writes")
			}
		}
		return nil
	})
}

func (b *backend) readEntry(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	entry, err := request.Storage.Get(ctx, data.Get("key").(string))
	if err != nil || entry == nil {
		return nil, err
	}
	return &logical.Response{Data: map[string]interface{}{"value": string(entry.Value)}}, nil
}

func (b *backend) writeEntry(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	entry := &logical.StorageEntry{Key: data.Get("key").(string), Value: []byte(data.Get("value").(string))}
	return nil, request.Storage.Put(ctx, entry)
}

func (b *backend) deleteEntry(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	return nil, request.Storage.Delete(ctx, data.Get("key").(string))
}

func (b *backend) listEntries(ctx context.Context, request *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	keys, err := request.Storage.ListPage(ctx, data.Get("key").(string), data.Get("after").(string), data.Get("limit").(int))
	if err != nil {
		return nil, err
	}
	return logical.ListResponse(keys), nil
}

func (b *backend) scanEntries(ctx context.Context, request *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	keys := []string{}
	err := logical.ScanView(ctx, request.Storage, func(key string) { keys = append(keys, key) })
	if err != nil {
		return nil, err
	}
	return logical.ListResponse(keys), nil
}
