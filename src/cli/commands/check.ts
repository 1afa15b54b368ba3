import type { LaunchVerdict, MatrixCell, NetworkAccess, Reason } from '../../compatibility/index.ts';
import type { LaunchCheck, PlannedOptions } from '../../container/index.ts';
import { command, type Context } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { text, type FlagValues } from '../flags.ts';
import { lazyModules } from '../lazy-modules.ts';
import { fieldFlag, formatFlag, printData } from '../output/document.ts';
import { plainText } from '../output/plain-text.ts';
import type { Colour, Terminal } from '../output/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { directoryFlag, directoryOf } from './directory.ts';
import { userInfoCache } from './info-cache.ts';
import { noteRegistered } from '../describe-error.ts';
import { withFlags } from '../option-flags.ts';
import { withRegisteredFlags } from '../registered-flags.ts';
import {
  containerOptions,
  isImage,
  kindOf,
  launchFlags,
  refuseLaunchFlags,
  registeredOverride,
} from './launch-flags.ts';
import { findRegistered } from './registered.ts';

/** The result of `check`; the form of its JSON. */
export interface CheckResult {
  readonly ok: boolean;
  readonly verdict: LaunchVerdict['status'];
  /** Whether it is an override alone that lets the launch go ahead. */
  readonly overridden: boolean;
  readonly cell: MatrixCell;
  /** Reasons against the launch or, where it works, remarks. */
  readonly reasons: readonly Reason[];
  /** The network that the plugin will have, or would have. */
  readonly network: NetworkAccess;
  /** How the plugin is launched, or how a forced launch would be tried. */
  readonly strategy: unknown;
}

const checkFlags = {
  ...launchFlags,
  version: text('VERSION', 'of a registered plugin: this version'),
  directory: directoryFlag,
  field: fieldFlag,
  format: formatFlag,
};

type CheckFlags = FlagValues<typeof checkFlags>;

export const check = command({
  name: 'check',
  summary: 'say whether a plugin can run here, and if not, exactly why and what to change',
  details: [
    'This is the plan of the launch that run and call make, judged and not carried out: no container is made and nothing is pulled. Only where no engine answers is a Podman service started, as for a launch, and ended again.',
    'NAME is a registered plugin, as kv or secret/kv: it is judged with the settings of its plugin runtime. What is in the catalog comes before an image of the same name.',
    "Exit code 0: it can; 1: it can't; 3: it could not be found out.",
    'JSON: { ok, verdict, overridden, cell: { engine, mode, runtime, user, mlock }, network: { reach, description }, reasons: [{ rule, requirement, observed, remedy, source }], strategy }.',
  ],
  examples: [
    'check localhost/kv:1',
    'check secret/kv',
    'check localhost/kv:1 -oci_runtime=runc -mlock -format=json',
  ],
  positionals: [{ name: 'IMAGE|NAME' }],
  flags: checkFlags,
  async run({ args: [given], flags }, context) {
    const { checked, isRegistered } = await checkOf(given, flags, context);
    const result = checkResult(checked);
    const { terminal } = context;
    const toDo = (remedy: string): string =>
      isRegistered ? withRegisteredFlags(remedy, checkFlags) : withFlags(remedy, launchFlags);
    printData(
      terminal,
      flags.format,
      result,
      () => checkLines(given, checked, result, toDo, terminal),
      flags,
    );
    return checked.ok ? exitCodes.ok : exitCodeOfVerdict(result.verdict);
  },
});

interface Checked {
  readonly checked: LaunchCheck;
  readonly isRegistered: boolean;
}

