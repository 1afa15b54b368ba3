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
