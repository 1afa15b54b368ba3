/** Sockets with labels, and denials that explain a failure. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { denialsIn, loggedDenials } from '../../src/container/denials/audit-log.ts';
import { selinuxHint, suspectSelinux } from '../../src/container/denials/selinux.ts';
import { withFolderHint } from '../../src/container/folder-hint.ts';
import { socketLabels } from '../../src/container/sockets/socket-labels.ts';
import { BulkheadError } from '../../src/errors.ts';

const label = 'system_u:system_r:container_t:s0:c12,c34';
const made = { processLabel: label, mountLabel: 'system_u:object_r:container_file_t:s0:c12,c34' };
const own = 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023';
const labelled = { label: 'own', relabel: true, labelSockets: true } as const;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selinux-'));
  await mkdir(join(folder, 'attr'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

describe('the sockets of a host with SELinux', () => {
  const attributes = () => join(folder, 'attr');
  const now = (name: 'sockcreate' | 'fscreate') => readFileSync(join(attributes(), name), 'utf8');
  const reset = async () => {
    for (const name of ['sockcreate', 'fscreate']) await writeFile(join(attributes(), name), '');
  };

  it('have the label of the very container that may connect, and take it back at once', async () => {
    await reset();
    const make = socketLabels(labelled, made, { own, attributes: attributes() });
    assert.deepEqual(
      make?.('listen', () => [now('sockcreate'), now('fscreate')]),
      [label, made.mountLabel],
    );
    assert.deepEqual([now('sockcreate'), now('fscreate')], ['\n', '\n']);
  });

  it('connect in the own context at its lowest level', async () => {
    await reset();
    const make = socketLabels(labelled, made, { own, attributes: attributes() });
    assert.equal(
      make?.('connect', () => now('sockcreate')),
      'unconfined_u:unconfined_r:unconfined_t:s0',
    );
    assert.deepEqual([now('sockcreate'), now('fscreate')], ['\n', '']);
    await reset();
    const low = socketLabels(labelled, made, { own: 'u:r:t:s0', attributes: attributes() });
    assert.equal(
      low?.('connect', () => now('sockcreate')),
      '',
    );
  });

  it('connect without it where the policy does not let this process choose, once', () => {
    const make = socketLabels(labelled, made, { own, attributes: join(folder, 'nothing') });
    let times = 0;
    make?.('connect', () => (times += 1));
    assert.equal(times, 1);
    const broken = new Error('refused');
    assert.throws(() => {
      make?.('connect', () => {
        times += 1;
        throw broken;
      });
    }, broken);
    assert.equal(times, 2);
    assert.throws(() => make?.('listen', () => (times += 1)), { code: 'ENOENT' });
    assert.equal(times, 2);
  });

  it('are left alone without SELinux, without a label, and where they can not be labelled', async () => {
    await reset();
    assert.equal(socketLabels(undefined, made, { own }), undefined);
    assert.equal(socketLabels(labelled, made, { own: 'docker-default (enforce)' }), undefined);
    assert.equal(socketLabels(labelled, { ...made, processLabel: '' }, { own }), undefined);
    const unlabelled = { ...labelled, label: 'disabled' } as const;
    assert.equal(socketLabels(unlabelled, made, { own }), undefined);
    const multiplexed = { ...labelled, labelSockets: false };
    const make = socketLabels(multiplexed, made, { own, attributes: attributes() });
    assert.equal(
      make?.('listen', () => now('sockcreate')),
      '',
    );
  });
});

const since = new Date(1_764_489_100_000);
const record = (seconds: number, permissions: string, source: string, target: string, permissive = 0) =>
  `type=AVC msg=audit(${seconds}.123:45): avc:  denied  { ${permissions} } for  pid=7 comm="plu\u001bgin" path="/run/x" scontext=${source} tcontext=${target} tclass=unix_stream_socket permissive=${permissive}`;
const denial = `denied { connectto } scontext=${label} tcontext=${own} tclass=unix_stream_socket`;

describe('the audit log', () => {
  it('tells the denials of one container, since it was made, without names that a plugin chose', () => {
    const other = 'system_u:system_r:container_t:s0:c1,c2';
    const log = [
      record(1_764_489_000, 'read', label, own), // of an earlier container
      record(1_764_489_101, 'connectto', label, own),
      record(1_764_489_102, 'connectto', label, own),
      record(1_764_489_103, 'write', other, own),
      record(1_764_489_104, 'write', label, own, 1), // only logged
      record(1_764_489_105, 'read write', own, label),
      'type=SYSCALL msg=audit(1764489106.1:46): arch=c000003e',
    ].join('\n');
    assert.deepEqual(denialsIn(log, { label, since }), [
      denial,
      `denied { read write } scontext=${own} tcontext=${label} tclass=unix_stream_socket`,
    ]);
  });

  it('is read from its end, however long it is, and a few denials are told', async () => {
    const file = join(folder, 'audit.log');
    const names = Array.from({ length: 40 }, (_, at) => record(1_764_489_200, `p${at}`, label, own));
    await writeFile(file, `${'x'.repeat(600_000)}\n${names.join('\n')}\n`);
    const found = await loggedDenials({ label, since }, file);
    assert.deepEqual([found?.length, found?.at(-1)?.includes('{ p39 }')], [5, true]);
    assert.equal(await loggedDenials({ label, since }, join(folder, 'none')), undefined);
  });
});

describe('a failure where SELinux enforces', () => {
  const places = async (log: string | undefined, enforce = '1') => {
    await writeFile(join(folder, 'enforce'), enforce);
    await writeFile(join(folder, 'some.log'), log ?? '');
    return {
      enforce: join(folder, 'enforce'),
      log: log === undefined ? join(folder, 'none') : join(folder, 'some.log'),
    };
  };
  const container = { processLabel: label, createdAt: since };

  it('is explained by the denial that was logged', async () => {
    const suspicion = await suspectSelinux(
      container,
      await places(record(1_764_489_101, 'connectto', label, own)),
    );
    const hint = selinuxHint('denied', suspicion) ?? '';
    assert.ok(hint.includes(denial), hint);
    assert.equal(hint.includes('\u001b'), false);
  });

  it('names the record to look for where the log can not be read', async () => {
    const suspicion = await suspectSelinux(container, await places(undefined));
    for (const [symptom, words] of [
      ['denied', /connectto.*unix_stream_socket/],
      ['silent', /write.*dir.*fifo_file/],
      ['unanswered', /read.*unix_stream_socket/],
    ] as const) {
      const hint = selinuxHint(symptom, suspicion) ?? '';
      assert.match(hint, words);
      assert.ok(hint.includes(`ausearch -m avc -ts recent | grep ${label}`), hint);
    }
  });

  it('is not blamed on SELinux where the log has nothing, nothing enforces, or the container has no label', async () => {
    const nothing = await suspectSelinux(container, await places('type=SYSCALL\n'));
    assert.equal(selinuxHint('denied', nothing), undefined);
    assert.equal(await suspectSelinux(container, await places(undefined, '0')), undefined);
    assert.equal(await suspectSelinux(container, { enforce: join(folder, 'none') }), undefined);
    assert.equal(
      await suspectSelinux({ ...container, processLabel: '' }, await places(undefined)),
      undefined,
    );
    assert.equal(selinuxHint('silent', undefined), undefined);
  });
});

describe('an engine that may not give a folder its label', () => {
  const said = [
    "error setting label on mount source '/run/x/s': relabel failed /run/x/s: operation not permitted",
    'relabel failed "/run/x/s": operation not permitted',
    'SELinux relabeling of /run is not allowed',
    'lsetxattr /run/x/s: operation not supported',
  ];
  for (const words of said) {
    it(`is told so, with a label that lasts as the remedy: ${words}`, () => {
      const cause = new BulkheadError('CONTAINER_START_FAILED', words);
      const error = withFolderHint(cause, '/run/x/s') as BulkheadError;
      assert.equal(error.code, 'SOCKET_DIRECTORY_FAILED');
      assert.match(error.hint ?? '', /semanage fcontext -a -t container_file_t.*restorecon -R/);
      assert.equal(error.cause, cause);
    });
  }

  it('is not what every failure is taken for', () => {
    const other = new BulkheadError('CONTAINER_START_FAILED', 'exec: no such file or directory');
    assert.equal(withFolderHint(other, '/run/x/s'), other);
  });
});
