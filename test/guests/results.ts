/** What was launched in guests, as it is kept in `results/`: what each host was, and what was predicted and happened there. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MatrixRow } from '../../src/compatibility/index.ts';

/** What `describe-host` prints in a guest. */
export interface GuestHost {
  readonly name: string;
  readonly distribution: string;
  readonly kernel: string;
  readonly date: string;
  readonly securityModules: readonly string[];
  readonly selinux: 'enforcing' | 'permissive' | 'off';
  readonly cgroup: 'v1' | 'v2';
  readonly versions: Readonly<Record<string, string>>;
}

/** One cell: its name, what was predicted, and what happened. */
export interface GuestCell extends Pick<
  MatrixRow,
  'engine' | 'mode' | 'version' | 'runtime' | 'user' | 'mlock' | 'verdict'
> {
  /** The rules that speak against it. */
  readonly rules: readonly string[];
  readonly happened: 'works' | 'fails' | 'not launched';
  /** Code and message of what failed. */
  readonly failure?: string;
}

/** Something that was tried beside the cells, by `host-checks`. */
export interface GuestCheck {
  readonly check: string;
  /** Engine, runtime or settings. */
  readonly on: string;
  readonly wanted: string;
  readonly seen: string;
  readonly ok: boolean;
}

export interface GuestResult {
  readonly host: GuestHost;
  readonly cells: readonly GuestCell[];
  /** Absent where none was made. */
  readonly checks?: readonly GuestCheck[];
  /** What AppArmor or SELinux denied while the cells were launched, each kind of denial once. */
  readonly denials: readonly string[];
}

export type Agreement = 'agrees' | 'false yes' | 'false no' | 'unknown' | 'not launched';

export function agreementOf({ verdict, happened }: GuestCell): Agreement {
  if (happened === 'not launched') return 'not launched';
  if (verdict === 'unknown') return 'unknown';
  if (verdict === 'works') return happened === 'works' ? 'agrees' : 'false yes';
  return happened === 'works' ? 'false no' : 'agrees';
}

/** The committed results, in the order of their names. */
export async function guestResults(folder: string): Promise<GuestResult[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as GuestResult),
  );
}
