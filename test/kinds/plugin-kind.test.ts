/** Whether a plugin may be shared is the plugin's to say, by the service that Vault asks. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startPlugin, subprocessRunner, type Plugin } from '../../src/index.ts';
import { maySharePlugin } from '../../src/kinds/plugin-kind.ts';
import { vaultKinds } from '../../src/kinds/vault/kinds.ts';
import { probeBackend, probeDatabase } from '../../src/kinds/vault/probe.ts';

/** Says what the environment tells it to: SUPPORTED, TYPE, VERSION, SETUP. */
const plugin = `
import { serve } from ${JSON.stringify(new URL('../../src/goplugin/index.ts', import.meta.url).href)};
const { SUPPORTED, TYPE, VERSION, SETUP } = process.env;
const unary = (path) => ({ path, requestStream: false, responseStream: false,
  requestSerialize: (bytes) => bytes, requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes, responseDeserialize: (bytes) => bytes });
const text = (value) => Buffer.concat([Buffer.from([10, value.length]), Buffer.from(value)]);
const service = (name, methods) => ({
  definition: Object.fromEntries(Object.keys(methods).map((method) => [method, unary('/' + name + '/' + method)])),
  implementation: methods,
});
let ready = false;
const services = [
  ...(SUPPORTED === undefined ? [] : [service('pluginutil.multiplexing.PluginMultiplexing', {
    MultiplexingSupport: () => Buffer.from(SUPPORTED === 'yes' ? [8, 1] : []),
  })]),
  ...(TYPE === undefined ? [] : [service('pb.Backend', {
    Setup: (request, { metadata }) => {
      if (SETUP !== undefined) return text(SETUP);
      ready = metadata.multiplex_id !== undefined && request[0] === 8 && request[1] > 0;
      return Buffer.alloc(0);
    },
    Type: () => Buffer.from(ready ? [8, Number(TYPE)] : []),
    Cleanup: () => Buffer.alloc(0),
  })]),
  ...(VERSION === undefined ? [] : [service('logical.PluginVersion', { Version: () => text(VERSION) })]),
];
await serve({ handshake: ${JSON.stringify(vaultKinds.secret.handshake)}, protocolVersions: [5], services });
`;

async function withPlugin(
  env: Record<string, string>,
  test: (plugin: Plugin) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kind-'));
  try {
    const program = join(folder, 'plugin.mjs');
    await writeFile(program, plugin);
    await using running = await startPlugin({
      createRunner: subprocessRunner({ command: process.execPath, args: ['--import', 'tsx', program], env }),
      handshake: vaultKinds.secret.handshake,
      protocolVersions: vaultKinds.secret.protocolVersions,
    });
    await test(running);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("a plugin of Vault's kinds", { timeout: 120_000 }, () => {
  for (const [says, shared] of [
    ['yes', true],
    ['no', false],
    [undefined, false],
  ] as const) {
    it(`${shared ? 'is shared' : 'has one mount'} when it says ${says ?? 'nothing'}`, () =>
      withPlugin(says === undefined ? {} : { SUPPORTED: says }, async (running) => {
        assert.equal(await maySharePlugin(vaultKinds.secret, running), shared);
        assert.equal(await maySharePlugin({ ...vaultKinds.secret, sharing: 'always' }, running), true);
        assert.equal(await maySharePlugin({ ...vaultKinds.secret, sharing: 'never' }, running), false);
        const rule = { ...vaultKinds.secret, sharing: () => Promise.resolve(true) };
        assert.equal(await maySharePlugin(rule, running), true);
      }));
  }

  it('tells its type and version once it is set up', () =>
    withPlugin({ TYPE: '2', VERSION: 'v1.2.3' }, async (running) => {
      assert.deepEqual(await probeBackend(running), { type: 'auth', version: 'v1.2.3' });
      assert.deepEqual(await probeDatabase(running), { type: 'database', version: 'v1.2.3' });
    }));

  it('tells nothing when it can not be set up without a configuration, or is of another kind', async () => {
    await withPlugin({ TYPE: '1', VERSION: '1.0.0', SETUP: 'no storage' }, async (running) => {
      assert.deepEqual(await probeBackend(running), {});
    });
    await withPlugin({}, async (running) => {
      assert.deepEqual(await probeBackend(running), {});
      assert.deepEqual(await probeDatabase(running), { type: 'database', version: undefined });
    });
  });
});
