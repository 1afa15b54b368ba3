/** What a running plugin gives refuses unknown and wrong options too, and goes on as before. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startPlugin, subprocessRunner } from '../../src/goplugin/index.ts';
import { kv } from '../goplugin/fixtures/protos.ts';
import { methodsOf } from './methods-of.ts';
import { aborted, testRefusals, wrong, type Refusals, type WrongCall } from './refusals.ts';
import { takingNothing } from './taking-nothing.ts';

const program = fileURLToPath(new URL('../goplugin/fixtures/plugin.ts', import.meta.url));
const plugin = await startPlugin({
  createRunner: subprocessRunner({
    command: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), program],
  }),
  handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
  protocolVersions: [1],
});
after(() => plugin[Symbol.asyncDispose]());
const definition = await kv();
const client = plugin.client(definition);
const { broker, reflection } = plugin;

const { signal, callTimeout, timeLimit, milliseconds } = wrong;
const metadata = ['x', 7, null, { name: 7 }];
const options = { signal: aborted };
const noServices = [undefined, null, 7, 'x', {}, { Get: null }, { Get: { path: '/a' } }];

const refusals: Refusals = {
  takers: {
    'plugin.health': {
      call: (given) => plugin.health(given as never),
      options,
      wrong: { signal, timeoutMs: callTimeout },
    },
    'plugin.stop': {
      call: (given) => plugin.stop(given as never),
      wrong: { graceMs: milliseconds, terminateMs: milliseconds, signal },
    },
    'a call': {
      call: (given) => client['get']?.({ key: 'a' }, given as never),
      options,
      wrong: { signal, timeoutMs: callTimeout, metadata },
    },
    'reflection.services': {
      call: (given) => reflection.services(given as never),
      options,
      wrong: { signal, timeoutMs: callTimeout, metadata },
    },
    'reflection.service': {
      call: (given) => reflection.service('proto.KV', given as never),
      options,
      wrong: { signal, timeoutMs: callTimeout, metadata },
    },
    'broker.serve': {
      call: (given) => broker.serve([], given as never),
      options,
      wrong: { signal },
    },
    'broker.dial': {
      call: (given) => broker.dial(1, given as never),
      options,
      wrong: { signal, timeoutMs: timeLimit },
    },
  },
  wrongCalls: {
    'plugin.client': noServices.map((service): WrongCall => [
      'service',
      () => plugin.client(service as never),
    ]),
    'reflection.service': [undefined, null, 7, ''].map((name): WrongCall => [
      'name',
      () => reflection.service(name as never),
    ]),
    'broker.serve': [undefined, null, 7, [null], [{}]].map((what): WrongCall => [
      'what',
      () => broker.serve(what as never),
    ]),
    'broker.dial': [undefined, null, NaN, -1, 1.5, '1', 2 ** 32].map((id): WrongCall => [
      'id',
      () => broker.dial(id as never),
    ]),
  },
};
testRefusals(refusals);

test('every method of a plugin, its broker and its reflection is tried, or said to take nothing', () => {
  const tried = [...Object.keys(refusals.takers), ...Object.keys(refusals.wrongCalls ?? {})];
  const methods = [
    ...methodsOf('plugin', plugin),
    ...methodsOf('broker', broker),
    ...methodsOf('reflection', reflection),
  ];
  assert.deepEqual(
    methods.filter((name) => !tried.includes(name) && !(name in takingNothing)),
    [],
  );
});

test('the plugin was told nothing of it', async () => {
  assert.ok(plugin.connected);
  await plugin.health();
});
