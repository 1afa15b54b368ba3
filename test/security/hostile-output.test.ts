/** What a plugin in a container writes and makes to harm its host: log lines, names of files, text for terminals, its own secrets. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { describeError } from '../../src/cli/describe-error.ts';
import { unpainted } from '../../src/cli/output/terminal.ts';
import { BulkheadError, type LaunchOptions, type PluginHost } from '../../src/index.ts';
import type { PluginError } from '../../src/goplugin/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { withFixture, type Place } from '../host/with-fixture.ts';
import { fixtureHandshake } from '../plugins/images.ts';
import { kvDefinition } from '../plugins/kv-service.ts';

const engines = loadEngines();
const limits = { timeout: 300_000 };

if (engines.length === 0) it('reads hostile output', { skip: noEngines }, () => undefined);

const places = engines.flatMap((testEngine): Place[] =>
  testEngine.services
    .filter(({ runtime }) => runtime !== 'crun')
    .map(({ runtime, socket }) => ({ testEngine, runtime, socket })),
);

for (const [number, place] of places.entries()) {
  const { testEngine, runtime } = place;
  const itInTurn = testsInTurn(number, 4, limits);
  describe(`${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
    itInTurn('reads on after log lines that are made to break it, and calls go on', (t) =>
      attack(t, place, async (host, image) => {
        let seen: () => void = () => undefined;
        const alive = new Promise<void>((resolve) => (seen = resolve));
        const onLog: LaunchOptions['onLog'] = ({ message }) => {
          if (message === 'the reader lives') seen();
        };
        await using plugin = await host.start({ ...launch(image), onLog });
        const kv = plugin.client(kvDefinition);
        for (let round = 0; round < 2; round += 1) {
          await kv.put({ key: 'log-bomb', value: Buffer.from('v') });
        }
        await alive;
        assert.equal(String((await kv.get({ key: 'log-bomb' })).value), 'v');
      }),
    );

    itInTurn('tells a few of many names that a plugin made in its socket directory', (t) =>
      attack(t, place, async (host, image) => {
        const count = runtime === 'runsc' ? 10_000 : 100_000;
        const error = await failed(host, {
          ...launch(image),
          args: ['names', String(count)],
          startTimeoutMs: 200_000,
        });
        const sockets = error.diagnosis?.facts.find(({ name }) => name === 'sockets')?.value ?? '';
        assert.equal(error.code, 'PLUGIN_EXITED', error.message);
        assert.match(sockets, /^n{50}.*, n.* and (?:more than )?\d+ (?:more|others)$/);
        assert.ok(inspect(error, { depth: 10 }).length < 64 * 1024);
      }),
    );

    itInTurn('shows what would steer a terminal by its number in every part of an error', (t) =>
      attack(t, place, async (host, image) => {
        const error = await failed(host, { ...launch(image), args: ['escapes'] });
        assert.match(
          error.output?.stderr ?? '',
          /\\u001b\[2J\\u009b31m\\u061c\\u200b\\u200f\\u2028\\u202e the end/,
        );
        for (const text of [error.message, error.stack ?? '', error.output?.stderr ?? '']) {
          // eslint-disable-next-line no-control-regex -- it must not be there
          assert.doesNotMatch(text, /[\u001b\u0080-\u009f\u061c\u200b-\u200f\u2028\u202a-\u202e]/);
        }
      }),
    );

    itInTurn('carries no value of an argument or variable into an error, event or record', (t) =>
      attack(t, place, async (host, image) => {
        const secret = `s3cret-${Math.random().toString(36).slice(2)}`;
        const told: unknown[] = [];
        const listen = (message: unknown): void => void told.push(message);
        for (const name of ['bulkhead:start', 'bulkhead:end']) subscribe(name, listen);
        try {
          const env = { TOKEN: secret };
          const flag = `--token=${secret}`;
          const ways: readonly LaunchOptions[] = [
            { ...launch(image), env, args: ['say', flag, secret] },
            { ...launch(image), env, args: ['silent', flag, secret], startTimeoutMs: 3_000 },
            { ...launch(image), env, args: [flag, secret], entrypoint: ['/nosuch'] },
            { ...launch(image), env: { ...env, [`X=${secret}`]: 'x' }, args: [flag] },
            { ...launch(image), env, args: [flag], user: 'nosuchuser' },
          ];
          for (const options of ways) {
            const error = await failed(host, { ...options, override: 'unknown' });
            told.push(
              error,
              describeError(error, unpainted),
              JSON.stringify(error),
              error.stack,
              error.cause,
            );
          }
        } finally {
          for (const name of ['bulkhead:start', 'bulkhead:end']) unsubscribe(name, listen);
        }
        assert.ok(told.length >= 25);
        told.push(host.instances(), host.metrics());
        const everything = inspect(told, { depth: 20, showHidden: true, maxStringLength: null });
        const at = everything.indexOf(secret);
        assert.equal(at, -1, everything.slice(Math.max(0, at - 300), at + 10).replaceAll(secret, 'SECRET'));
      }),
    );
  });
}

function launch(image: string): LaunchOptions {
  return { image, handshake: fixtureHandshake, protocolVersions: [1] };
}

async function failed(
  host: PluginHost,
  options: LaunchOptions,
): Promise<BulkheadError & Partial<PluginError>> {
  try {
    await (await host.start(options))[Symbol.asyncDispose]();
  } catch (error) {
    assert.ok(error instanceof BulkheadError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the plugin started' });
}

/** After the attack the same host serves another plugin, and then nothing is left of it. */
function attack(
  t: TestContext,
  place: Place,
  test: (host: PluginHost, image: string) => Promise<void>,
): Promise<void> {
  return withFixture(t, place, 'node-output-attacker', async ({ host, image }) => {
    await test(host, image);
    await using other = await host.start(launch(image));
    await other.health();
  });
}
