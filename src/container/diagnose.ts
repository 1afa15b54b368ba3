import type { LaunchStrategy } from '../compatibility/index.ts';
import type { Engine, InspectedContainer } from '../engine/index.ts';
import type { Diagnosis, PluginExit } from '../goplugin/index.ts';
import { hintForOutput } from './failure-hints.ts';
import { socketNames } from './sockets/socket-names.ts';

const diagnoseMs = 2_000;

export interface DiagnosisParts {
  readonly engine: Engine;
  readonly id: string;
  readonly strategy: LaunchStrategy;
  /** The plugin's own folder for sockets, on the host. */
  readonly pluginFolder: string;
  readonly exit: PluginExit | undefined;
  /** The end of what the plugin wrote to stderr. */
  readonly stderr: string;
  /** Whether the plugin wrote anything to stdout. */
  readonly printed: boolean;
}

/** Collects what engine and socket directory show about a failed container. Never throws; takes two seconds at most. */
export async function diagnoseContainer(parts: DiagnosisParts): Promise<Diagnosis> {
  const { engine, id } = parts;
  const container = await engine.containers
    .inspect(id, { signal: AbortSignal.timeout(diagnoseMs) })
    .catch(() => undefined);
  const sockets = await socketNames(parts.pluginFolder);
  const facts = [
    {
      name: 'engine',
      value: `${engine.kind} ${engine.version} (${engine.rootless ? 'rootless' : 'rootful'})`,
    },
    { name: 'container', value: id.slice(0, 12) },
    { name: 'runtime', value: parts.strategy.runtime },
    ...(container === undefined ? [] : containerFacts(container)),
    { name: 'sockets', value: sockets.text },
  ];
  return { facts, hint: hint(parts, container, sockets.any) };
}

function containerFacts({ config, state }: InspectedContainer): Diagnosis['facts'] {
  return [
    { name: 'user', value: config.user === '' ? 'root' : config.user },
    { name: 'command', value: commandText([...config.entrypoint, ...config.cmd]) },
    { name: 'status', value: state.status },
    ...(state.running ? [] : [{ name: 'exit code', value: String(state.exitCode) }]),
    ...(state.oomKilled ? [{ name: 'out of memory', value: 'yes' }] : []),
    ...(state.error === '' ? [] : [{ name: 'engine error', value: state.error }]),
  ];
}

/** The program and the number of its arguments, whose text may be secret. */
function commandText([program = 'none', ...args]: readonly string[]): string {
  return args.length === 0
    ? program
    : `${program} and ${args.length} ${args.length === 1 ? 'argument' : 'arguments'}`;
}

function hint(
  { exit, stderr, printed, strategy }: DiagnosisParts,
  container: InspectedContainer | undefined,
  anySocket: boolean,
): string | undefined {
  const known = hintForOutput(stderr);
  if (known !== undefined) return known;
  if (container?.state.running === true && printed && !anySocket && strategy.runtime === 'runsc') {
    return 'runsc keeps the socket inside the sandbox: it must be run with --host-uds=all.';
  }
  const outOfMemory = exit?.oomKilled === true || (exit?.code === 137 && (container?.memoryBytes ?? 0) > 0);
  if (outOfMemory) {
    const limit =
      container === undefined || container.memoryBytes === 0 ? '' : ` of ${container.memoryBytes} bytes`;
    return `The plugin was probably killed for reaching its memory limit${limit}: raise \`memoryBytes\`, or set it to unlimited.`;
  }
  if (exit?.code === 2 && strategy.runtime === 'runsc' && stderr === '') {
    return 'The sandbox itself may have died: check the build of runsc (runsc --version).';
  }
  return undefined;
}
