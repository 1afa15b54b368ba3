import type { Engine, SocketCandidate } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { describeError } from '../describe-error.ts';
import { exitCodes, UsageError, type Command, type Output } from '../command.ts';

/** Says which engines this host has, and what is wrong with those that do not answer. */
export const doctor: Command = {
  name: 'doctor',
  synopsis: '',
  summary: 'the engines on this host, their runtimes, and what to fix',
  async run(args, output, signal) {
    if (args.length > 0) throw new UsageError('doctor takes no arguments');
    const { connectEngine, findSockets } = await import('../../engine/index.ts');
    let answering = 0;
    for (const candidate of await findSockets()) {
      try {
        await using engine = await connectEngine({ socketPath: candidate.socketPath, signal });
        await report(engine, candidate, output, signal);
        answering += 1;
      } catch (error) {
        signal.throwIfAborted();
        if (isAbsent(error) && !candidate.explicit) {
          output.out(`${candidate.socketPath} (${candidate.source}): not there`);
          continue;
        }
        output.out(`${candidate.socketPath} (${candidate.source})`);
        for (const line of describeError(error)) output.out(`  ${line}`);
      }
    }
    if (answering > 0) return exitCodes.ok;
    output.out('No engine answers. Where podman is installed, Bulkhead starts a service of its own.');
    return exitCodes.no;
  },
};

/** Most hosts have few of the usual places: that one is not there is no fault. */
function isAbsent(error: unknown): boolean {
  return error instanceof BulkheadError && error.code === 'ENGINE_SOCKET_ABSENT';
}

async function report(
  engine: Engine,
  candidate: SocketCandidate,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const info = await engine.system.info({ signal });
  const runtimes = engine.kind === 'podman' ? [info.defaultRuntime] : Object.keys(info.runtimes);
  const limits = [
    info.memoryLimit ? 'memory' : '',
    info.cpuCfsQuota ? 'cpu' : '',
    info.pidsLimit ? 'pids' : '',
  ].filter((name) => name !== '');
  output.out(`${candidate.socketPath} (${candidate.source})`);
  output.out(`  engine    ${engine.kind} ${engine.version}, ${engine.rootless ? 'rootless' : 'rootful'}`);
  output.out(`  api       ${engine.apiVersion}`);
  output.out(`  runtimes  ${runtimes.join(', ')}`);
  output.out(`  cgroups   v${info.cgroupVersion}, ${info.cgroupDriver}`);
  output.out(`  limits    ${limits.join(', ') || 'none enforced'}`);
}
