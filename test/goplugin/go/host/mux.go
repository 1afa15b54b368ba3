package main

import (
	"reflect"

	"github.com/hashicorp/go-plugin"
)

// setMultiplex asks for multiplexing where this go-plugin has it: from 1.6 on.
func setMultiplex(config *plugin.ClientConfig, on bool) {
	if field := reflect.ValueOf(config).Elem().FieldByName("GRPCBrokerMultiplex"); field.IsValid() {
		field.SetBool(on)
	}
}
