/**
 * The kinds of plugins that well-known programs start with go-plugin, besides Vault's. Each fact is copied from the
 * source that the entry names, where the program itself or its software development kit declares it.
 */
import type { KindData } from './kind-data.ts';

export interface WellKnownKind extends KindData {
  /** What its plugins are, in a few words. */
  readonly what: string;
  /** Repository and file that declare the cookie and the versions. */
  readonly source: string;
  /** Why its plugins can't be run; absent where they can. */
  readonly refused?: string | undefined;
}

const netRpc = "its plugins speak Go's net/rpc, and Bulkhead speaks gRPC only";

/** go-plugin: every one of its examples has this cookie. */
const exampleCookie = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' } as const;

/** go-plugin: grpc_server.go registers gRPC's health service in every plugin in Go that speaks gRPC. */
const inGo = { probe: 'grpc-health', env: {} } as const;

/** What a plugin was configured with belongs to one user of it. */
const stateful = { ...inGo, sharing: 'never' } as const;

export const wellKnownKinds = {
  'terraform-provider': {
    what: 'providers of Terraform and OpenTofu (tfplugin5, tfplugin6)',
    magicCookieKey: 'TF_PLUGIN_MAGIC_COOKIE',
    magicCookieValue: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2',
    protocolVersions: [5, 6],
    ...stateful,
    source: 'hashicorp/terraform: internal/plugin/serve.go, internal/plugin6/serve.go',
  },
  'grafana-backend': {
    what: 'back ends of Grafana data sources, apps and panels (pluginv2)',
    magicCookieKey: 'grafana_plugin_type',
    magicCookieValue: 'datasource',
    protocolVersions: [2],
    ...inGo,
    // Each request of pluginv2 carries the instance that it is for (PluginContext).
    sharing: 'always',
    source:
      'grafana/grafana-plugin-sdk-go: backend/grpcplugin; grafana/grafana: pkg/plugins/backendplugin/grpcplugin/client.go',
  },
  velero: {
    what: 'plugins of Velero: object stores, volume snapshotters, actions',
    magicCookieKey: 'VELERO_PLUGIN',
    magicCookieValue: 'hello',
    protocolVersions: [2],
    ...stateful,
    source: 'vmware-tanzu/velero: pkg/plugin/framework/handshake.go, pkg/plugin/framework/server.go',
  },
  'tflint-ruleset': {
    what: 'rule sets of TFLint',
    magicCookieKey: 'TFLINT_RULESET_PLUGIN',
    magicCookieValue: '5adSn1bX8nrDfgBqiAqqEkC6OE1h3iD8SqbMc5UUONx8x3xCF0KlPDsBRNDjoYDP',
    protocolVersions: [10, 11],
    ...stateful,
    source: 'terraform-linters/tflint-plugin-sdk: plugin/internal/host2plugin/plugin.go',
  },
  'nomad-driver': {
    what: 'task drivers of Nomad',
    magicCookieKey: 'NOMAD_PLUGIN_MAGIC_COOKIE',
    magicCookieValue: 'e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255',
    protocolVersions: [1],
    ...stateful,
    source: 'hashicorp/nomad: plugins/base/plugin.go, plugins/drivers/plugin.go',
  },
  'nomad-device': {
    what: 'device plugins of Nomad',
    magicCookieKey: 'NOMAD_PLUGIN_MAGIC_COOKIE',
    magicCookieValue: 'e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255',
    protocolVersions: [1],
    ...stateful,
    source: 'hashicorp/nomad: plugins/base/plugin.go, plugins/device/plugin.go',
  },
  waypoint: {
    what: 'plugins of Waypoint: builders, registries, platforms, releases',
    magicCookieKey: 'WAYPOINT_PLUGIN',
    magicCookieValue: 'be6c1928786a4df0222c13eef44ac846da2c0d461d99addc93f804601c6b7205',
    protocolVersions: [1],
    ...stateful,
    source:
      'hashicorp/waypoint-plugin-sdk: internal/plugin/plugin.go, internal-shared/pluginclient/client.go',
  },
  boundary: {
    what: 'host and storage plugins of Boundary',
    magicCookieKey: 'HASHICORP_BOUNDARY_PLUGIN',
    magicCookieValue: 'boundary-plugin',
    protocolVersions: [1],
    ...stateful,
    source: 'hashicorp/boundary: sdk/plugins/plugin.go',
  },
  'consul-connect-ca': {
    what: "certificate authorities of Consul's service mesh",
    magicCookieKey: 'CONSUL_PLUGIN_MAGIC_COOKIE',
    magicCookieValue: 'f31f63b28fa82a3cdb30a6284cb1e50e3a13b7e60ba105a2c91219da319d216c',
    protocolVersions: [1],
    ...stateful,
    source: 'hashicorp/consul: agent/connect/ca/plugin/serve.go',
    refused: netRpc,
  },
  packer: {
    what: 'plugins of Packer: builders, provisioners, post-processors, data sources',
    magicCookieKey: 'PACKER_PLUGIN_MAGIC_COOKIE',
    magicCookieValue: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2',
    protocolVersions: [5],
    ...stateful,
    source: 'hashicorp/packer-plugin-sdk: plugin/server.go, rpc/server.go',
    refused: `${netRpc}; their handshake is not go-plugin's either`,
  },
  'example-basic': {
    what: "go-plugin's example basic",
    ...exampleCookie,
    protocolVersions: [1],
    ...stateful,
    source: 'hashicorp/go-plugin: examples/basic/main.go, examples/basic/plugin/greeter_impl.go',
    refused: netRpc,
  },
  'example-grpc': {
    what: "go-plugin's example grpc, a key/value store",
    ...exampleCookie,
    protocolVersions: [1],
    ...inGo,
    sharing: 'always',
    source: 'hashicorp/go-plugin: examples/grpc/shared/interface.go',
  },
  'example-bidirectional': {
    what: "go-plugin's example bidirectional, a counter that calls back",
    ...exampleCookie,
    protocolVersions: [1],
    ...inGo,
    sharing: 'always',
    source: 'hashicorp/go-plugin: examples/bidirectional/shared/interface.go',
  },
  'example-negotiated': {
    what: "go-plugin's example negotiated; its version 2 is for net/rpc",
    ...exampleCookie,
    protocolVersions: [3],
    ...inGo,
    sharing: 'always',
    source: 'hashicorp/go-plugin: examples/negotiated/plugin-go/main.go',
  },
  'example-streaming': {
    what: "go-plugin's example streaming",
    ...exampleCookie,
    protocolVersions: [1],
    ...inGo,
    sharing: 'always',
    source: 'hashicorp/go-plugin: examples/streaming/plugin/plugin.go',
  },
} as const satisfies Readonly<Record<string, WellKnownKind>>;

/** Returns the well-known kind of this name, if there is one. */
export function wellKnownKind(name: string): WellKnownKind | undefined {
  return Object.hasOwn(wellKnownKinds, name)
    ? (wellKnownKinds as Readonly<Record<string, WellKnownKind>>)[name]
    : undefined;
}

/** Where Vault and OpenBao declare the cookies and versions of their own kinds. */
export const vaultSources = {
  secret: 'hashicorp/vault: sdk/plugin/serve.go; OpenBao has the same',
  auth: 'hashicorp/vault: sdk/plugin/serve.go; OpenBao has the same',
  database: 'hashicorp/vault: sdk/database/dbplugin/v5/grpc_database_plugin.go; OpenBao has the same',
} as const;

/** The names of all kinds that are built in, Vault's first. */
export const builtInNames: readonly string[] = [...Object.keys(vaultSources), ...Object.keys(wellKnownKinds)];
