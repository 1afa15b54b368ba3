import type { RuntimeFacts } from './engine-facts.ts';
import { valueOf } from './fact.ts';

/** Returns the name of a runtime, which may be given as the path of its program. */
export function runtimeName(runtime: string): string {
  return runtime.slice(runtime.lastIndexOf('/') + 1);
}

/** Returns the kind of a runtime by the name of its program. Containerd's shims count as what they run. */
export function runtimeKind(program: string): RuntimeFacts['kind'] {
  const name = runtimeName(program);
  if (name === 'runc' || name === 'crun' || name === 'runsc') return name;
  if (name === 'io.containerd.runc.v2' || name === 'containerd-shim-runc-v2') return 'runc';
  return name === 'io.containerd.runsc.v1' || name === 'containerd-shim-runsc-v1' ? 'runsc' : 'other';
}

/** Returns the release of a gVisor, which is the date of its sources, such as 20240729; `undefined` where it is not known. */
export function gvisorRelease(runtime: Pick<RuntimeFacts, 'version'> | undefined): number | undefined {
  const version = runtime === undefined ? undefined : valueOf(runtime.version);
  const release = /20\d{6}/.exec(version ?? '')?.[0];
  return release === undefined ? undefined : Number(release);
}

/** Returns the arguments that a Podman service of our own gives its runtime; see `startPodmanService`. */
export function ownServiceArguments(kind: RuntimeFacts['kind'], rootless: boolean): readonly string[] {
  if (kind !== 'runsc') return [];
  return ['--host-uds=all', '--network=none', ...(rootless ? ['--ignore-cgroups'] : [])];
}

/** Returns the value of a flag of gVisor: `-flag=v` and `--flag=v` are the same; a flag alone is `true`. */
export function flagValue(args: readonly string[], flag: string): string | undefined {
  for (const [index, argument] of args.entries()) {
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/.exec(argument) ?? [];
    if (name !== flag) continue;
    if (value !== undefined) return value;
    const next = args[index + 1];
    return next === undefined || next.startsWith('-') ? 'true' : next;
  }
  return undefined;
}
