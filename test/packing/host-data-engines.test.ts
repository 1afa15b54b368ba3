/** Plugins that speak TLS and know time zones, in images that have nothing for that but what packing put there. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launchPlugin } from '../../src/container/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import { loadProto } from '../../src/goplugin/index.ts';
import { loadImage, packBinaryPlugin, packNodePlugin, type PackedImage } from '../../src/packing/index.ts';
import { certificateBundle } from '../../src/packing/certificates.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { inTurn, testsInTurn } from '../engines/in-turn.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { checkout } from '../plugins/cache.ts';
import { goOnThePath, goTls, noGo } from '../plugins/go-programs.ts';
import { fixtureHandshake } from '../plugins/images.ts';
import { compiledPlugins, packedNode, pluginPackages } from '../plugins/node-programs.ts';

/** Answers the key `tls` as go-tls/main.go does. */
const nodePlugin = `
import tls from 'node:tls';
import { serve } from '../../src/goplugin/serve/serve.js';
import { service } from '../../src/goplugin/define-service.js';
import { kvDefinition } from './kv-service.js';

const pem = process.env.SERVER_PEM;
const handshake = () => new Promise((resolve) => {
  const server = tls.createServer({ cert: pem, key: pem }, (socket) => socket.on('error', () => undefined).end());
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1', () => {
    const end = (outcome) => { server.close(); resolve({ value: Buffer.from(outcome) }); };
    const client = tls.connect({ port: server.address().port, host: '127.0.0.1', servername: 'localhost' });
    client.on('secureConnect', () => { client.end(); end('verified'); }).on('error', (error) => end(error.message));
  });
});
await serve({
  handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
  protocolVersions: [1],
  services: [service(kvDefinition, { get: handshake, put: () => ({}) })],
});
`;

const engines = loadEngines();
if (engines.length === 0) it('packs data of this machine', { skip: noEngines }, () => undefined);

interface KeyValue {
  get(request: { key: string }, options: { signal: AbortSignal }): Promise<{ value: Uint8Array }>;
}

for (const [number, testEngine] of engines.entries()) {
  describe(`data of this machine in images on ${testEngine.suite} ${testEngine.name}`, () => {
    const itInTurn = testsInTurn(number, 2);
    let folder = '';
    let bundle = '';
    let serverPem = '';
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bulkhead-ca-'));
      const { certificatePem, privateKeyPem } = await createIdentity();
      serverPem = `${certificatePem}${privateKeyPem}`;
      // The bundle of this machine, with one more, as a company adds its own.
      const { pem } = await certificateBundle(undefined, { environment: {} }).catch(() => ({ pem: '' }));
      bundle = join(folder, 'bundle.pem');
      await writeFile(bundle, `${pem}${certificatePem}`);
    });
    after(() => rm(folder, { recursive: true }));

    /** Loads the image, and asks the plugin for the value of a key under a runtime. */
    async function answers(image: PackedImage, key: string): Promise<string[]> {
      await using parent = await ownSocketParent(testEngine);
      const { kv } = await definitions();
      const found: string[] = [];
      for (const { runtime, socket } of inTurn(testEngine.services, number)) {
        await using engine = await connectEngine({ socketPath: socket });
        await loadImage(engine, image);
        await using plugin = await launchPlugin(engine, {
          image: image.tag,
          runtime,
          handshake: fixtureHandshake,
          protocolVersions: [1],
          env: { SERVER_PEM: serverPem },
          socketDirectory: parent.path,
        });
        const { value } = await plugin
          .client<KeyValue>(kv)
          .get({ key }, { signal: AbortSignal.timeout(30_000) });
        found.push(Buffer.from(value).toString());
      }
      return [...new Set(found)];
    }

    const tagFor = (name: string) => `localhost/bulkhead-test/host-data-${name}:1`;
    const binary = async (name: string, options: object) =>
      packBinaryPlugin({ tag: tagFor(name), binary: await goTls(), ...options });
    const limits = { timeout: 240_000, skip: goOnThePath() === undefined && noGo };

    itInTurn('let a plugin in Go speak TLS', limits, async () => {
      assert.deepEqual(await answers(await binary('go-ca', { withCertificates: bundle }), 'tls'), [
        'verified',
      ]);
    });

    itInTurn('are what it lacks without them', limits, async () => {
      const image = await binary('go-bare', {});
      assert.match((await answers(image, 'tls')).join(), /certificate signed by unknown authority/);
      assert.match((await answers(image, 'zone')).join(), /unknown time zone/);
    });

    itInTurn('let a plugin in Go know time zones', limits, async (t) => {
      const image = await binary('go-tz', { withTimeZones: true }).catch((error: unknown) => {
        t.skip(`this machine has no time zone data: ${(error as Error).message}`);
      });
      if (image !== undefined) assert.deepEqual(await answers(image, 'zone'), ['+09:00']);
    });

    itInTurn('let a plugin for Node.js speak TLS', { timeout: 240_000 }, async () => {
      const pack = async (name: string, options: object) =>
        packNodePlugin({
          tag: tagFor(name),
          nodeBinary: packedNode(),
          directory: await compiledPlugins(),
          files: [{ path: '/plugin/test/plugins/tls.js', content: nodePlugin }],
          main: 'test/plugins/tls.js',
          packages: pluginPackages,
          packagesFrom: checkout,
          ...options,
        });
      assert.match((await answers(await pack('node-bare', {}), 'tls')).join(), /self-signed certificate/);
      assert.deepEqual(await answers(await pack('node-ca', { withCertificates: bundle }), 'tls'), [
        'verified',
      ]);
    });
  });
}

async function definitions() {
  const { 'proto.KV': kv } = await loadProto('test/plugins/proto/kv.proto');
  assert.ok(kv);
  return { kv };
}
