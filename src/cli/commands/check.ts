import type {
  EngineFacts,
  LaunchFacts,
  LaunchVerdict,
  LaunchRequirements,
  MatrixCell,
  Reason,
} from '../../compatibility/index.ts';
import { command } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { bytes, liftable, optionalChoice, text, texts, toggle, whole } from '../flags.ts';
import { formatFlag, printData } from '../output/document.ts';
import { plainText } from '../output/plain-text.ts';
import type { Colour, Terminal } from '../output/terminal.ts';
import { engineFlag } from './engine-flag.ts';
import { userInfoCache } from './info-cache.ts';
import { launchFlags } from './launch-flags.ts';
import { withFlags } from '../option-flags.ts';
import { socketDirectoryFlag } from './socket-directory-flag.ts';
import { lazyModules } from '../lazy-modules.ts';

/** What `check` says; the form of its JSON. */
export interface CheckResult {
  readonly ok: boolean;
  readonly verdict: LaunchVerdict['status'];
  readonly cell: MatrixCell;
  /** Why not; or, where it works, what to know. */
  readonly reasons: readonly Reason[];
  /** How it is launched, or how a forced launch would be tried. */
  readonly strategy: unknown;
}

export const check = command({
  name: 'check',
  summary: 'say whether a plugin image can run here, and if not, exactly why and what to change',
  details: [
    "Nothing is started or pulled. Exit code 0: it can; 1: it can't; 3: it could not be found out.",
    'JSON: { ok, verdict, cell: { engine, mode, runtime, user, mlock }, reasons: [{ rule, requirement, observed, remedy, source }], strategy }.',
  ],
  examples: ['check localhost/kv:1', 'check localhost/kv:1 -oci_runtime=runc -mlock -format=json'],
  positionals: [{ name: 'IMAGE' }],
  flags: {
    oci_runtime: text('NAME', 'OCI runtime; default runsc', { alias: 'runtime' }),
    mlock: toggle('the plugin locks its memory'),
    user: text('UID:GID', "overrides the image's user"),
    broker_multiplex: toggle('brokered connections must travel in the main one (go-plugin 1.6)'),
    cap_add: texts('NAME', 'capability that the plugin gets back'),
    memory_bytes: liftable(
      bytes('N', 'limit of memory, also as 256M, or unlimited; default 1G where it is enforced'),
    ),
    cpu_nanos: whole('N', 'limit of CPU, in billionths of a core'),
    pids_limit: liftable(whole('N', 'limit of processes, or unlimited; default 512 where it is enforced')),
    require_non_root: toggle('refuses a plugin that is root in its container, or could become it'),
    seccomp: optionalChoice(
      ['unconfined'],
      "in place of the engine's profile, without which a plugin is refused",
    ),
    cgroup_parent: text('PATH', 'cgroup that the container goes into'),
    engine: engineFlag,
    socket_directory: socketDirectoryFlag,
    format: formatFlag,
  },
  async run({ args: [image], flags }, { terminal, signal }) {
    const [{ connectEngine }, { gatherFacts, judge, userImageCache }] = await Promise.all([
      lazyModules.engine(),
      lazyModules.compatibility(),
    ]);
    const wishes: LaunchRequirements = {
      runtime: flags.oci_runtime ?? 'runsc',
      user: flags.user,
      mlock: flags.mlock,
      brokerMultiplex: flags.broker_multiplex,
      capAdd: flags.cap_add,
      memoryBytes: flags.memory_bytes,
      cpuNanos: flags.cpu_nanos,
      pidsLimit: flags.pids_limit,
      requireNonRoot: flags.require_non_root,
      seccomp: flags.seccomp,
      cgroupParent: flags.cgroup_parent,
    };
    const infoCache = await userInfoCache();
    await using engine = await connectEngine({ socketPath: flags.engine, infoCache, signal });
    const facts = await gatherFacts(engine, image, {
      socketDirectory: flags.socket_directory,
      cacheDirectory: userImageCache(),
      signal,
    });
    const { isRoot, launchCase } = await lazyModules.launchCase();
    const user = isRoot(launchCase(facts, wishes)) === true ? 'root' : 'non-root';
    const result = checkResult(facts, { ...wishes, user }, judge(facts, wishes));
    printData(terminal, flags.format, result, () => checkLines(image, facts.engine, result, terminal));
    return exitCodeOfVerdict(result.verdict);
  },
});

export function exitCodeOfVerdict(verdict: LaunchVerdict['status']): ExitCode {
  return { works: exitCodes.ok, refused: exitCodes.no, unknown: exitCodes.environment }[verdict];
}

function checkResult(
  { engine }: LaunchFacts,
  { runtime, user, mlock = false }: Omit<LaunchRequirements, 'user'> & Pick<MatrixCell, 'user'>,
  verdict: LaunchVerdict,
): CheckResult {
  const works = verdict.status === 'works';
  return {
    ok: works,
    verdict: verdict.status,
    cell: {
      engine: engine.kind,
      mode: engine.rootless ? 'rootless' : 'rootful',
      runtime,
      user,
      mlock,
    },
    reasons: works ? verdict.notes : verdict.reasons,
    strategy: works ? verdict.strategy : verdict.attempt,
  };
}

const signs: Readonly<Record<CheckResult['verdict'], readonly [Colour, string]>> = {
  works: ['green', 'works'],
  refused: ['red', 'is refused'],
  unknown: ['yellow', 'could not be found out'],
};

function checkLines(
  image: string,
  engine: EngineFacts,
  { verdict, cell, reasons }: CheckResult,
  { paint }: Terminal,
): string[] {
  const [colour, words] = signs[verdict];
  const place = `${cell.engine} ${plainText(engine.version)} ${cell.mode}, ${plainText(cell.runtime)}, ${cell.user} user, mlock ${cell.mlock ? 'on' : 'off'}`;
  return [
    `${paint(colour, `${plainText(image)} ${words}`)} on ${place}`,
    ...reasons.flatMap(({ rule, requirement, observed, remedy, source }) => [
      '',
      `${paint('bold', rule)}: ${plainText(requirement)}`,
      `  seen:    ${plainText(observed)}`,
      `  ${paint('cyan', verdict === 'works' ? 'advice' : 'to do')}:${verdict === 'works' ? '  ' : '   '}${plainText(withFlags(remedy, launchFlags))}`,
      `  source:  ${paint('dim', plainText(source))}`,
    ]),
  ];
}
