/**
 * Lists of accounts, entry points and loaders that are links, as Nix, Bazel and distroless images have them. What a
 * verdict says of each is held against what the engine does with the very same image.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { planLaunch } from '../../src/container/index.ts';
import { createContainerRunner } from '../../src/container/container-runner.ts';
import { isKnown, valueOf, gatherImageFacts } from '../../src/compatibility/index.ts';
import { resolveUser } from '../../src/compatibility/container-user.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import type { ImageFile } from '../../src/packing/index.ts';
import { noEngines } from '../engines/engines.ts';
import { inTurn } from '../engines/in-turn.ts';
import { busyboxProgram, noBusybox } from '../engine/support/busybox-image.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { configuredImage, type LayerEntry } from '../plugins/configured-image.ts';
import { suites } from './test-engines.ts';

const all = suites();
const limits = { timeout: 240_000 };
const reason = all.size === 0 ? noEngines : noBusybox;
if (reason !== undefined) it('follows links to lists of accounts', { skip: reason }, () => undefined);

const passwd = 'root:x:0:0:root:/:/bin/sh\nanna:x:4242:4343:anna:/:/bin/sh\n';
const group = 'root:x:0:\nstaff:x:4343:\n';
const real = (folder: string): ImageFile[] => [
  { path: `${folder}/passwd`, content: passwd },
  { path: `${folder}/group`, content: group },
];
const links = (target: (name: string) => string): ImageFile[] =>
  ['passwd', 'group'].map((name) => ({ path: `/etc/${name}`, symlink: target(name) }));

interface Case {
  readonly name: string;
  readonly files: readonly ImageFile[];
  readonly layers?: readonly (readonly LayerEntry[])[];
  /** Whether the engine finds the user; a name: only that engine does. */
  readonly found: boolean | 'podman';
}

const cases: readonly Case[] = [
  {
    name: 'absolute links, as in Nix images',
    files: [...links((name) => `/nix/store/abc-base/etc/${name}`), ...real('/nix/store/abc-base/etc')],
    found: true,
  },
  {
    name: 'relative links, as in Bazel images',
    files: [...links((name) => `../usr/share/accounts/${name}`), ...real('/usr/share/accounts')],
    found: true,
  },
  {
    name: 'chains of links',
    files: [
      ...links((name) => `/one/${name}`),
      ...['passwd', 'group'].flatMap((name) => [
        { path: `/one/${name}`, symlink: `../two/${name}` },
        { path: `/two/${name}`, symlink: `/three/${name}` },
      ]),
      ...real('/three'),
    ],
    found: true,
  },
  {
    name: 'a folder that is a link',
    files: [{ path: '/etc', symlink: '/private/etc' }, ...real('/private/etc')],
    found: 'podman', // Docker lays a folder of its own over the link
  },
  {
    name: 'links that lead out of the root',
    files: [...links((name) => `../../../../../srv/${name}`), ...real('/srv')],
    found: true,
  },
  { name: 'links that lead nowhere', files: links((name) => `/nowhere/${name}`), found: false },
  {
    name: 'a target that an upper layer takes away',
    files: [...links((name) => `/srv/${name}`), ...real('/srv')],
    layers: [[{ name: 'srv/', type: 'directory' }, { name: 'srv/.wh.passwd' }]],
    found: false,
  },
  {
    name: 'a target that an upper layer replaces',
    files: [
      ...links((name) => `/srv/${name}`),
      { path: '/srv/passwd', content: 'root:x:0:0::/:\n' },
      { path: '/srv/group', content: '' },
    ],
    layers: [
      [
        { name: 'srv/', type: 'directory' },
        { name: 'srv/passwd', content: passwd },
        { name: 'srv/group', content: group },
      ],
    ],
    found: true,
  },
  {
    name: 'links that an upper layer makes',
    files: [...real('/srv'), { path: '/etc/passwd', content: 'root:x:0:0::/:\n' }],
    layers: [
      [
        { name: 'etc/', type: 'directory' },
        { name: 'etc/passwd', type: 'symlink', linkname: '../srv/passwd' },
        { name: 'etc/group', type: 'symlink', linkname: '/srv/group' },
      ],
    ],
    found: true,
  },
  {
    name: 'hard links',
    files: [],
    layers: [
      [
        { name: 'srv/', type: 'directory' },
        { name: 'srv/accounts', content: passwd },
        { name: 'srv/groups', content: group },
        { name: 'etc/', type: 'directory' },
        { name: 'etc/passwd', type: 'link', linkname: 'srv/accounts' },
        { name: 'etc/group', type: 'link', linkname: 'srv/groups' },
      ],
    ],
    found: true,
  },
];

