/** A reload: which mounts move, onto which plugins, and what happens to those that they leave. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reloadMounts, reloadPlugin } from '../../src/host/mounts/reload.ts';

interface MadeMount {
  readonly mountId: string;
  readonly plugin: { readonly type: string; readonly name: string };
  readonly options: { readonly share?: boolean };
  closed: boolean;
  runsOn: { readonly id: string; readonly plugin: object };
  readonly moves: unknown[];
}

function world(shared = true) {
  const log: string[] = [];
  const opened: { readonly id: string; readonly shared: boolean; readonly plugin: unknown }[] = [];
  const mounts: MadeMount[] = [];
  const old = { id: 'old', plugin: { key: 'old' } };
  const pool = {
    mounts,
    report: {
      mounted: (what: string, { mountId }: MadeMount, id: string) => log.push(`${what} ${mountId} ${id}`),
    },
    open: (plugin: unknown) => {
      const target = {
        id: `new-${opened.length}`,
        shared,
        plugin,
        ready: () => Promise.resolve('generation'),
      };
      opened.push(target);
      return Promise.resolve(target);
    },
    stop: ({ id }: { id: string }) => Promise.resolve(log.push(`stop ${id}`)),
    leaveInstance: ({ id }: { id: string }) => Promise.resolve(log.push(`leave ${id}`)),
  };
  const add = (
    mountId: string,
    options: { share?: boolean } = {},
    use: string | null = 'old use',
    name = 'kv',
  ) => {
    const mount = {
      ...{ mountId, plugin: { type: 'kv', name }, options, closed: false },
      runsOn: old as MadeMount['runsOn'],
      moves: [] as unknown[],
      prepareOn: (target: { id: string }) => Promise.resolve(`use of ${target.id}`),
      moveTo(this: MadeMount, instance: never, next: unknown) {
        const before = { instance: this.runsOn, use: use ?? undefined };
        this.runsOn = instance;
        this.moves.push(next);
        return before;
      },
      releaseFrom: (released: string, { limitMs }: { limitMs: number }) =>
        Promise.resolve(log.push(`release ${mountId} ${released} ${limitMs}`)),
    };
    mounts.push(mount);
    return mount;
  };
  return { pool: pool as never, mounts, opened, log, add };
}
const resolve = () => Promise.resolve({ key: 'k' } as never);

describe('a reload', () => {
  it('moves mounts of one plugin onto one, tells it, and leaves the old one once', async () => {
    const { pool, mounts, opened, log, add } = world();
    const [a, b] = [add('a'), add('b')];
    const resolved: unknown[] = [];
    const resolveOnce = (mount: unknown) => {
      assert.ok(!resolved.includes(mount), 'a mount was resolved twice');
      resolved.push(mount);
      return resolve();
    };
    await reloadMounts(pool, () => mounts as never, resolveOnce, { drainMs: 7 });
    assert.equal(opened.length, 1);
    assert.deepEqual([a.moves, b.moves], [['use of new-0'], ['use of new-0']]);
    assert.deepEqual(log, [
      ...['moved a new-0', 'moved b new-0', 'release a old use 7', 'release b old use 7'],
      ...['leave old', 'leave new-0'],
    ]);
  });

  it('gives those a plugin of their own that do not share, or whose plugin can not be shared', async () => {
    const own = world();
    own.add('a', { share: false });
    own.add('b', { share: true });
    own.add('c');
    own.add('d', { share: false });
    await reloadMounts(own.pool, () => own.mounts as never, resolve, {});
    assert.equal(own.opened.length, 3);
    const alone = world(false);
    alone.add('a');
    alone.add('b');
    await reloadMounts(alone.pool, () => alone.mounts as never, resolve, {});
    assert.equal(alone.opened.length, 2);
  });

  it('leaves a mount alone that was closed, and releases nothing that was not used', async () => {
    const { pool, mounts, log, add } = world();
    const closed = add('a');
    closed.closed = true;
    closed.prepareOn = () => assert.fail('it was prepared');
    add('b', {}, null);
    await reloadMounts(pool, () => mounts as never, resolve, {});
    assert.deepEqual(closed.moves, []);
    assert.deepEqual(log, ['moved b new-0', 'leave old', 'leave new-0']);
  });

  it('leaves a mount where it is that is closed while its new plugin is prepared', async () => {
    const { pool, mounts, log, add } = world();
    const [a, b] = [add('a'), add('b')];
    a.prepareOn = () => {
      a.closed = true;
      return Promise.resolve('a use');
    };
    await reloadMounts(pool, () => mounts as never, resolve, {});
    assert.deepEqual([a.moves, b.moves], [[], ['use of new-0']]);
    assert.deepEqual(log, ['moved b new-0', 'release b old use 30000', 'leave old', 'leave new-0']);
  });

  it('gives the calls under way half a minute where nothing else is said', async () => {
    const { pool, mounts, log, add } = world();
    add('a');
    await reloadMounts(pool, () => mounts as never, resolve, {});
    assert.ok(log.includes('release a old use 30000'));
  });

  it('ends with the reason of its signal, names the plugin otherwise, and moves nothing then', async () => {
    const { pool, mounts, log, add } = world();
    const mount = add('a');
    const reason = new Error('enough');
    const options = { signal: AbortSignal.abort(reason) };
    await assert.rejects(
      reloadMounts(pool, () => mounts as never, resolve, options),
      reason,
    );
    assert.deepEqual(mount.moves, []);
    assert.deepEqual(log, ['stop new-0']);
    const failing = () => Promise.reject(new Error('no image'));
    await assert.rejects(
      reloadMounts(pool, () => mounts as never, failing, {}),
      /kv kv/,
    );
    await assert.rejects(
      reloadMounts(
        pool,
        () => {
          throw new Error('x');
        },
        resolve,
        {},
      ),
    );
  });
});

describe('a reload whose last mount is closed meanwhile', () => {
  it('fails with what the new plugin failed at', async () => {
    const { pool, mounts, add } = world();
    add('a');
    const failure = new Error('no image');
    const failing = () => {
      mounts.pop();
      return Promise.reject(failure);
    };
    await assert.rejects(
      reloadMounts(pool, () => mounts as never, failing, {}),
      { code: 'RELOAD_FAILED', cause: failure, message: /kv kv/ },
    );
  });
});

describe('a reload of no mount', () => {
  it('does nothing', async () => {
    const { pool, opened, log } = world();
    await reloadMounts(pool, () => [], resolve, {});
    assert.deepEqual([opened, log], [[], []]);
  });
});

describe('a reload by name', () => {
  function sources(known: readonly MadeMount[]) {
    const set: unknown[] = [];
    const asked: unknown[] = [];
    return {
      ...{ set, asked },
      sources: {
        of: (mount: MadeMount) =>
          known.includes(mount)
            ? { kind: 'registered', type: 'kv', name: 'kv', version: undefined }
            : undefined,
        set: (mount: MadeMount, source: object) => set.push([mount.mountId, source]),
        resolve: (source: unknown) => {
          asked.push(source);
          return Promise.resolve({ key: 'k', launch: { settings: 'kept' } });
        },
      } as never,
    };
  }

  it('takes only mounts of that type, name and id whose source is known, and remembers their version', async () => {
    const { pool, opened, add } = world();
    const a = add('a');
    const b = add('b');
    const other = add('c', {}, 'use', 'other');
    const unmade = add('d');
    const { sources: kept, set, asked } = sources([a, b, other] as never);
    const what = { type: 'kv', name: 'kv', version: 'v2', mounts: ['a', 'd'], override: 'unknown' } as const;
    assert.equal(await reloadPlugin(pool, kept, what), 1);
    assert.equal(a.moves.length, 1);
    assert.deepEqual([b.moves, other.moves, unmade.moves], [[], [], []]);
    const source = { kind: 'registered', type: 'kv', name: 'kv', version: 'v2' };
    assert.deepEqual(set, [['a', source]]);
    assert.deepEqual(asked, [source]);
    assert.deepEqual(opened[0]?.plugin, { key: 'k', launch: { settings: 'kept', override: 'unknown' } });
    assert.equal(await reloadPlugin(pool, kept, { type: 'kv', name: 'kv' }), 2);
    assert.deepEqual(opened[1]?.plugin, { key: 'k', launch: { settings: 'kept' } });
  });

  it('does nothing where there is nothing', async () => {
    const { pool, opened, add } = world();
    const { sources: kept } = sources([add('a')] as never);
    assert.equal(await reloadPlugin(pool, kept, { type: 'kv', name: 'none' }), 0);
    assert.equal(await reloadPlugin(pool, kept, { type: 'secret', name: 'kv' }), 0);
    assert.equal(opened.length, 0);
  });
  it('of nothing does not mind a signal that is over', async () => {
    const { pool, add } = world();
    const { sources: kept } = sources([add('a')] as never);
    const signal = AbortSignal.abort(new Error('enough'));
    assert.equal(await reloadPlugin(pool, kept, { type: 'kv', name: 'none', signal }), 0);
  });
});
