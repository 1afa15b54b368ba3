/** What a plugin says of where its socket is, and where the host then looks. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addressInContainer, addressOnHost } from '../../src/container/sockets/share-socket.ts';

const directory = { path: '/host/s', isShared: (name: string) => name === 'b1-00' };
const unix = (address: string) => ({ network: 'unix', address }) as const;

it('looks in the directory of the plugin for the name that it says', () => {
  const found = addressOnHost(unix('/run/bulkhead/plugin123'), directory, 'image');
  assert.deepEqual(found, unix('/host/s/plugin123'));
  assert.deepEqual(addressInContainer(unix('/host/p/b1-00'), '/host/p'), unix('/run/bulkhead/b1-00'));
});

it('looks nowhere else, whatever the plugin says', () => {
  const addresses = [
    '/run/bulkhead/..',
    '/run/bulkhead/.',
    '/run/bulkhead/',
    '/run/bulkhead',
    '/run/bulkhead/../docker.sock',
    '/run/bulkhead//plugin',
    '/run/bulkhead/a/b',
    '/run/bulkhead/plugin\0',
    '/run/bulkhead/../bulkhead/plugin',
    '/var/run/docker.sock',
    'plugin',
    '',
    `/run/bulkhead/${'x'.repeat(100)}`,
  ];
  for (const address of addresses) {
    assert.throws(
      () => addressOnHost(unix(address), directory, 'image'),
      { code: 'SOCKET_OUTSIDE_DIRECTORY' },
      address,
    );
  }
  const tcp = { network: 'tcp', address: '127.0.0.1:80' } as const;
  assert.throws(() => addressOnHost(tcp, directory, 'image'), { code: 'SOCKET_OUTSIDE_DIRECTORY' });
  for (const address of ['/host/s/plugin', '/host/p/..', '/host/p/a/b']) {
    assert.throws(
      () => addressInContainer(unix(address), '/host/p'),
      { code: 'SOCKET_OUTSIDE_DIRECTORY' },
      address,
    );
  }
});

it('does not speak with itself when the plugin names a socket of the host', () => {
  assert.throws(() => addressOnHost(unix('/run/bulkhead/b1-00'), directory, 'image'), {
    code: 'SOCKET_OUTSIDE_DIRECTORY',
    message: /a socket of its host/,
  });
});

it('repeats no more than the beginning of what the plugin says', () => {
  assert.throws(
    () => addressOnHost(unix(`/${'\x1b[2J'.repeat(10_000)}`), directory, 'image'),
    (error: Error) => error.message.length < 1500 && !error.message.includes('\x1b'),
  );
});

const elsewhere: readonly (readonly [address: string, hint: RegExp, old: boolean])[] = [
  ['/tmp/plugin1637960190', /go-plugin 1\.5 or later/, true],
  ['/var/tmp/plugin1637960190', /go-plugin 1\.5 or later/, true],
  ['/data/plugin.sock', /PLUGIN_UNIX_SOCKET_DIR names \(\/run\/bulkhead\)/, false],
  ['/tmp/my-plugin.sock', /PLUGIN_UNIX_SOCKET_DIR/, false],
  ['/run/bulkhead/deep/plugin', /directly in \/run\/bulkhead/, false],
  ['/run/bulkhead/../bulkhead/plugin', /plain path: \/run\/bulkhead\/plugin/, false],
  ['/run/bulkhead//plugin', /plain path: \/run\/bulkhead\/plugin/, false],
  [`/run/bulkhead/${'x'.repeat(100)}`, /too long/, false],
  ['/run/bulkhead/b1-00', /a socket of its own/, false],
];

for (const [address, hint, old] of elsewhere) {
  it(`says by the address what to change: ${address.slice(0, 40)}`, () => {
    assert.throws(
      () => addressOnHost(unix(address), directory, 'image'),
      (error: { hint?: string }) => {
        assert.match(error.hint ?? '', hint);
        assert.equal((error.hint ?? '').includes('1.5'), old);
        return true;
      },
    );
  });
}

it('says that no port of the container can be reached', () => {
  const tcp = { network: 'tcp', address: '127.0.0.1:10000' } as const;
  assert.throws(
    () => addressOnHost(tcp, directory, 'image'),
    (error: { hint?: string }) => {
      assert.match(error.hint ?? '', /a network of its own[^]*unix socket/);
      assert.doesNotMatch(error.hint ?? '', /1\.5/);
      return true;
    },
  );
});