for (const [suite, testEngines] of reason === undefined ? all : []) {
  for (const testEngine of testEngines) {
    describe(`links on ${suite} ${testEngine.name}`, () => {
      let engine: Engine;
      let parent: Awaited<ReturnType<typeof ownSocketParent>>;
      const runtime = 'runc';
      const tags: string[] = [];
      before(async () => {
        parent = await ownSocketParent(testEngine);
        const socket = testEngine.services.find((one) => one.runtime === runtime)?.socket;
        assert.ok(socket !== undefined);
        engine = await connectEngine({ socketPath: socket });
      });
      after(async () => {
        for (const tag of tags) await engine.images.remove(tag);
        await engine.close();
        await parent[Symbol.asyncDispose]();
      });

      const load = async (
        name: string,
        files: readonly ImageFile[],
        more: {
          layers?: readonly (readonly LayerEntry[])[];
          entrypoint?: readonly string[];
          user?: string;
        } = {},
      ): Promise<string> => {
        const tag = `localhost/bulkhead-test/links-${name.replace(/\W+/g, '-').toLowerCase()}:1`;
        const archive = await configuredImage({
          tag,
          files: [{ path: '/bin/busybox', content: { file: busyboxProgram }, mode: 0o755 }, ...files],
          entrypoint: ['/bin/busybox', 'id'],
          user: 'anna:staff',
          ...more,
        });
        await engine.images.load(archive);
        tags.push(tag);
        return tag;
      };

      /** Runs the image as a launch would, whatever the verdict is; returns what it prints, or the error. */
      const ran = async (image: string): Promise<string> => {
        const options = { image, runtime, socketDirectory: parent.path, override: 'refused' as const };
        const plan = await planLaunch(engine, options);
        try {
          await using runner = await createContainerRunner({
            engine,
            ...plan,
            options,
            labels: {},
            environment: {},
          });
          await runner.start();
          const chunks: Uint8Array[] = [];
          for await (const chunk of runner.stdout) chunks.push(chunk);
          await runner.wait();
          return Buffer.concat(chunks).toString();
        } catch (error) {
          return `failed: ${(error as Error).message}`;
        }
      };

      const sameKind = testEngines.filter(({ kind }) => kind === testEngine.kind);
      for (const [index, { name, files, layers = [], found: finder }] of cases.entries()) {
        if (!inTurn(sameKind, index).includes(testEngine)) continue;
        const found = finder === 'podman' ? testEngine.kind === 'podman' : finder;
        it(`${found ? 'finds' : 'does not find'} a user through ${name}, as the engine`, limits, async () => {
          const tag = await load(name, files, { layers });
          const facts = await gatherImageFacts(engine, tag);
          assert.ok(!('absent' in facts));
          const user = resolveUser('anna:staff', facts.accounts);
          assert.deepEqual(valueOf(user), found ? { uid: 4242, gid: 4343 } : undefined, JSON.stringify(user));
          const { verdict } = await planLaunch(engine, { image: tag, runtime, socketDirectory: parent.path });
          assert.equal(verdict.status, found ? 'works' : 'refused', JSON.stringify(verdict));
          const output = await ran(tag);
          if (found) assert.match(output, /^uid=4242.*gid=4343/, output);
          else assert.match(output, /^failed/, output);
        });
      }

      it(
        'says of a circle of links that it is one, and the engine does not start either',
        limits,
        async () => {
          const tag = await load('circle', [
            ...links((name) => `/srv/${name}`),
            { path: '/srv/passwd', symlink: '../etc/passwd' },
            { path: '/srv/group', content: group },
          ]);
          const { verdict } = await planLaunch(engine, { image: tag, runtime, socketDirectory: parent.path });
          assert.notEqual(verdict.status, 'works');
          assert.ok('reasons' in verdict);
          assert.match(verdict.reasons.map(({ observed }) => observed).join(), /circle of links/);
          assert.match(await ran(tag), /^failed/);
        },
      );

      it(
        'finds an entry point through links, in a folder that is one and out of the root',
        limits,
        async () => {
          const tag = await load(
            'entry',
            [
              { path: '/opt/current', symlink: '../releases/7' },
              { path: '/releases/7/start', symlink: '../../../../bin/busybox' },
            ],
            { entrypoint: ['/opt/current/start', 'true'], user: '0:0' },
          );
          const facts = await gatherImageFacts(engine, tag);
          assert.ok(!('absent' in facts) && isKnown(facts.program));
          assert.equal(facts.program.value.path, '/bin/busybox');
          assert.ok(!(await ran(tag)).startsWith('failed'));
        },
      );
    });
  }
}
