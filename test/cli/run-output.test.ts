/** What `run` and `call` show of what a plugin writes, on a real engine: its prints, and the fields of its log lines. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { loadFixture } from '../plugins/images.ts';
import { bulkhead, startBulkhead } from './bulkhead.ts';

const testEngine = loadEngines().find(
  ({ kind, rootless, suite }) => kind === 'docker' && !rootless && suite === 'host',
);
const socket = testEngine?.services[0]?.socket ?? '';
const limits = { timeout: 180_000 };

describe(
  'what a plugin writes',
  { skip: (testEngine === undefined && noEngines) || (goOnThePath() === undefined && noGo), ...limits },
  () => {
    let image = '';
    let parent: Awaited<ReturnType<typeof ownSocketParent>> | undefined;
    const words = (...args: string[]) => [
      ...args,
      '-cookie=BASIC_PLUGIN=hello',
      '-oci_runtime=runc',
      `-engine=${socket}`,
      `-socket_directory=${parent?.path ?? ''}`,
    ];

    before(async () => {
      if (testEngine === undefined) return;
      await using engine = await connectEngine({ socketPath: socket });
      const fixture = await loadFixture(engine, 'go-faulty');
      if (fixture.skipped === undefined) image = fixture.tag;
      parent = await ownSocketParent(testEngine);
    });
    after(async () => {
      await parent?.[Symbol.asyncDispose]();
    });

    it('during a call is shown beside the reply, and can do the terminal no harm', () => {
      const { status, stdout, stderr } = bulkhead(
        words('call', image, 'KV/Put', '{"key":"talk","value":"YQ=="}'),
      );
      assert.equal(status, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), {});
      assert.match(stderr, /^\[warn\] asked key=talk times=7$/m);
      assert.match(stderr, /^\[stdout\] printed \\u001b\[2Jhere$/m);
      assert.match(stderr, /^\[stdout\] and at last$/m);
    });

    it('is shown as JSON with -format=json', () => {
      const { status, stdout, stderr } = bulkhead(
        words('call', image, 'KV/Put', '{"key":"talk","value":"YQ=="}', '-format=json'),
      );
      assert.equal(status, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), {});
      const lines = stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { stream: string; level: string; text: string; fields?: object });
      const log = lines.find(({ text }) => text === 'asked');
      assert.deepEqual([log?.stream, log?.level, log?.fields], ['stderr', 'warn', { key: 'talk', times: 7 }]);
      assert.ok(lines.some(({ stream, text }) => stream === 'stdout' && text === 'printed \u001b[2Jhere'));
    });

    it('of a reply, one field is printed, and one that it has not fails without denying that the call was made', () => {
      const put = ['call', image, 'KV/Get'];
      const missing = bulkhead(
        words(...put.slice(0, 2), 'Health/Check', '{"service":"plugin"}', '-field=nosuch'),
      );
      assert.deepEqual([missing.status, missing.stdout], [1, ''], missing.stderr);
      assert.match(
        missing.stderr,
        /there is no field "nosuch"; there are status[^]*before that, the call was made/,
      );
      const found = bulkhead(
        words(...put.slice(0, 2), 'Health/Check', '{"service":"plugin"}', '-field=status'),
      );
      assert.deepEqual([found.status, found.stdout], [0, 'SERVING\n'], found.stderr);
    });

    it('of a crash before the handshake is shown once, and told by its headline', () => {
      const { status, stderr } = bulkhead(words('run', image, '-args=panic'));
      assert.equal(status, 1, stderr);
      assert.match(stderr, /^Error: PLUGIN_EXITED: .*; its last words: panic: the store is corrupt$/m);
      assert.equal(stderr.match(/goroutine 1 \[running\]/g)?.length, 1, stderr);
    });

    it('of a call that fails for what the container denies comes with the flag that allows it', () => {
      const { status, stderr } = bulkhead(words('call', image, 'KV/Put', '{"key":"write","value":"YQ=="}'));
      assert.equal(status, 1, stderr);
      assert.match(
        stderr,
        /PLUGIN_CALL_FAILED: .*read-only file system[^]*^Hint: .*-tmpfs=\/new.*-writable/m,
      );
    });

    it('while it runs is shown, and its handshake can be had as data', async () => {
      const child = startBulkhead(words('run', image, '-format=json', '-field=address'));
      assert.ok(child.stdout !== null);
      const ended = once(child, 'exit');
      for await (const line of createInterface({ input: child.stdout })) {
        assert.match(line, /^"\/run\/bulkhead\/.*"$/);
        break;
      }
      child.kill('SIGINT');
      assert.deepEqual(await ended, [0, null]);
    });

    it('and its end by a kill comes with its limit on memory, which may be why', async () => {
      const child = startBulkhead(
        words('run', image, '-format=json', '-field=container', '-memory_bytes=64M'),
      );
      assert.ok(child.stdout !== null && child.stderr !== null);
      const ended = once(child, 'exit');
      const errors: string[] = [];
      child.stderr.setEncoding('utf8').on('data', (piece: string) => errors.push(piece));
      await using engine = await connectEngine({ socketPath: socket });
      for await (const line of createInterface({ input: child.stdout })) {
        await engine.containers.kill(JSON.parse(line) as string);
        break;
      }
      assert.deepEqual(await ended, [1, null]);
      assert.match(errors.join(''), /^the plugin ended with exit code 137$/m);
      assert.match(
        errors.join(''),
        /^Hint: It was killed \(SIGKILL\), and may use 67108864 bytes.*-memory_bytes/m,
      );
    });
  },
);
