import assert from 'node:assert/strict';
import crypto, { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { integer, objectIdentifier, time, tlv } from '../../src/goplugin/tls/der.ts';
import { createIdentity, derToPem, type Identity } from '../../src/goplugin/tls/identity.ts';
import { prepareIdentity, takeIdentity } from '../../src/goplugin/tls/prepared-identity.ts';

test('a certificate that was made ahead is given to one plugin, and to none once the clock was set back', async (t) => {
  const begin = Date.now();
  prepareIdentity();
  prepareIdentity();
  const [first, second] = await Promise.all([takeIdentity(), takeIdentity()]);
  assert.notEqual(first.privateKeyPem, second.privateKeyPem);

  t.mock.timers.enable({ apis: ['Date'], now: begin });
  prepareIdentity();
  t.mock.timers.setTime(begin - 3_600_000);
  const { validFrom } = new X509Certificate((await takeIdentity()).certificatePem);
  assert.ok(Date.parse(validFrom) <= begin - 3_600_000, validFrom);
});

test('encodes lengths, integers, identifiers and times as DER demands', () => {
  assert.deepEqual([...tlv(0x04, Buffer.alloc(127)).subarray(0, 2)], [0x04, 0x7f]);
  assert.deepEqual([...tlv(0x04, Buffer.alloc(128)).subarray(0, 3)], [0x04, 0x81, 0x80]);
  assert.deepEqual([...tlv(0x04, Buffer.alloc(65_536)).subarray(0, 5)], [0x04, 0x83, 0x01, 0x00, 0x00]);
  assert.equal(integer(Uint8Array.of(0)).toString('hex'), '020100');
  assert.equal(integer(Uint8Array.of(0, 0, 1)).toString('hex'), '020101');
  assert.equal(integer(Uint8Array.of(0x80)).toString('hex'), '02020080');
  assert.equal(objectIdentifier('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302');
  assert.equal(time(new Date('2049-12-31T23:59:59Z')).toString('latin1', 2), '491231235959Z');
  assert.equal(time(new Date('2050-01-01T00:00:00Z')).toString('latin1', 2), '20500101000000Z');
});

test('makes a self-signed certificate that OpenSSL reads as it was meant', async () => {
  const { certificateDer, certificatePem } = await createIdentity();
  const certificate = new X509Certificate(certificatePem);
  assert.ok(certificate.raw.equals(certificateDer));
  assert.ok(certificate.verify(certificate.publicKey), 'its signature is its own');
  assert.ok(certificate.checkIssued(certificate));
  assert.equal(certificate.subject, 'O=HashiCorp\nCN=localhost');
  assert.equal(certificate.checkHost('localhost', { subject: 'never' }), 'localhost');
  assert.equal(certificate.ca, true);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
  assert.ok(new Date(certificate.validFrom).getTime() < Date.now());
  const years = (Date.parse(certificate.validTo) - Date.now()) / (365.25 * 24 * 3_600_000);
  assert.ok(Math.abs(years - 30) < 0.01, `${years} years`);
  assert.equal(derToPem(certificateDer), certificatePem);
});

/** What Go's `x509.CreateCertificate` writes for the template of go-plugin (mtls.go). */
const written = {
  'version 3': 'a003020102',
  'key usage, critical': '300e0603551d0f0101ff0404030202ac',
  'extended key usage': '301d0603551d250416301406082b0601050507030206082b06010505070301',
  'basic constraints, critical': '300f0603551d130101ff040530030101ff',
  'alternative name localhost': '30140603551d11040d300b82096c6f63616c686f7374',
};

test('writes version and extensions of a certificate as Go does, which refuses what it does not know', async () => {
  const { certificateDer } = await createIdentity();
  for (const [what, bytes] of Object.entries(written))
    assert.ok(certificateDer.includes(Buffer.from(bytes, 'hex')), what);
});

test('makes every serial number positive and sixteen bytes long, whatever the random bytes are', async () => {
  const { randomBytes } = crypto;
  const serialFrom = async (first: number): Promise<string> => {
    crypto.randomBytes = (length: number) => Buffer.from([first, ...Buffer.alloc(length - 1)]);
    syncBuiltinESMExports();
    try {
      return new X509Certificate((await createIdentity()).certificatePem).serialNumber;
    } finally {
      crypto.randomBytes = randomBytes;
      syncBuiltinESMExports();
    }
  };
  assert.equal(await serialFrom(0xff), `7F${'00'.repeat(15)}`);
  assert.equal(await serialFrom(0x00), `40${'00'.repeat(15)}`);
});

test('never makes two alike', async () => {
  const [one, other] = await Promise.all([createIdentity(), createIdentity()]);
  assert.notEqual(
    new X509Certificate(one.certificatePem).serialNumber,
    new X509Certificate(other.certificatePem).serialNumber,
  );
  assert.notEqual(one.privateKeyPem, other.privateKeyPem);
});

test(
  'proves both sides of a TLS connection to each other, and nobody else',
  { timeout: 20_000 },
  async () => {
    const [server, client, stranger] = await Promise.all([
      createIdentity(),
      createIdentity(),
      createIdentity(),
    ]);
    assert.equal(await greet(server, client, client), 'welcome');
    await assert.rejects(greet(server, client, stranger), 'a client that the server does not know');
    await assert.rejects(greet(stranger, client, client, server), 'a server that is not the announced one');
  },
);

/** What the client hears from a server which lets only `known` in. */
async function greet(
  server: Identity,
  known: Identity,
  client: Identity,
  announced: Identity = server,
): Promise<string> {
  const listener = createServer(
    {
      cert: server.certificatePem,
      key: server.privateKeyPem,
      ca: known.certificatePem,
      requestCert: true,
    },
    (socket) => socket.end('welcome'),
  );
  listener.on('tlsClientError', () => undefined);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const socket: TLSSocket = connect({
    port: (listener.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: 'localhost',
    cert: client.certificatePem,
    key: client.privateKeyPem,
    ca: announced.certificatePem,
  });
  try {
    let heard = '';
    for await (const chunk of socket) heard += String(chunk);
    if (heard === '') throw new Error('nothing heard');
    return heard;
  } finally {
    socket.destroy();
    listener.close();
  }
}
