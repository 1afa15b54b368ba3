/** What is wrong with the options of a launch is said before anything is done, wherever they are given. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Engine } from '../../src/engine/index.ts';
import { launchPlugin, liveMatrix, PluginHost, type LaunchOptions } from '../../src/index.ts';

const good = {
  image: 'localhost/kv:1',
  handshake: { magicCookieKey: 'KV', magicCookieValue: 'hello' },
  protocolVersions: [1],
};

/** The wrong option, where it is, and what is said of it. */
const wrong: readonly (readonly [object, string, RegExp])[] = [
  [{ memoryLock: true }, 'memoryLock', /did you mean mlock\?/],
  [{ memory: '256M' }, 'memory', /has no such option; did you mean memoryBytes\?/],
  [{ memoryBytes: '256M' }, 'memoryBytes', /whole number/],
  [{ readonlyRootFilesystem: false }, 'readonlyRootFilesystem', /did you mean readOnlyRootFilesystem\?/],
  [{ tmpfs: [{ path: 'tmp' }] }, 'tmpfs[0].path', /absolute path/],
  [{ tmpfs: [{ path: '/tmp', size: 1 }] }, 'tmpfs[0].size', /did you mean sizeBytes\?/],
  [{ ulimits: [{ name: 'nofile', soft: 1 }] }, 'ulimits[0].hard', /must be given/],
  [{ capAdd: ['ALL'] }, 'capAdd[0]', /must be a capability/],
  [{ network: '' }, 'network', /not empty/],
  [{ cgroupParent: 7 }, 'cgroupParent', /must be a text/],
  [{ requireNonRoot: 'yes' }, 'requireNonRoot', /true or false/],
  [{ env: { A: 1 } }, 'env.A', /must be a text/],
  [{ override: 'all' }, 'override', /"unknown" or "refused"/],
  [{ socketDirectory: '~/sockets' }, 'socketDirectory', /only a shell expands ~/],
];

/** Asks nothing of an engine: it has none. */
const asked = (): never => {
  throw new Error('the engine was asked');
};
const noEngine = { images: { inspect: asked }, containers: { create: asked } } as unknown as Engine;

describe('the options of a launch', () => {
  for (const [change, option, text] of wrong) {
    it(`are refused with ${JSON.stringify(change)}`, async () => {
      const options = { ...good, ...change } as LaunchOptions;
      const refused = (prefix = '') => {
        return (error: Error & { code?: string; option?: string }) => {
          assert.equal(error.code, 'INVALID_OPTION', error.message);
          assert.equal(error.option, `${prefix}${option}`);
          assert.match(error.message, text);
          return true;
        };
      };
      await using host = await PluginHost.open({ embedded: true });
      await assert.rejects(host.start(options), refused());
      await assert.rejects(host.check(options), refused());
      await assert.rejects(host.mount({ launch: options }), refused('launch.'));
      await assert.rejects(launchPlugin(noEngine, options), refused());
      const { image, ...launch } = options;
      await assert.rejects(liveMatrix({ engines: [noEngine], image, launch }), refused('launch.'));
    });
  }
});
