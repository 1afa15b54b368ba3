import { withFlags } from '../option-flags.ts';
import { launchFlags } from './launch-flags.ts';
import {
  isKnown,
  type EngineFacts,
  type Fact,
  type HostFacts,
  type MatrixResult,
} from '../../compatibility/index.ts';
import { BulkheadError } from '../../errors.ts';
import { describeError } from '../describe-error.ts';
import { cellWords, findingsOf, type Finding } from '../matrix/report.ts';
import { plainText } from '../output/plain-text.ts';
import type { Paint } from '../output/terminal.ts';

/** The findings of `doctor`. */
export interface DoctorReport {
  readonly host: HostFacts;
  readonly engines: readonly {
    readonly socketPath: string;
    /** Where the hint to this engine was found. */
    readonly source: string;
    /** Absent where no engine answers; then `error` says why. */
    readonly facts: EngineFacts | undefined;
    readonly error: unknown;
  }[];
  /** The verdicts of the rules for these engines and an ideal image. */
  readonly matrix: MatrixResult;
}

/** The same findings as data for programs: facts with their evidence, and remedies. */
export function doctorData({ host, engines, matrix }: DoctorReport): unknown {
  return {
    ok: matrix.summary.works > 0,
    host,
    engines: engines.map(({ socketPath, source, facts, error }) => ({
      socketPath,
      source,
      ...(facts === undefined ? { error: errorData(error) } : { facts }),
    })),
    summary: matrix.summary,
    findings: findingsOf(matrix).map(({ reason, observed, hinders, cells }) => ({
      ...reason,
      observed,
      hinders,
      cells: cells.map(({ engine, mode, version, socketPath, runtime, user, mlock }) => ({
        engine,
        mode,
        version,
        socketPath,
        runtime,
        user,
        mlock,
      })),
    })),
  };
}

function errorData(error: unknown): { code: string; message: string; hint?: string | undefined } {
  const { code, message, hint } = BulkheadError.from(error);
  return { code, message, hint };
}

export function doctorLines(report: DoctorReport, paint: Paint): string[] {
  const { host, engines, matrix } = report;
  const findings = findingsOf(matrix);
  return [
    paint('bold', 'This host'),
    ...pairs(hostPairs(host)),
    ...engines.flatMap(({ socketPath, source, facts, error }) => [
      '',
      paint('bold', facts === undefined ? unusedName(socketPath, source, error) : nameOf(facts, source)),
      ...(facts === undefined
        ? describeError(error, paint, launchFlags).map((line) => `  ${line}`)
        : pairs(enginePairs(facts, matrix))),
    ]),
    ...list(
      'To do',
      findings.filter(({ hinders }) => hinders),
      matrix,
      paint,
    ),
    ...list(
      'Worth knowing',
      findings.filter(({ hinders }) => !hinders),
      matrix,
      paint,
    ),
  ];
}

function nameOf({ kind, version, rootless, socketPath }: EngineFacts, source: string): string {
  const mode = rootless ? 'rootless' : 'rootful';
  return `${kind === 'docker' ? 'Docker' : 'Podman'} ${plainText(version)}, ${mode}, at ${socketPath} (${source})`;
}

function unusedName(socketPath: string, source: string, error: unknown): string {
  if (socketPath === '') return `Can't be used: ${source}`;
  const { code } = BulkheadError.from(error);
  const isLeftOut = code === 'ENGINE_CONTEXT_INVALID' || code === 'ENGINE_SOCKET_FOREIGN';
  if (code === 'ENGINE_SOCKET_FORBIDDEN') return `Closed to this user: ${socketPath} (${source})`;
  return `${isLeftOut ? 'Left out:' : 'Nothing answers at'} ${socketPath} (${source})`;
}

function hostPairs(host: HostFacts): [string, string][] {
  const { container, socketFolder } = host;
  return [
    ['kernel', `${shown(host.platform)} ${shown(host.kernel)}, ${shown(host.architecture)}`],
    ['user', `uid ${shown(host.uid)}, gid ${shown(host.gid)}`],
    ...(container === undefined || (isKnown(container) && container.value === '')
      ? []
      : [['container', `this process is in one: ${shown(container)}`] as [string, string]]),
    ...confinementPairs(host),
    ['setfacl', shown(host.setfacl, (there) => (there ? 'installed' : 'not installed'))],
    ['podman', shown(host.podmanRuntimes, (names) => names.join(', ') || 'not installed, or no runtime')],
    [
      'sockets',
      `${socketFolder.path}: ${shown(socketFolder.fileSystem)}, ${shown(socketFolder.writable, (can) => (can ? 'writable' : 'not writable'))}, ${shown(socketFolder.acl, (can) => (can ? 'with ACLs' : 'without ACLs'))}, ${shown(socketFolder.changeable, (place) => place || 'nobody else can replace what is in it')}`,
    ],
  ];
}

