/** What a sweep tells about what it removed and what it could not, and what it keeps until that is clear. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { probeRepository } from '../../../src/container/index.ts';
import { EngineOperationError, NotFoundError, type Engine } from '../../../src/engine/index.ts';
import { hostLabels, ownerLabels } from '../../../src/host/orphans/labels.ts';
import { provedLabels } from '../../../src/host/orphans/owner-proof.ts';
import { sweepAll, type MayLive } from '../../../src/host/orphans/sweep.ts';
import { thisProcess } from '../../../src/linux/process-identity.ts';

const cluster = { clusterId: 'cluster', key: Buffer.alloc(32, 7) };
const noProcess = 2 ** 22 + 1;
const gone = {
  ...ownerLabels({ hostId: 'the host', clusterId: 'cluster' }),
  [hostLabels.processId]: String(noProcess),
};
const context = { status: 500, method: 'DELETE', path: '/x', socketPath: '/x' };
const broken = (what: string) => new EngineOperationError(what, context);
const absent = new NotFoundError('no such image', { ...context, status: 404 });

interface Listed {
  readonly id: string;
  readonly names: readonly string[];
  readonly image: string;
  readonly state: string;
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>>;
}

function left(name: string, more: Readonly<Record<string, string>> = {}): Listed {
  const labels = provedLabels({ ...gone, ...more }, name, cluster.key);
  return {
    id: `id of ${name}`,
    names: [name],
    image: 'an image',
    state: 'exited',
    createdAt: new Date(),
    labels,
  };
}

/** An engine that has these containers and images, and whose removals of the ids and tags that are named fail. */
function engineWith(
  containers: readonly Listed[],
  images: readonly { readonly tags: readonly string[]; readonly labels: object }[] = [],
  refused: Readonly<Record<string, Error>> = {},
) {
  const removed: string[] = [];
  const remove = (what: string) => {
    const error = refused[what];
    if (error !== undefined) return Promise.reject(error);
    removed.push(what);
    return Promise.resolve();
  };
  const isAsked = (labels: object, { label: [asked = ''] }: { label: string[] }) =>
    Object.entries(labels).some(([name, value]) => `${name}=${String(value)}` === asked);
  const engine = {
    socketPath: '/x',
    containers: {
      list: ({ all, filters }: { all: boolean; filters: { label: string[] } }) =>
        Promise.resolve(
          containers.filter(({ labels, state }) => isAsked(labels, filters) && (all || state === 'running')),
        ),
      remove,
      inspect: (id: string) => Promise.resolve({ id }),
    },
    images: {
      list: ({ filters }: { filters: { label: string[] } }) =>
        Promise.resolve(images.filter(({ labels }) => isAsked(labels, filters))),
      remove,
    },
  };
  return Object.assign(engine as unknown as Engine, { removed });
}

function engineThatIsAway(): Engine {
  const away = () => Promise.reject(broken('the engine is away'));
  return { socketPath: '/x', containers: { list: away }, images: { list: away } } as unknown as Engine;
}

/** A parent with one folder of a host that is gone. */
async function withFolder(test: (parent: string, folder: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    const folder = join(parent, 'bulkhead-h-aaaaaa');
    await mkdir(folder, { mode: 0o700 });
    const owner = { hostId: 'the host', clusterId: 'cluster', process: { ...thisProcess(), pid: noProcess } };
    await writeFile(join(folder, 'owner.json'), JSON.stringify(owner), { mode: 0o600 });
    await test(parent, folder);
  } finally {
    await rm(parent, { recursive: true });
  }
}

const nothingKnown = (): MayLive => ({ folders: new Set(), anywhere: false });

