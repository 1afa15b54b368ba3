import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHandshakeLine, HandshakeLineError, parseHandshakeLine } from '../../src/goplugin/index.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';

const plain = { protocolVersions: [3, 5], autoMtls: false };
const secure = { protocolVersions: [3, 5], autoMtls: true };
const multiplexed = { ...plain, brokerMultiplex: true };

test('reads the line of a Go plugin without AutoMTLS', () => {
  assert.deepEqual(parseHandshakeLine('1|5|unix|/tmp/plugin1637960190|grpc|', plain), {
    protocolVersion: 5,
    network: 'unix',
    address: '/tmp/plugin1637960190',
    certificateDer: undefined,
    multiplexing: undefined,
  });
});

test('reads the line of a plugin in another language, which ends after the protocol', () => {
  const line = parseHandshakeLine('1|3|tcp|127.0.0.1:1234|grpc', plain);
  assert.deepEqual([line.network, line.address], ['tcp', '127.0.0.1:1234']);
});

test('takes every word for true that Go takes, when multiplexing was asked for', () => {
  for (const word of ['1', 't', 'T', 'TRUE', 'true', 'True']) {
    assert.equal(parseHandshakeLine(`1|3|unix|/tmp/p|grpc||${word}`, multiplexed).multiplexing, true);
  }
});

test('takes a carriage return and blanks around the line for what they are', () => {
  assert.equal(parseHandshakeLine('  1|3|unix|/tmp/p|grpc|\r', plain).address, '/tmp/p');
});

test('skips the short text that plugins of 2017 put in place of a certificate', () => {
  const line = `1|3|unix|/tmp/p|grpc|${'a'.repeat(48)}`;
  assert.equal(parseHandshakeLine(line, plain).certificateDer, undefined);
});

test('ignores fields that are not yet invented', () => {
  assert.equal(parseHandshakeLine('1|3|unix|/tmp/p|grpc||true|what|ever', plain).multiplexing, true);
});

test('reads back every line that it writes', async () => {
  const { certificateDer } = await createIdentity();
  fc.assert(
    fc.property(
      fc.record({
        protocolVersion: fc.nat(999_999_999),
        name: fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/),
        certificateDer: fc.constantFrom(undefined, certificateDer),
        multiplexing: fc.constantFrom(undefined, true, false),
      }),
      ({ name, ...rest }) => {
        const line = { ...rest, network: 'unix', address: `/tmp/${name}` } as const;
        const expected = {
          protocolVersions: [line.protocolVersion],
          autoMtls: line.certificateDer !== undefined,
        };
        assert.deepEqual(parseHandshakeLine(formatHandshakeLine(line), expected), line);
      },
    ),
  );
});

const badLines: readonly (readonly [what: string, line: string, expected: typeof plain, code: string])[] = [
  ['a banner', 'Welcome to the plugin!', plain, 'HANDSHAKE_NOT_RECOGNISED'],
  ['an empty line', '', plain, 'HANDSHAKE_NOT_RECOGNISED'],
  ['three fields', '1|3|unix', plain, 'HANDSHAKE_NOT_RECOGNISED'],
  ['blanks within', '1 | 3 | unix | /tmp/p | grpc', plain, 'HANDSHAKE_NOT_RECOGNISED'],
  ['a version that is no number', '1|three|unix|/tmp/p|grpc', plain, 'HANDSHAKE_NOT_RECOGNISED'],
  ['core protocol 2', '2|3|unix|/tmp/p|grpc|', plain, 'HANDSHAKE_CORE_VERSION'],
  ['a version that was not offered', '1|4|unix|/tmp/p|grpc|', plain, 'HANDSHAKE_PLUGIN_VERSION'],
  ['net/rpc', '1|3|unix|/tmp/p|netrpc|', plain, 'HANDSHAKE_NETRPC'],
  ['no protocol, which means net/rpc', '1|3|unix|/tmp/p', plain, 'HANDSHAKE_NETRPC'],
  ['an unknown protocol', '1|3|unix|/tmp/p|http|', plain, 'HANDSHAKE_PROTOCOL'],
  ['an unknown network', '1|3|udp|/tmp/p|grpc|', plain, 'HANDSHAKE_NETWORK'],
  ['a relative path', '1|3|unix|tmp/p|grpc|', plain, 'HANDSHAKE_ADDRESS'],
  ['no address', '1|3|unix||grpc|', plain, 'HANDSHAKE_ADDRESS'],
  ['a port beyond the last', '1|3|tcp|127.0.0.1:65536|grpc|', plain, 'HANDSHAKE_ADDRESS'],
  ['no port', '1|3|tcp|127.0.0.1|grpc|', plain, 'HANDSHAKE_ADDRESS'],
  ['no certificate', '1|3|unix|/tmp/p|grpc|', secure, 'HANDSHAKE_CERTIFICATE_MISSING'],
  ['bad base64', `1|3|unix|/tmp/p|grpc|${'?'.repeat(60)}`, secure, 'HANDSHAKE_CERTIFICATE_INVALID'],
  ['no X.509', `1|3|unix|/tmp/p|grpc|${'A'.repeat(60)}`, secure, 'HANDSHAKE_CERTIFICATE_INVALID'],
  ['an unclear flag', '1|3|unix|/tmp/p|grpc||maybe', plain, 'HANDSHAKE_MULTIPLEXING'],
  ['an unclear answer', '1|3|unix|/tmp/p|grpc||', multiplexed, 'HANDSHAKE_MULTIPLEXING'],
  ['an answer of old', '1|3|unix|/tmp/p|grpc|', multiplexed, 'HANDSHAKE_MULTIPLEXING_UNSUPPORTED'],
  ['a no', '1|3|unix|/tmp/p|grpc||false', multiplexed, 'HANDSHAKE_MULTIPLEXING_UNSUPPORTED'],
];

