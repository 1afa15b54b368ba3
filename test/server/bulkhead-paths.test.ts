/** The paths below sys/bulkhead on a real engine: what runs, what it writes, what could run, and what is removed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { noEngines } from '../engines/engines.ts';
import { openEngineless } from './support/engineless.ts';
import { openEvents } from './support/event-reader.ts';
import { mountWriter } from './support/mount-writer.ts';
import { serverEngine, withServer, type ServerWorld } from './support/with-server.ts';

const limits = { timeout: 300_000, skip: serverEngine === undefined && noEngines };
type Data = Readonly<Record<string, unknown>>;

async function dataOf(world: ServerWorld, path: string): Promise<Data> {
  const got = await world.api('GET', `/v1/sys/bulkhead/${path}`);
  assert.equal(got.status, 200, got.text);
  return (got.body as { data: Data }).data;
}

async function instancesOf(world: ServerWorld): Promise<Data[]> {
  return (await dataOf(world, 'instances'))['instances'] as Data[];
}

it('refuses queries that it does not understand, and says what is wrong', async () => {
  await using server = await openEngineless();
  for (const [path, why] of [
    ['instances?wrong=1', /there is no \\"wrong\\"/],
    ['instances?list=true&wrong=1', /there is no \\"wrong\\"/],
    ['metrics?wrong=1', /there is no \\"wrong\\"; this path takes none/],
    ['matrix?image=a&image=b', /image is given twice/],
    ['verdict?image=', /image is empty/],
    ['verdict', /give image, or type and name/],
    ['verdict?image=a&mlock=perhaps', /mlock is true or false, not \\"perhaps\\"/],
    ['verdict?image=a&type=secret', /type, name and version name a registered plugin/],
    ['events?x=%1b[2J%e2%80%ae', /x|there is no/],
  ] as const) {
    const { status, text } = await server.api('GET', `/v1/sys/bulkhead/${path}`);
    assert.equal(status, 400, `${path}: ${text}`);
    assert.match(text, why);
    // eslint-disable-next-line no-control-regex -- it must not be there
    assert.doesNotMatch(text, /[\u001b\u202e]/);
  }
  assert.equal((await server.api('POST', '/v1/sys/bulkhead/gc?wrong=1')).status, 400);
  assert.equal((await server.api('GET', '/v1/sys/bulkhead/instances?list=false')).status, 200);
  for (const path of ['instances/none', 'instances/none/logs', 'instances/none/follow']) {
    assert.equal((await server.api('GET', `/v1/sys/bulkhead/${path}`)).status, 404);
  }
  assert.equal((await server.api('LIST', '/v1/sys/bulkhead/instances')).status, 404);
  assert.equal((await server.api('GET', '/v1/sys/bulkhead/gc')).status, 405);
});

it('shows what runs on a real engine', limits, (t) =>
  withServer(t, { fixture: 'node-output-attacker', name: 'writer' }, async (world) => {
    const { server, token, engine } = world;
    const at = server.socketPath;
    await using events = await openEvents(at, '/v1/sys/bulkhead/events', token);
    assert.equal(events.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(events.headers['cache-control'], 'no-store');
    await events.next('ready');
    const { mount, write, flood } = await mountWriter(world);
    const nextIn = async (state: string): Promise<Data> => {
      for (;;) {
        const { data } = await events.next('instance');
        if (data['state'] === state) return data;
      }
    };
    const id = String((await nextIn('ready'))['id']);
    const path = `instances/${id}`;

    await t.test('lists each instance with its state, and tells of each change', async () => {
      const [only] = await instancesOf(world);
      assert.deepEqual(
        [only?.['id'], only?.['type'], only?.['name'], only?.['state'], only?.['restarts']],
        [id, 'secret', 'writer', 'ready', 0],
      );
      assert.equal((only?.['mounts'] as string[])[0], mount.mountId);
      const { body } = await world.api('LIST', '/v1/sys/bulkhead/instances');
      assert.deepEqual((body as { data: { keys: string[] } }).data.keys, [id]);
      await engine.containers.kill(String(only?.['container_id']));
      let restarted = await nextIn('ready');
      while (restarted['restarts'] === 0) restarted = await nextIn('ready');
      assert.equal(restarted['restarts'], 1);
      assert.match(String((restarted['last_end'] as Data)['reason']), /./);
      assert.equal((await dataOf(world, path))['restarts'], 1);
    });

    await t.test('shows what it wrote, and what it writes as it writes it', async () => {
      await using follow = await openEvents(at, `/v1/sys/bulkhead/${path}/follow?lines=0`, token);
      await follow.next('ready');
      await write('first \u001b[2J');
      assert.equal((await follow.next('line')).data['text'], 'first \u001b[2J');
      for (;;) {
        const last = (await events.next('instance')).data['last_output'] as Data | null;
        if (last?.['text'] === 'first \u001b[2J') break;
      }
      const lines = (await dataOf(world, `${path}/logs?lines=1`))['lines'] as Data[];
      assert.equal(lines.length, 1);
      assert.equal(lines[0]?.['text'], 'first \u001b[2J');
      assert.deepEqual((await dataOf(world, `${path}/logs?lines=0`))['lines'], []);
    });

    await t.test(
      'leaves out lines for a reader that is too slow, says how many, and holds up nobody',
      async () => {
        await using slow = await openEvents(at, `/v1/sys/bulkhead/${path}/follow?lines=0`, token);
        await slow.next('ready');
        slow.response.pause();
        await flood(24);
        await write('after the flood');
        slow.response.resume();
        assert.ok(Number((await slow.next('left-out')).data['count']) > 100);
        await write('at last');
        while ((await slow.next('line')).data['text'] !== 'at last');
      },
    );

    await t.test('gives Prometheus what it can read', async () => {
      const { status, headers, text } = await world.api('GET', '/v1/sys/bulkhead/metrics');
      assert.equal(status, 200);
      assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
      assert.match(text, /^bulkhead_instances\{state="ready"\} 1$/m);
      assert.match(text, /^bulkhead_plugin_restarts_total\{type="secret",name="writer"\} 1$/m);
      const line =
        /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[\d.e+-]+|)$/;
      assert.deepEqual(
        text.split('\n').filter((each) => !line.test(each)),
        [],
      );
      const bearer = { token: '', headers: { Authorization: `Bearer ${token}` } };
      assert.equal((await world.api('GET', '/v1/sys/bulkhead/metrics', bearer)).status, 200);
    });

    await t.test('judges an image and a registered plugin as check does', async () => {
      const { host, image } = world;
      const given = await dataOf(
        world,
        `verdict?image=${encodeURIComponent(image)}&oci_runtime=runc&mlock=true`,
      );
      const checked = await host.check({ image, runtime: 'runc', mlock: true });
      assert.equal(given['verdict'], checked.status);
      assert.equal(given['ok'], checked.ok);
      assert.deepEqual(given['cell'], { ...checked.cell });
      const registered = await dataOf(world, 'verdict?type=secret&name=writer');
      assert.equal(registered['verdict'], (await host.check('secret', 'writer')).status);
      const absent = await dataOf(world, 'verdict?image=localhost/no-such:1');
      assert.equal(absent['verdict'], 'refused');
      assert.equal((absent['reasons'] as Data[])[0]?.['rule'], 'image-present');
    });

    await t.test('predicts the matrix', async () => {
      const { cells, summary } = (await dataOf(
        world,
        `matrix?image=${encodeURIComponent(world.image)}`,
      )) as unknown as { cells: Data[]; summary: Data };
      assert.equal(summary['cells'], cells.length);
      const ours = cells.filter(({ socketPath }) => socketPath === engine.socketPath);
      assert.equal(ours.length, 12);
      assert.equal(
        ours.find(({ runtime, user, mlock }) => runtime === 'runc' && user === 'root' && mlock === false)?.[
          'verdict'
        ],
        'works',
      );
    });

    await t.test('answers 400 for the matrix of an image that no engine has', async () => {
      const { status, body } = await world.api('GET', '/v1/sys/bulkhead/matrix?image=localhost/no-such:1');
      assert.deepEqual([status, (body as Data)['code']], [400, 'IMAGE_NOT_PRESENT']);
    });

    await t.test('removes what dead hosts have left, and nothing that lives', async () => {
      const { status, body } = await world.api('POST', '/v1/sys/bulkhead/gc');
      assert.equal(status, 200);
      const { data } = body as { data: Data };
      assert.deepEqual(Object.keys(data).sort(), ['containers', 'failures', 'folders', 'images', 'unproved']);
      assert.equal((await instancesOf(world)).length, 1);
    });

    await t.test('ends the log of an instance that is gone, and says so', async () => {
      await using follow = await openEvents(at, `/v1/sys/bulkhead/${path}/follow`, token);
      await follow.next('ready');
      await mount.close();
      await follow.next('end');
      assert.deepEqual(await follow.rest(), []);
      assert.equal((await events.next('gone')).data['id'], id);
      assert.deepEqual(await instancesOf(world), []);
    });
  }),
);