/** The facts about what confines processes of this host, and about what a rootless engine of this user can have. */
function confinementPairs({ selinux, userNamespaces, uid }: HostFacts): [string, string][] {
  const pairs: [string, string][] = [];
  if (selinux !== undefined && !(isKnown(selinux.mode) && selinux.mode.value === 'off')) {
    const denied = shown(selinux.denied, (list) => `${list.length} denials of what plugins need`);
    pairs.push(['selinux', `${shown(selinux.mode)}, this process as ${shown(selinux.context)}, ${denied}`]);
  }
  if (userNamespaces !== undefined && !(isKnown(uid) && uid.value === 0)) {
    const { most, restricted, mappers, subordinate } = userNamespaces;
    pairs.push([
      'userns',
      [
        `at most ${shown(most)}`,
        ...(isKnown(restricted) && restricted.value ? ['restricted by AppArmor'] : []),
        shown(mappers, (problem) => problem || 'newuidmap and newgidmap usable'),
        shown(subordinate, ({ uids, gids }) => `${uids} subordinate user ids and ${gids} group ids`),
      ].join(', '),
    ]);
  }
  return pairs;
}

function enginePairs(facts: EngineFacts, matrix: MatrixResult): [string, string][] {
  const { cgroup, enforces, memlock } = facts;
  const limits = Object.entries(enforces)
    .filter(([, fact]) => fact !== undefined && isKnown(fact) && fact.value)
    .map(([name]) => name);
  const own = matrix.cells.filter(({ socketPath }) => socketPath === facts.socketPath);
  const works = own.filter(({ verdict }) => verdict === 'works').length;
  return [
    ['api', facts.apiVersion],
    [
      'runtimes',
      Object.entries(facts.runtimes)
        .map(([name, runtime]) => runtimeWords(name, runtime, facts))
        .join(', '),
    ],
    ['cgroups', `version ${cgroup.version}, driver ${cgroup.driver}, ${shown(cgroup.layout)}`],
    ['limits', limits.join(', ') || 'none enforced'],
    [
      'memlock',
      shown(
        memlock,
        ({ hard, mayRaise }) =>
          `${hard === 'unlimited' ? hard : `${hard} bytes`}${mayRaise ? ', may be raised' : ''}`,
      ),
    ],
    ['security', `${shown(facts.security, (names) => names.join(', ') || 'none')}${profileWords(facts)}`],
    ['cells', `${works} of ${own.length} work; bulkhead matrix shows them`],
  ];
}

function profileWords({ containerProfile }: EngineFacts): string {
  if (containerProfile === undefined || !isKnown(containerProfile)) return '';
  return containerProfile.value === ''
    ? '; containers have no AppArmor profile'
    : `; AppArmor profile of containers: ${plainText(containerProfile.value)}`;
}

function runtimeWords(name: string, runtime: EngineFacts['runtimes'][string], facts: EngineFacts): string {
  const missing = isKnown(runtime.installed) && !runtime.installed.value ? ', not installed' : '';
  const version = isKnown(runtime.version) ? ` ${plainText(runtime.version.value)}` : '';
  const standard = name === facts.defaultRuntime ? ' (default)' : '';
  return `${plainText(name)}${version}${missing}${standard}`;
}

function list(title: string, findings: readonly Finding[], matrix: MatrixResult, paint: Paint): string[] {
  if (findings.length === 0) return [];
  return [
    '',
    paint('bold', title),
    ...findings.flatMap(({ reason, observed, hinders, cells }) => [
      `  ${paint(hinders ? 'red' : 'dim', reason.rule)}: ${plainText(observed[0] ?? '')}`,
      `    ${plainText(withFlags(reason.remedy, launchFlags))}`,
      `    ${paint('dim', `concerns ${where(cells, matrix)}`)}`,
    ]),
  ];
}

/** Describes the cells of a finding by what they have in common. */
function where(cells: Finding['cells'], { cells: all }: MatrixResult): string {
  if (cells.length === all.length) return 'every cell';
  const parts = (['engine', 'mode', 'runtime', 'user', 'mlock'] as const).map((part) => {
    const values = [...new Set(cells.map((row) => row[part]))];
    const every = new Set(all.map((row) => row[part])).size;
    if (values.length === every) return undefined;
    return part === 'mlock' ? cellWords({ mlock: values[0] === true }) : values.join(' or ');
  });
  return `${cells.length} of ${all.length} cells: ${parts.filter((part) => part !== undefined).join(', ')}`;
}

function pairs(entries: readonly (readonly [string, string])[]): string[] {
  return entries.map(([name, value]) => `  ${name.padEnd(9)} ${value}`);
}

/** Describes a fact, or says that it is not known. */
function shown<T>(fact: Fact<T>, words: (value: T) => string = (value) => String(value)): string {
  return isKnown(fact) ? plainText(words(fact.value)) : `unknown (${plainText(fact.unknown)})`;
}
