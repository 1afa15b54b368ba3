// Command tls is a go-plugin plugin that needs data which no program carries with it. The key "tls" is answered with
// the outcome of a TLS handshake with a server of its own, whose certificate and key SERVER_PEM holds; the key "zone"
// with the offset of a time zone.
package main

import (
	"crypto/tls"
	"errors"
	"os"
	"time"

	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/grpc/shared"
)

func main() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: shared.Handshake,
		Plugins:         map[string]plugin.Plugin{"kv": &shared.KVGRPCPlugin{Impl: answers{}}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}

type answers struct{}

func (answers) Put(string, []byte) error { return errors.New("nothing is kept") }

func (answers) Get(key string) ([]byte, error) {
	switch key {
	case "tls":
		return []byte(handshake()), nil
	case "zone":
		return []byte(zone()), nil
	}
	return nil, errors.New("no value for " + key)
}

func handshake() string {
	pem := []byte(os.Getenv("SERVER_PEM"))
	certificate, err := tls.X509KeyPair(pem, pem)
	if err != nil {
		return err.Error()
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return err.Error()
	}
	defer listener.Close()
	go func() {
		connection, err := listener.Accept()
		if err == nil {
			_ = connection.(*tls.Conn).Handshake()
			connection.Close()
		}
	}()
	client, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{ServerName: "localhost"})
	if err != nil {
		return err.Error()
	}
	client.Close()
	return "verified"
}

func zone() string {
	location, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		return err.Error()
	}
	return time.Unix(0, 0).In(location).Format("-07:00")
}
