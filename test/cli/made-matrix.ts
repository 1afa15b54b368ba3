/** A matrix made up for the formats: every outcome is in it. */
import {
  summarise,
  withOutcome,
  type LaunchStrategy,
  type MatrixResult,
  type MatrixRow,
  type Reason,
} from '../../src/compatibility/index.ts';
import type { MatrixReport } from '../../src/cli/matrix/report.ts';

const strategy: LaunchStrategy = {
  recipe: 'rootless-group',
  runtime: 'runsc',
  service: 'own-podman',
  directory: { mode: 0o770 },
  socketGid: 0,
  groups: ['0'],
  capabilities: ['IPC_LOCK'],
  noNewPrivileges: true,
  ulimits: [{ name: 'memlock', soft: -1, hard: -1 }],
  proveGvisor: true,
};

export function reason(rule: string, words: Partial<Reason> = {}): Reason {
  return {
    rule,
    requirement: `What ${rule} asks for.`,
    observed: `what was seen of ${rule} (/proc/1/limits)`,
    remedy: `Do what helps against ${rule}.`,
    source: 'documented (a page)',
    ...words,
  };
}

export function row(words: Partial<MatrixRow> = {}): MatrixRow {
  return {
    engine: 'docker',
    mode: 'rootful',
    runtime: 'runc',
    user: 'root',
    mlock: false,
    version: '28.5.2',
    socketPath: '/var/run/docker.sock',
    verdict: 'works',
    reasons: [],
    strategy,
    ...words,
  };
}

const error = { code: 'PLUGIN_EXITED', message: 'it ended\nmlockall: ENOMEM', hint: 'Raise the limit.' };
const limit = reason('mlock-limit');

const cells: readonly MatrixRow[] = [
  withOutcome(row(), { ok: true, milliseconds: 812 }),
  withOutcome(row({ mlock: true, verdict: 'refused', reasons: [limit] }), {
    ok: false,
    milliseconds: 300,
    error,
  }),
  withOutcome(row({ user: 'non-root' }), { ok: false, milliseconds: 450, error }),
  row({ user: 'non-root', mlock: true, verdict: 'unknown', reasons: [reason('engine-seen')] }),
  row({ runtime: 'runsc', mlock: true, reasons: [reason('mlock-sandbox')] }),
  row({
    engine: 'podman',
    mode: 'rootless',
    version: '5.8.0',
    socketPath: '/run/user/1000/podman/podman.sock',
    mlock: true,
    verdict: 'refused',
    reasons: [{ ...limit, observed: 'another limit (/proc/2/limits)' }, reason('runtime-present')],
  }),
];

export function reportOf(
  rows: readonly MatrixRow[] = cells,
  words: Partial<MatrixReport> = {},
): MatrixReport {
  const result: MatrixResult = { cells: rows, summary: summarise(rows) };
  return {
    result,
    image: 'localhost/kv:1',
    generatedAt: new Date('2026-11-25T10:00:00Z'),
    version: '1.2.3',
    ...words,
  };
}

/** What somebody puts into names and messages to break out of a format. */
export const hostile = `</title></style><script>document.title='broken'</script>"'\`><img src=x onerror=alert(1)>&amp;]]>\u0007\u001b[31m|[a](http://x)\ud800`;

export function hostileReport(): MatrixReport {
  const bad = reason(hostile, { requirement: hostile, observed: hostile, remedy: hostile, source: hostile });
  const words = {
    version: hostile,
    socketPath: hostile,
    runtime: hostile,
    strategy: { ...strategy, user: hostile, cgroupParent: hostile },
  };
  const rows = [
    row({ ...words, verdict: 'refused', reasons: [bad] }),
    withOutcome(row({ ...words, mlock: true }), {
      ok: false,
      milliseconds: 1,
      error: { code: hostile, message: hostile, hint: hostile },
    }),
  ];
  return reportOf(rows, { image: hostile, unmet: [{ runtime: hostile }] });
}