describe('a sweep of containers', () => {
  it('tells of each what it was, of which host and which plugin', () =>
    withFolder(async (parent, folder) => {
      const more = {
        [hostLabels.pluginType]: 'secret',
        [hostLabels.pluginName]: 'kv',
        [hostLabels.folder]: join(folder),
      };
      const sweep = await sweepAll([engineWith([left('a', more), left('b')])], [], cluster);
      const told = { image: 'an image', hostId: 'the host' };
      assert.deepEqual(sweep.containers, [
        { ...told, id: 'id of a', name: 'a', plugin: 'secret kv', folder },
        { ...told, id: 'id of b', name: 'b', plugin: '', folder: '' },
      ]);
      assert.deepEqual(
        sweep.folders,
        [folder],
        'the folder that a label names is swept, whatever its parent',
      );
      assert.deepEqual(await readdir(parent), []);
      assert.deepEqual(sweep.failures, []);
    }));

  it('looks for no folders in the working directory where a container names none', () =>
    withFolder(async (parent, folder) => {
      const before = process.cwd();
      process.chdir(parent);
      try {
        const sweep = await sweepAll([engineWith([left('a')])], [], cluster);
        assert.equal(sweep.containers.length, 1);
        assert.deepEqual(sweep.folders, []);
        assert.deepEqual(await readdir(parent), [basename(folder)]);
      } finally {
        process.chdir(before);
      }
    }));

  it('leaves those of other clusters, and calls one without a name by its id', async () => {
    const other = {
      ...left('other'),
      labels: { ...left('other').labels, [hostLabels.clusterId]: 'another' },
    };
    const nameless = { ...left('x'), names: [] };
    const engine = engineWith([other, nameless]);
    const sweep = await sweepAll([engine], [], cluster);
    assert.deepEqual(sweep.unproved, ['id of x']);
    assert.deepEqual(engine.removed, []);
  });

  it('that could not all be removed keeps their folders, then and later', () =>
    withFolder(async (parent, folder) => {
      const stuck = [left('a', { [hostLabels.folder]: folder }), left('b')];
      const refused = { 'id of a': broken('a is stuck'), 'id of b': broken('b is stuck') };
      const mayLive = nothingKnown();
      const sweep = await sweepAll([engineWith(stuck, [], refused)], [parent], cluster, { mayLive });
      assert.deepEqual(sweep.containers, []);
      assert.deepEqual(sweep.folders, []);
      assert.equal(sweep.failures.length, 3);
      for (const told of [/id of a could not be removed/, /id of b could not be removed/, /may live/])
        assert.equal(sweep.failures.filter((line) => told.test(line)).length, 1, String(told));
      assert.deepEqual([...mayLive.folders], [folder]);
      assert.deepEqual((await sweepAll([engineWith([])], [parent], cluster, { mayLive })).folders, []);
      assert.deepEqual((await sweepAll([engineWith([])], [parent], cluster)).folders, [folder]);
    }));
});

describe('a sweep of images', () => {
  const probe = `${probeRepository}12345678`;
  const labels = provedLabels(gone, probe, cluster.key);
  const tag = `${probe}:plain`;

  it('does not mind that another sweep was faster, and reports any other failure', async () => {
    const images = [{ tags: [tag], labels }];
    const late = await sweepAll([engineWith([], images, { [tag]: absent })], [], cluster);
    assert.deepEqual([late.images, late.failures], [[], []]);
    const failed = await sweepAll([engineWith([], images, { [tag]: broken('in use') })], [], cluster);
    assert.deepEqual(failed.images, []);
    assert.match(failed.failures.join(), /in use/);
    assert.deepEqual((await sweepAll([engineWith([], images)], [], cluster)).images, [tag]);
  });

  it('takes no image in whose name that of a probe only occurs, nor one of another cluster', async () => {
    const mirrored = `mirror.example/${probe}`;
    const images = [
      { tags: [`${mirrored}:plain`], labels: provedLabels(gone, mirrored, cluster.key) },
      {
        tags: [tag],
        labels: provedLabels({ ...gone, [hostLabels.clusterId]: 'another' }, probe, cluster.key),
      },
    ];
    const engine = engineWith([], images);
    assert.deepEqual((await sweepAll([engine], [], cluster)).images, []);
    assert.deepEqual(engine.removed, []);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const engine = engineWith([], [{ tags: [tag, `${probe}:locking`], labels }]);
    const asked: string[] = [];
    engine.images.remove = (name) => {
      asked.push(name);
      abort.abort(reason);
      return Promise.reject(reason);
    };
    await assert.rejects(sweepAll([engine], [], cluster, { signal: abort.signal }), reason);
    assert.deepEqual(asked, [tag]);
  });
});

describe('a sweep of which an engine can not be asked', () => {
  it('sweeps the other engines, and leaves every folder, then and later', () =>
    withFolder(async (parent, folder) => {
      const mayLive = nothingKnown();
      const engines = [engineThatIsAway(), engineWith([left('a')])];
      const sweep = await sweepAll(engines, [parent], cluster, { mayLive });
      assert.deepEqual(
        sweep.containers.map(({ name }) => name),
        ['a'],
      );
      assert.deepEqual(sweep.folders, []);
      assert.match(sweep.failures[0] ?? '', /the engine is away/);
      assert.match(sweep.failures[1] ?? '', /folders for sockets were left/);
      assert.deepEqual((await sweepAll([engineWith([])], [parent], cluster, { mayLive })).folders, []);
      assert.deepEqual((await sweepAll([engineWith([])], [parent], cluster)).folders, [folder]);
    }));

  it('says nothing of folders where it was asked for none', async () => {
    const { failures } = await sweepAll([engineThatIsAway()], [], cluster);
    assert.equal(failures.length, 1);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(sweepAll([engineThatIsAway()], [], cluster, { signal }), reason);
  });
});
