/** What an engine knows under the word for a network, and what it is asked to find out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveNetwork } from '../../src/container/attested/resolve-network.ts';
import { ConflictError, NotFoundError, type Engine } from '../../src/engine/index.ts';

const known = { network: 'ab'.repeat(32), standard: 'cd'.repeat(32), container: 'ef'.repeat(32) };
const context = { status: 404, method: 'GET', path: '/containers', socketPath: '/x' };

const networks = {
  '/networks': [
    { Name: 'plugins', Id: known.network, Driver: 'bridge', Internal: false },
    { Name: 'bridge', Id: known.standard, Driver: 'bridge', Internal: false },
  ],
  '/libpod/networks/json': [
    { name: 'plugins', id: known.network, driver: 'bridge', internal: false },
    { name: 'podman', id: known.standard, driver: 'bridge', internal: false },
  ],
};

/** An engine with these networks and one container, which notes what it is asked, and with which signal. */
function engineOf(kind: 'docker' | 'podman', failure: Error = new NotFoundError('none such', context)) {
  const asked: string[] = [];
  const signals: unknown[] = [];
  const engine = {
    kind,
    socketPath: '/x',
    request: ({ path, signal }: { path: keyof typeof networks; signal?: AbortSignal }) => {
      asked.push(path);
      signals.push(signal);
      return Promise.resolve({ body: networks[path] });
    },
    containers: {
      inspect: (name: string, { signal }: { signal?: AbortSignal }) => {
        asked.push(name);
        signals.push(signal);
        return name === 'other' ? Promise.resolve({ id: known.container }) : Promise.reject(failure);
      },
    },
  };
  return { engine: engine as unknown as Engine, asked, signals };
}

describe('the network of a request', () => {
  for (const kind of ['docker', 'podman'] as const) {
    const standard = kind === 'docker' ? 'bridge' : 'podman';

    it(`is found on a ${kind} by its name, its id and the beginning of its id`, async () => {
      const found = { kind: 'network', name: 'plugins', id: known.network };
      for (const word of ['plugins', known.network, known.network.slice(0, 12)])
        assert.deepEqual(await resolveNetwork(engineOf(kind).engine, word), found, word);
      assert.equal(await resolveNetwork(engineOf(kind).engine, 'none-such'), undefined);
    });

    it(`is a container of a ${kind}, if there is such a one`, async () => {
      const found = { kind: 'container', id: known.container };
      assert.deepEqual(await resolveNetwork(engineOf(kind).engine, 'container:other'), found);
      assert.equal(await resolveNetwork(engineOf(kind).engine, 'container:none-such'), undefined);
      const failure = new ConflictError('busy', context);
      await assert.rejects(resolveNetwork(engineOf(kind, failure).engine, 'container:x'), failure);
    });

    it(`is not looked for on a ${kind} where the word says it all`, async () => {
      const words =
        kind === 'docker' ? ['', 'bridge', 'default'] : ['ns:/proc/1/ns/net', 'pasta', 'slirp4netns'];
      for (const word of [undefined, 'none', 'host', ...words]) {
        const { engine, asked } = engineOf(kind);
        assert.equal(await resolveNetwork(engine, word), undefined);
        assert.deepEqual(asked, [], word);
      }
    });

    it(`is looked for on a ${kind} with the signal of the caller`, async () => {
      const { signal } = new AbortController();
      const { engine, signals } = engineOf(kind);
      await resolveNetwork(engine, 'plugins', { signal });
      await resolveNetwork(engine, 'container:other', { signal });
      assert.deepEqual(
        signals,
        Array.from({ length: kind === 'docker' ? 2 : 3 }, () => signal),
      );
    });

    if (kind === 'podman')
      it('is the default one of a Podman, which has a name of its own', async () => {
        const found = { kind: 'network', name: standard, id: known.standard };
        for (const word of ['', 'bridge', 'default', 'private'])
          assert.deepEqual(await resolveNetwork(engineOf(kind).engine, word), found, word);
      });
  }
});