async function checkOf(given: string, flags: CheckFlags, context: Context): Promise<Checked> {
  const { signal } = context;
  const directory = directoryOf(flags.directory, context);
  // A plugin can't be registered under a name such as localhost/kv:1.
  const maybe = !isImage(flags) && !/[:@]/.test(given);
  const plugin = maybe ? await findRegistered(directory, given) : undefined;
  const { engine: socketPath, socket_directory: socketDirectory, version } = flags;
  if (plugin !== undefined) {
    refuseLaunchFlags(given, flags);
    const { PluginHost } = await lazyModules.host();
    const override = registeredOverride(flags.override);
    await using host = await PluginHost.open({
      ...directory,
      socketPath,
      socketDirectory,
      override,
      control: false,
      signal,
    });
    const checked = await host
      .check(plugin.type, plugin.name, { version, signal })
      .catch((error: unknown) => {
        throw noteRegistered(error);
      });
    return { checked, isRegistered: true };
  }
  if (version !== undefined) throw new UsageError('-version is for a plugin that is registered');
  if (isImage(flags)) await kindOf(flags, directory); // which refuses a kind that is not known
  const { userImageCache } = await lazyModules.compatibility();
  const options = { ...containerOptions(given, flags), imageCacheDirectory: userImageCache() };
  return { checked: await checkedImage(options, flags, context), isRegistered: false };
}

/** Judges an image with cached facts of engines, which a host would gather again. */
async function checkedImage(
  options: PlannedOptions,
  { engine: socketPath }: CheckFlags,
  { signal }: Context,
): Promise<LaunchCheck> {
  const [{ findEngine }, { launchCheck, planLaunch }] = await Promise.all([
    lazyModules.engineInternal(),
    lazyModules.launchPlan(),
  ]);
  const found = await findEngine({ socketPath, infoCache: await userInfoCache(), signal });
  if (found.engine !== undefined) {
    await using engine = found.engine;
    return launchCheck(await planLaunch(engine, options, { ownedFolder: true, ownService: true, signal }));
  }
  // A launch would start a Podman service: only that service can tell what the launch would do.
  const { PluginHost } = await lazyModules.host();
  await using host = await PluginHost.open({ signal });
  return await host.check({ ...options, signal });
}

export function exitCodeOfVerdict(verdict: LaunchVerdict['status']): ExitCode {
  return { works: exitCodes.ok, refused: exitCodes.no, unknown: exitCodes.environment }[verdict];
}

function checkResult(checked: LaunchCheck): CheckResult {
  const { ok, overridden, cell, network, status } = checked;
  return {
    ok,
    verdict: status,
    overridden,
    cell,
    network,
    reasons: checked.status === 'works' ? checked.notes : checked.reasons,
    strategy: checked.status === 'works' ? checked.strategy : checked.attempt,
  };
}

const signs: Readonly<Record<CheckResult['verdict'], readonly [Colour, string]>> = {
  works: ['green', 'works'],
  refused: ['red', 'is refused'],
  unknown: ['yellow', 'could not be found out'],
};

function checkLines(
  given: string,
  { version }: LaunchCheck,
  { verdict, overridden, cell, network, reasons }: CheckResult,
  toDo: (remedy: string) => string,
  { paint }: Terminal,
): string[] {
  const [colour, words] = signs[verdict];
  const place = `${cell.engine} ${plainText(version)} ${cell.mode}, ${plainText(cell.runtime)}, ${cell.user} user, mlock ${cell.mlock ? 'on' : 'off'}`;
  return [
    `${paint(colour, `${plainText(given)} ${words}`)} on ${place}`,
    `Network of the plugin: ${plainText(network.description)}`,
    ...(overridden ? ['It is launched all the same, because of -override.'] : []),
    ...reasons.flatMap(({ rule, requirement, observed, remedy, source }) => [
      '',
      `${paint('bold', rule)}: ${plainText(requirement)}`,
      `  seen:    ${plainText(observed)}`,
      `  ${paint('cyan', verdict === 'works' ? 'advice' : 'to do')}:${verdict === 'works' ? '  ' : '   '}${plainText(toDo(remedy))}`,
      `  source:  ${paint('dim', plainText(source))}`,
    ]),
  ];
}
