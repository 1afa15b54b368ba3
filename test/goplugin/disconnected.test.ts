/** When the connection to a plugin is lost, and when it is not. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startPlugin, subprocessRunner, type Plugin } from '../../src/goplugin/index.ts';

/** As plugins in other languages are: a gRPC server that prints a line, without a broker, prints or a controller. */
const program = `
import { createRequire } from 'node:module';
const { Server, ServerCredentials } = createRequire(${JSON.stringify(import.meta.url)})('@grpc/grpc-js');
const bytes = (value) => value;
const path = '/probe/Echo';
const server = new Server();
server.addService({ Echo: { path, requestStream: false, responseStream: false, requestSerialize: bytes,
  requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes } },
  { Echo: (call, reply) => reply(null, call.request) });
const socket = process.env.PLUGIN_UNIX_SOCKET_DIR + '/plain';
server.bindAsync('unix:' + socket, ServerCredentials.createInsecure(), () => console.log('1|1|unix|' + socket + '|grpc|'));
`;

const bytes = (value: Buffer): Buffer => value;
const service = {
  Echo: {
    path: '/probe/Echo',
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};

async function withPlainPlugin(test: (plugin: Plugin) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plain-'));
  try {
    const path = join(folder, 'plugin.mjs');
    await writeFile(path, program);
    await using plugin = await startPlugin({
      createRunner: subprocessRunner({ command: process.execPath, args: [path] }),
      handshake: { magicCookieKey: 'PLAIN', magicCookieValue: 'x' },
      protocolVersions: [1],
      autoMtls: false,
    });
    await test(plugin);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the connection to a plugin', { timeout: 60_000 }, () => {
  it('lives although the plugin has neither broker nor prints', () =>
    withPlainPlugin(async (plugin) => {
      const { echo } = plugin.client(service);
      const lost = plugin.disconnected.then(() => 'lost');
      for (let call = 0; call < 20; call += 1) {
        assert.equal(String(await Promise.race([lost, echo(Buffer.from('hello'))])), 'hello');
      }
      assert.equal(plugin.connected, true);
    }));

  it('is lost when the plugin is killed, before anybody calls it', () =>
    withPlainPlugin(async (plugin) => {
      process.kill(Number(plugin.id), 'SIGKILL');
      await plugin.disconnected;
      assert.equal(plugin.connected, false);
    }));
});
