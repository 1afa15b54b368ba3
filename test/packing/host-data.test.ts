/** CA certificates and time zone data of this machine in an image: where they are found, what is taken, what is said. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import { ImageFileError, packBinaryPlugin } from '../../src/packing/index.ts';
import { certificateBundle } from '../../src/packing/certificates.ts';
import { timeZones } from '../../src/packing/time-zones.ts';
import { tinyProgram } from '../program/tiny-program.ts';

let folder = '';
let certificate = '';
let key = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulkhead-host-data-'));
  ({ certificatePem: certificate, privateKeyPem: key } = await createIdentity());
});
after(() => rm(folder, { recursive: true }));

async function write(path: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

const usual: readonly (readonly [string, string])[] = [
  ['Debian', '/etc/ssl/certs/ca-certificates.crt'],
  ['Fedora', '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem'],
  ['an older RHEL', '/etc/pki/tls/certs/ca-bundle.crt'],
  ['openSUSE', '/etc/ssl/ca-bundle.pem'],
  ['Arch', '/etc/ca-certificates/extracted/tls-ca-bundle.pem'],
  ['Alpine', '/etc/ssl/cert.pem'],
];

describe('the CA certificates of this machine', () => {
  for (const [system, path] of usual) {
    it(`are found where ${system} has them`, async () => {
      const root = join(folder, system);
      await write(join(system, path), certificate);
      const bundle = await certificateBundle(undefined, { root, environment: {} });
      assert.deepEqual([bundle.source, bundle.count], [path, 1]);
    });
  }

  it('are those of SSL_CERT_FILE, unless it is empty, and those that are named before all', async () => {
    const file = await write('own.pem', `${certificate}${certificate}`);
    const root = join(folder, 'Debian');
    const environment = { SSL_CERT_FILE: file };
    assert.equal((await certificateBundle(undefined, { root, environment })).count, 2);
    assert.equal((await certificateBundle(undefined, { root, environment: { SSL_CERT_FILE: '' } })).count, 1);
    const other = await write('other.pem', certificate);
    assert.equal((await certificateBundle(other, { root, environment })).source, other);
  });

  it('come without comments, Windows line ends and private keys', async () => {
    const text = `# a comment\n${certificate.replaceAll('\n', '\r\n')}\nFriendly Name\n${key}${certificate}`;
    const { pem, count, sha256 } = await certificateBundle(await write('mixed.pem', text), {});
    assert.equal(pem, certificate.repeat(2));
    assert.equal(count, 2);
    assert.equal(sha256, createHash('sha256').update(pem).digest('hex'));
  });

  const wrong: readonly (readonly [string, () => Promise<string | undefined>, RegExp])[] = [
    [
      'has no bundle',
      () => Promise.resolve(undefined),
      /no bundle of CA certificates there, nor at .*cert\.pem/,
    ],
    ['names a file that is not there', () => Promise.resolve(join(folder, 'nowhere')), /can't be read/],
    ['names a folder', () => Promise.resolve(folder), /is not a regular file/],
    ['names a file with a key alone', () => write('key.pem', key), /has no certificate/],
    ['names an empty file', () => write('empty.pem', ''), /has no certificate/],
  ];
  for (const [what, file, message] of wrong) {
    it(`are refused with a remedy where the machine ${what}`, async () => {
      const reading = certificateBundle(await file(), { root: join(folder, 'bare'), environment: {} });
      await assert.rejects(reading, (error: unknown) => {
        assert.ok(error instanceof ImageFileError);
        assert.match(error.message, message);
        assert.match(error.hint ?? '', /ca-certificates/);
        assert.ok(!error.message.includes(key));
        return true;
      });
    });
  }
});

const zone = (name: string) => Buffer.from(`TZif2${name}`);

describe('the time zone data of this machine', () => {
  before(async () => {
    await write('zones/usr/share/zoneinfo/Asia/Tokyo', zone('tokyo'));
    await write('zones/usr/share/zoneinfo/right/Asia/Tokyo', zone('with leap seconds'));
    await write('zones/usr/share/zoneinfo/zone.tab', 'JP');
    await write('zones/usr/share/zoneinfo/tzdata.zi', 'no zone');
    const at = join(folder, 'zones/usr/share/zoneinfo');
    await write('zones/etc/localtime', zone('own'));
    await symlink('Asia/Tokyo', join(at, 'Japan'));
    await symlink(join(at, 'Asia/Tokyo'), join(at, 'Asia/Edo'));
    await symlink('../../../etc/localtime', join(at, 'localtime'));
    await symlink('../../../etc/localtime', join(at, 'Here'));
    await symlink('nowhere', join(at, 'Nowhere'));
  });

  it('are its zones, with links among them, and not its own zone', async () => {
    const { source, files, count } = await timeZones(undefined, {
      root: join(folder, 'zones'),
      environment: {},
    });
    assert.equal(source, '/usr/share/zoneinfo');
    assert.equal(count, 3);
    assert.deepEqual(
      files.map((file) => [file.path, 'symlink' in file ? file.symlink : '']),
      [
        ['/usr/share/zoneinfo/Asia/Edo', 'Tokyo'],
        ['/usr/share/zoneinfo/Asia/Tokyo', ''],
        ['/usr/share/zoneinfo/Japan', 'Asia/Tokyo'],
        ['/usr/share/zoneinfo/zone.tab', ''],
      ],
    );
  });

  it('are those of ZONEINFO, unless it is empty', async () => {
    const root = join(folder, 'bare');
    const environment = { ZONEINFO: join(folder, 'zones/usr/share/zoneinfo') };
    assert.equal((await timeZones(undefined, { root, environment })).count, 3);
    await assert.rejects(
      timeZones(undefined, { root, environment: { ZONEINFO: '' } }),
      /no time zone data there/,
    );
    await assert.rejects(timeZones(join(folder, 'Debian'), { root }), /has no time zone data \(TZif\)/);
    await assert.rejects(timeZones(join(folder, 'nowhere'), { root }), /can't be read as time zone data/);
  });
});

describe('an image with data of this machine', () => {
  it('names them in its labels, and is the same for the same data', async () => {
    const binary = await write('program', tinyProgram('hello'));
    const withCertificates = await write('image.pem', certificate);
    const withTimeZones = join(folder, 'zones/usr/share/zoneinfo');
    const pack = () => packBinaryPlugin({ tag: 'localhost/x:1', binary, withCertificates, withTimeZones });
    const [one, two] = [await pack(), await pack()];
    const bytes = await buffer(one);
    assert.ok(bytes.equals(await buffer(two)));
    const digest = createHash('sha256').update(certificate).digest('hex');
    for (const part of [
      `"io.bulkhead.ca_path":${JSON.stringify(withCertificates)}`,
      '"io.bulkhead.ca_count":"1"',
      `"io.bulkhead.ca_sha256":"${digest}"`,
      `"io.bulkhead.tz_path":${JSON.stringify(withTimeZones)}`,
      '"io.bulkhead.tz_count":"3"',
      '"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"',
    ])
      assert.ok(bytes.includes(part), part);
    assert.notEqual(one.imageId, (await packBinaryPlugin({ tag: 'localhost/x:1', binary })).imageId);
  });
});
