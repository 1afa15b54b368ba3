/** Certificates that are issued for users of a database, as OpenSSL reads and verifies them. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { issueCertificate } from '../../src/vault/database/client-certificate.ts';

const hour = 3_600_000;
const skip = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed';

for (const [authorityKey, keyType] of [
  ['rsa:2048', 'rsa'],
  ['ec:P-256', 'ec'],
  ['ec:P-384', 'ed25519'],
  ['ed25519', 'ec'],
] as const) {
  it(`an authority with ${authorityKey} issues a certificate for ${keyType}`, { skip }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bulkhead-certificate-'));
    t.after(() => rm(folder, { recursive: true }));
    const authority = await makeAuthority(folder, authorityKey);
    const expiresAt = new Date(Math.floor(Date.now() / 1000) * 1000 + hour);
    const commonName = 'app, "one" ü';
    const issued = await issueCertificate({ commonName, authority, keyType }, expiresAt);
    assert.equal(issued.subject, 'CN=app\\, \\"one\\" ü');
    const certificate = new X509Certificate(issued.certificate);
    assert.equal(certificate.ca, false);
    assert.deepEqual(new Date(certificate.validTo), expiresAt);
    assert.ok(certificate.checkPrivateKey(createPrivateKey(issued.privateKey)));
    assert.equal(createPrivateKey(issued.privateKey).asymmetricKeyType, keyType);
    await writeFile(join(folder, 'client.pem'), issued.certificate);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    const verified = openssl(
      ...['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'ca.pem', 'client.pem'],
    );
    assert.match(verified, /client\.pem: OK/);
    const subject = openssl(
      'x509',
      '-in',
      'client.pem',
      '-noout',
      '-subject',
      '-nameopt',
      'multiline,utf8,-esc_msb',
    );
    assert.ok(subject.includes(`commonName                = ${commonName}`), subject);
  });
}

it('refuses what is no authority, and what ends too early', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-certificate-'));
  t.after(() => rm(folder, { recursive: true }));
  const authority = await makeAuthority(folder, 'ec:P-256');
  const other = await makeAuthority(folder, 'ec:P-256');
  const soon = new Date(Date.now() + hour);
  const issued = await issueCertificate({ commonName: 'a', authority, keyType: 'ec' }, soon);
  for (const [wrong, expiresAt, message] of [
    [{ ...authority, privateKey: other.privateKey }, soon, /must have the key of its certificate/],
    [{ ...authority, privateKey: 'S3CRET' }, soon, /in PEM/],
    [issued, soon, /certificate of an authority/],
    [authority, new Date(Date.now() + 10_000 * hour), /ends before/],
  ] as const) {
    const refused = issueCertificate({ commonName: 'a', authority: wrong, keyType: 'ec' }, expiresAt);
    await assert.rejects(refused, (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(String(error.stack), /S3CRET/);
      return true;
    });
  }
});

async function makeAuthority(
  folder: string,
  kind: string,
): Promise<{ certificate: string; privateKey: string }> {
  const [type = '', parameter = ''] = kind.split(':');
  const option = { rsa: `rsa_keygen_bits:${parameter}`, ec: `ec_paramgen_curve:${parameter}` }[type];
  const key = ['-newkey', type, ...(option === undefined ? [] : ['-pkeyopt', option]), '-nodes'];
  const files = ['-keyout', 'ca.key', '-out', 'ca.pem'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      ...key,
      ...files,
      '-days',
      '2',
      '-addext',
      'keyUsage=critical,keyCertSign',
      '-subj',
      '/O=tests/CN=authority',
    ],
    {
      cwd: folder,
      stdio: 'ignore',
    },
  );
  return {
    certificate: await readFile(join(folder, 'ca.pem'), 'utf8'),
    privateKey: await readFile(join(folder, 'ca.key'), 'utf8'),
  };
}
