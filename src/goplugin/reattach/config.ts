/**
 * Where a running plugin can be found again (go-plugin: client.go, ReattachConfig), and the JSON in which programs in
 * Go pass that to each other, as Terraform does in `TF_REATTACH_PROVIDERS`. Pure.
 */
import { InvalidOptionError } from '../../errors.ts';
import {
  checkShape,
  filledText,
  flag,
  oneOf,
  required,
  shapeOf,
  wholeNumber as wholeNumberFrom,
} from '../../settings/option-shape.ts';
import type { PluginAddress } from '../runner.ts';

export interface ReattachConfig {
  readonly protocol: 'grpc';
  /** 0 when the writer did not know it. */
  readonly protocolVersion: number;
  /** Address as the host reaches it. */
  readonly address: PluginAddress;
  /** Process id; `undefined` where the plugin is not a process of this machine, such as in a container. */
  readonly pid: number | undefined;
  /** True when another program started the plugin for tests; then it is not ended with this host. */
  readonly test: boolean;
}

/** Checks a configuration that was made here or by `parseReattachConfig`. */
export const reattachConfig = shapeOf<ReattachConfig>({
  protocol: required(oneOf('grpc')),
  protocolVersion: required(wholeNumberFrom(0)),
  address: required(
    shapeOf<PluginAddress>({ network: required(oneOf('unix', 'tcp')), address: required(filledText) }),
  ),
  pid: wholeNumberFrom(1),
  test: required(flag),
});

/** One plugin's entry, in Go's names: `{"Protocol":"grpc","ProtocolVersion":5,"Pid":7,"Test":true,"Addr":{...}}`. */
export function formatReattachConfig(config: ReattachConfig): string {
  checkShape('formatReattachConfig', required(reattachConfig), config);
  const { protocol, protocolVersion, address, pid, test } = config;
  return JSON.stringify({
    Protocol: protocol,
    ProtocolVersion: protocolVersion,
    Pid: pid ?? 0,
    Test: test,
    Addr: { Network: address.network, String: address.address },
  });
}

/**
 * Reads one plugin's entry, given as JSON or as parsed by `JSON.parse`.
 *
 * ```ts
 * const providers = JSON.parse(process.env['TF_REATTACH_PROVIDERS'] ?? '{}');
 * const config = parseReattachConfig(providers['registry.example/acme/things']);
 * ```
 *
 * @throws InvalidOptionError when it is not an entry, or the plugin does not speak gRPC
 */
export function parseReattachConfig(entry: unknown): ReattachConfig {
  const fields = asRecord(typeof entry === 'string' ? parsed(entry) : entry, 'reattach');
  const address = asRecord(fields['Addr'], 'reattach.Addr');
  const { Network: network, String: path } = address;
  if (fields['Protocol'] !== 'grpc') {
    throw new InvalidOptionError(
      'reattach.Protocol',
      `is ${JSON.stringify(fields['Protocol'])}, not "grpc"`,
      {
        hint: "Only Go programs can speak Go's net/rpc, which a missing protocol means.",
      },
    );
  }
  if ((network !== 'unix' && network !== 'tcp') || typeof path !== 'string' || path === '') {
    throw new InvalidOptionError('reattach.Addr', 'must have a Network, "unix" or "tcp", and a String');
  }
  return {
    protocol: 'grpc',
    protocolVersion: wholeNumber(fields['ProtocolVersion'] ?? 0, 'reattach.ProtocolVersion'),
    address: { network, address: path },
    pid: wholeNumber(fields['Pid'] ?? 0, 'reattach.Pid') || undefined,
    test: fields['Test'] === true,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidOptionError('reattach', 'is not JSON');
  }
}

function asRecord(value: unknown, option: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new InvalidOptionError(option, 'must be an object');
}

function wholeNumber(value: unknown, option: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidOptionError(option, `${JSON.stringify(value)} is not a whole number from 0 up`);
}