for (const [what, line, expected, code] of badLines) {
  test(`tells ${what} apart: ${code}`, () => {
    assert.throws(
      () => parseHandshakeLine(line, expected),
      (error) => error instanceof HandshakeLineError && error.code === code && error.message.length < 500,
    );
  });
}

test('refuses a certificate that is padded, cut short or followed by more', async () => {
  const { certificateDer } = await createIdentity();
  const fields = [
    `${certificateDer.toString('base64').replace(/=+$/, '')}==`,
    certificateDer.subarray(0, -1).toString('base64').replace(/=+$/, ''),
    Buffer.concat([certificateDer, Buffer.from('xyz')])
      .toString('base64')
      .replace(/=+$/, ''),
  ];
  for (const field of fields) {
    assert.throws(() => parseHandshakeLine(`1|3|unix|/tmp/p|grpc|${field}`, secure), {
      code: 'HANDSHAKE_CERTIFICATE_INVALID',
    });
  }
});

test('names a certificate that nobody asked for', async () => {
  const { certificateDer } = await createIdentity();
  const line = formatHandshakeLine({
    protocolVersion: 3,
    network: 'unix',
    address: '/tmp/p',
    certificateDer,
    multiplexing: undefined,
  });
  assert.throws(() => parseHandshakeLine(line, plain), { code: 'HANDSHAKE_CERTIFICATE_UNEXPECTED' });
});

test('names both sides when no version is common', () => {
  assert.throws(() => parseHandshakeLine('1|4|unix|/tmp/p|grpc|', plain), /version 4.*speaks 3, 5/);
});

test('survives any text with nothing but its own error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9|a-z/:=]{0,60}$/)), (line) => {
      try {
        parseHandshakeLine(line, plain);
      } catch (error) {
        assert.ok(error instanceof HandshakeLineError, String(error));
      }
    }),
  );
});

const badAddresses: readonly (readonly [network: string, address: string, hint: RegExp])[] = [
  ['unix', '', /gives no address/],
  ['unix', '@plugin', /abstract namespace/],
  ['unix', '\0plugin', /abstract namespace/],
  ['unix', 'plugin.sock', /working directory/],
  ['unix', './run/plugin.sock', /working directory/],
  ['unix', 'unix:///tmp/plugin', /as a URL/],
  ['unix', '/tmp/plugin/', /names a folder/],
  ['unix', '/tmp/a\0b', /zero byte/],
  ['tcp', 'localhost', /no port from 1 to 65535/],
  ['tcp', '127.0.0.1:99999', /no port from 1 to 65535/],
  ['tcp', '127.0.0.1:0', /number 0/],
  ['tcp', ':1234', /no host/],
  ['tcp', 'tcp://127.0.0.1:1234', /as a URL/],
  ['tcp', '/tmp/plugin', /is a path/],
  ['tcp', '::1:1234', /brackets/],
];

for (const [network, address, hint] of badAddresses) {
  test(`says what is wrong with the ${network} address ${JSON.stringify(address)}, whatever go-plugin it is`, () => {
    assert.throws(
      () => parseHandshakeLine(`1|3|${network}|${address}|grpc`, plain),
      (error: HandshakeLineError) => {
        assert.equal(error.code, 'HANDSHAKE_ADDRESS');
        assert.match(error.hint ?? '', hint);
        assert.doesNotMatch(error.hint ?? '', /1\.5/);
        return true;
      },
    );
  });
}
