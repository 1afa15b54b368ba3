/**
 * The line with which a plugin says where and how it serves: `1|5|unix|/tmp/plugin123|grpc|CERTIFICATE|true`. Pure.
 * Rules as in go-plugin: client.go and server.go.
 */
import { BulkheadError, nameErrorClass, type ErrorCode } from '../../errors.ts';
import { boundedText } from '../../foreign-text.ts';
import {
  checkArgument,
  checkShape,
  filledText,
  flag,
  listOf,
  oneOf,
  required,
  shapeOf,
  that,
  wholeNumber,
} from '../../settings/option-shape.ts';
import type { PluginAddress } from '../runner.ts';
import { decodeCertificateField, encodeCertificateField } from './certificate-field.ts';

/** The only version of go-plugin's own protocol that exists. */
export const coreProtocolVersion = 1;

/** Longer first lines are not a handshake, and are not kept in memory (go-plugin: bufio.Scanner's limit). */
export const longestHandshakeLine = 64 * 1024;

export interface HandshakeLine extends PluginAddress {
  readonly protocolVersion: number;
  /** DER of the plugin's certificate; present exactly when AutoMTLS was asked for. */
  readonly certificateDer: Buffer | undefined;
  /** Whether the plugin supports multiplexing; `undefined` when it says nothing, as plugins before 1.6 do. */
  readonly multiplexing: boolean | undefined;
}

/** What the host asked for, which determines what the line must say. */
export interface HandshakeExpectations {
  readonly protocolVersions: readonly number[];
  readonly autoMtls: boolean;
  /** Whether the plugin must multiplex. Default: false. */
  readonly brokerMultiplex?: boolean | undefined;
}

const anyText = that((value) => typeof value === 'string', 'must be a text');
const versions = wholeNumber(0, 999_999_999);
const expectations = required(
  shapeOf<HandshakeExpectations>({
    protocolVersions: required(listOf(versions)),
    autoMtls: required(flag),
    brokerMultiplex: flag,
  }),
);
const printed = required(
  shapeOf<HandshakeLine>({
    protocolVersion: required(versions),
    network: required(oneOf('unix', 'tcp')),
    address: required(filledText),
    certificateDer: that((value) => value instanceof Uint8Array, 'must be the bytes of a certificate'),
    multiplexing: flag,
  }),
);

/** The handshake line is wrong. `code` tells how, `line` shows the start of it. */
export class HandshakeLineError extends BulkheadError {
  static {
    nameErrorClass(this, 'HandshakeLineError');
  }

  readonly line: string;

  constructor(code: ErrorCode, message: string, line: string, hint?: string) {
    super(code, message, { hint });
    this.line = boundedText(line.slice(0, 200));
  }
}

/**
 * Reads a handshake line (without its line feed).
 *
 * @throws HandshakeLineError with a code of its own for each way in which the line can be wrong
 */
export function parseHandshakeLine(text: string, expected: HandshakeExpectations): HandshakeLine {
  checkArgument('parseHandshakeLine', 'text', anyText, text);
  checkShape('parseHandshakeLine', expectations, expected);
  const line = text.trim();
  const fields = line.split('|');
  const [core, version, network, address, protocol = 'netrpc', certificate, multiplexing] = fields;
  if (core === undefined || version === undefined || network === undefined || address === undefined) {
    throw notRecognised(line);
  }
  checkCoreVersion(core, line);
  const protocolVersion = checkProtocolVersion(version, expected.protocolVersions, line);
  checkProtocol(protocol, line);
  return {
    protocolVersion,
    ...checkAddress(network, address, line),
    certificateDer: checkCertificate(certificate, expected.autoMtls, line),
    multiplexing: checkMultiplexing(multiplexing, expected.brokerMultiplex === true, line),
  };
}

/** Writes the line that a plugin prints, without its line feed. */
export function formatHandshakeLine(line: HandshakeLine): string {
  checkShape('formatHandshakeLine', printed, line);
  const fields = [
    coreProtocolVersion,
    line.protocolVersion,
    line.network,
    line.address,
    'grpc',
    line.certificateDer ? encodeCertificateField(line.certificateDer) : '',
  ];
  if (line.multiplexing !== undefined) fields.push(String(line.multiplexing));
  return fields.join('|');
}

function notRecognised(line: string): HandshakeLineError {
  return new HandshakeLineError(
    'HANDSHAKE_NOT_RECOGNISED',
    `The first line on stdout is not a handshake: ${quote(line)}`,
    line,
    'The program must print nothing on stdout before the handshake. Check that it is a go-plugin plugin and that its entry point starts the plugin itself.',
  );
}

function checkCoreVersion(field: string, line: string): void {
  const core = parseInteger(field);
  if (core === undefined) throw notRecognised(line);
  if (core === coreProtocolVersion) return;
  throw new HandshakeLineError(
    'HANDSHAKE_CORE_VERSION',
    `The plugin speaks version ${core} of the core protocol; this host speaks version ${coreProtocolVersion}`,
    line,
    'Rebuild the plugin with a go-plugin 1.x.',
  );
}

function checkProtocolVersion(field: string, offered: readonly number[], line: string): number {
  const version = parseInteger(field);
  if (version === undefined) throw notRecognised(line);
  if (offered.includes(version)) return version;
  throw new HandshakeLineError(
    'HANDSHAKE_PLUGIN_VERSION',
    `The plugin speaks application protocol version ${version}; this host speaks ${offered.join(', ')}`,
    line,
    'Use a build of the plugin for this host, or offer its version in `protocolVersions`.',
  );
}

function checkProtocol(protocol: string, line: string): void {
  if (protocol === 'grpc') return;
  if (protocol === 'netrpc') {
    throw new HandshakeLineError(
      'HANDSHAKE_NETRPC',
      "The plugin speaks Go's net/rpc, which only Go programs can speak",
      line,
      'Build the plugin with a gRPC server (GRPCServer in its ServeConfig, and a plugin type with the gRPC methods); a plugin may also speak gRPC for other protocol versions only.',
    );
  }
  throw new HandshakeLineError(
    'HANDSHAKE_PROTOCOL',
    `The plugin speaks the unknown protocol ${quote(protocol)}`,
    line,
  );
}

function checkAddress(network: string, address: string, line: string): PluginAddress {
  if (network !== 'unix' && network !== 'tcp') {
    throw new HandshakeLineError(
      'HANDSHAKE_NETWORK',
      `The plugin listens on the unknown network ${quote(network)}`,
      line,
      'A plugin listens on `unix`, and in a container always on a socket file in the folder that PLUGIN_UNIX_SOCKET_DIR names; outside of one also on `tcp`.',
    );
  }
  const usable = network === 'unix' ? /^\/[^\0]*[^\0/]$/.test(address) : isHostAndPort(address);
  if (!usable) {
    throw new HandshakeLineError(
      'HANDSHAKE_ADDRESS',
      `The plugin gives ${quote(address)} as its ${network} address`,
      line,
      network === 'unix' ? unixAddressHint(address) : tcpAddressHint(address),
    );
  }
  return { network, address };
}

/** What is wrong with the address of a unix socket, and what it has to be. */
function unixAddressHint(address: string): string {
  const wanted =
    'it must be the absolute path of a socket file, in the folder that PLUGIN_UNIX_SOCKET_DIR names if that is set.';
  if (address === '') return `The plugin gives no address: ${wanted}`;
  if (/^[@\0]/.test(address)) {
    return `A name in the abstract namespace is known in the plugin's own network namespace only: ${wanted}`;
  }
  if (/^\w+:\/\//.test(address)) return `The address is written as a URL: ${wanted}`;
  if (address.includes('\0')) return `No path holds a zero byte: ${wanted}`;
  if (!address.startsWith('/')) return `The path depends on the plugin's working directory: ${wanted}`;
  return `The path names a folder: ${wanted}`;
}

/** What is wrong with the address of a TCP port, and what it has to be. */
function tcpAddressHint(address: string): string {
  const wanted = 'it must be host:port, such as 127.0.0.1:10000.';
  if (/^\w+:\/\//.test(address)) return `The address is written as a URL: ${wanted}`;
  if (address.startsWith('/'))
    return `The address is a path: a plugin on a socket file announces \`unix\`; for tcp ${wanted}`;
  if (/:0+$/.test(address))
    return `No port has the number 0: the plugin has to announce the port that it was given; ${wanted}`;
  if (/^[0-9a-fA-F]*:[0-9a-fA-F:]*:/.test(address))
    return `An IPv6 address needs brackets, such as [::1]:10000: ${wanted}`;
  if (address.startsWith(':')) return `The address has no host: ${wanted}`;
  return `The address has no port from 1 to 65535: ${wanted}`;
}

/** Whether the address is a port from 1 to 65535 after a name, an IPv4 address or a bracketed IPv6 address. */
function isHostAndPort(address: string): boolean {
  const port = /^(?:\[[0-9a-fA-F:.%]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(address)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

function checkCertificate(field: string | undefined, autoMtls: boolean, line: string): Buffer | undefined {
  // Plugins of 2017 and 2018 put a short, meaningless text here (go-plugin: client.go skips up to 50 characters).
  const given = field !== undefined && field.length > 50;
  if (given && autoMtls) {
    const decoded = decodeCertificateField(field);
    if (Buffer.isBuffer(decoded)) return decoded;
    throw new HandshakeLineError(
      'HANDSHAKE_CERTIFICATE_INVALID',
      `The plugin's certificate ${decoded.wrong}`,
      line,
      'The field is the base64 of the DER of one X.509 certificate, without padding.',
    );
  }
  if (given) {
    throw new HandshakeLineError(
      'HANDSHAKE_CERTIFICATE_UNEXPECTED',
      'The plugin sent a certificate although AutoMTLS was not asked for',
      line,
      'Leave out `autoMtls: false`, or remove PLUGIN_CLIENT_CERT from its environment.',
    );
  }
  if (autoMtls) {
    throw new HandshakeLineError(
      'HANDSHAKE_CERTIFICATE_MISSING',
      'AutoMTLS was asked for, and the plugin sent no certificate',
      line,
      'The plugin does not take part in AutoMTLS, or has TLS settings of its own. Start it with `autoMtls: false` if its connection need not be encrypted.',
    );
  }
  return undefined;
}

function checkMultiplexing(field: string | undefined, required: boolean, line: string): boolean | undefined {
  const said = field === undefined ? undefined : parseBool(field);
  if (said === true || (!required && (field === undefined || said !== undefined))) return said;
  if (field === undefined || said === false) {
    throw new HandshakeLineError(
      'HANDSHAKE_MULTIPLEXING_UNSUPPORTED',
      field === undefined
        ? 'Multiplexing was asked for, and the plugin does not know it'
        : 'Multiplexing was asked for, and the plugin does not do it',
      line,
      'Rebuild the plugin with go-plugin 1.6 or later, or start it with `brokerMultiplex: false`.',
    );
  }
  throw new HandshakeLineError(
    'HANDSHAKE_MULTIPLEXING',
    `The plugin says ${quote(field)} where true or false must stand for multiplexing`,
    line,
  );
}

/** Reads a boolean as Go does (strconv.ParseBool). @returns `undefined` for what Go refuses */
export function parseBool(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

function parseInteger(text: string): number | undefined {
  return /^[+-]?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
