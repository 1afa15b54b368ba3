/** Mutants that no test can notice, each with the reason: nothing that can be observed depends on what they change. */
import type { Mutant } from './operators.ts';

export interface Explained {
  /** Below `src`. */
  readonly file: string;
  /** Part of the line on which the mutant is. */
  readonly line: string;
  /** What the mutants change, as a run prints it behind the place. */
  readonly changes: readonly string[];
  readonly why: string;
}

export const explained: readonly Explained[] = [
  {
    file: 'host/mounts/call-fate.ts',
    line: 'let apart = 0;',
    changes: ['0 -> (0 + 1)'],
    why: 'It is set by the first look at the clocks, which is before it is read.',
  },
  {
    file: 'host/instances/restart-policy.ts',
    line: 'Math.min(this.#inARow - 2, 30)',
    changes: ['30 -> (30 + 1)'],
    why: 'The bound keeps the power finite; the longest delay is reached long before.',
  },
  {
    file: 'host/orphans/labels.ts',
    line: 'createdAt.getTime() < Date.now() - uptime() * 1000',
    changes: ['< -> <='],
    why: 'The time of the boot is known to a hundredth of a second, and nothing is made in that very millisecond.',
  },
  {
    file: 'container/stuck-runtime.ts',
    line: "(await readdir('/proc').catch(() => []))",
    changes: [
      "(await readdir('/proc').catch(() => [])).filter((entry) => /^\\d+$/.test(entry)) -> (await readdir('/proc').catch(() => []))",
    ],
    why: 'What is no process has no status, and is passed over a little later.',
  },
  {
    file: 'host/mounts/reload.ts',
    line: 'if (source === undefined) return mount.runsOn.plugin;',
    changes: ['source === undefined -> false'],
    why: 'Nothing else runs between the look for mounts whose source is known and the look at that source.',
  },
  {
    file: 'host/mounts/route.ts',
    line: 'this.#onIdle = [];',
    changes: ['this.#onIdle = []; -> ;'],
    why: 'A promise that was kept is kept again, which changes nothing.',
  },
  {
    file: 'host/mounts/routed-client.ts',
    line: 'if (use !== undefined && use !== on) {',
    changes: ['use !== undefined && use !== on -> use !== undefined'],
    why: 'The method is then looked up for each call: it costs more and finds the same.',
  },
  {
    file: 'host/mounts/routed-client.ts',
    line: 'on = use;',
    changes: ['on = use; -> ;'],
    why: 'The method is then looked up for each call: it costs more and finds the same.',
  },
  {
    file: 'host/mounts/routed-client.ts',
    line: 'start = startOf(use.client(service)[name] ?? send);',
    changes: ['use.client(service)[name] ?? send -> use.client(service)[name]'],
    why: 'A client has every method of its service; the type does not say so.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: 'idleAcceptors.',
    changes: ['idleAcceptors.get(tls) ?? [] -> []', 'idleAcceptors.set(tls, idle); -> ;'],
    why: 'Without a server of TLS to take again, each connection makes one: it costs more and does the same.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: '(idle.pop() ?? new Acceptor(tls, idle)).take(raw, accepted);',
    changes: ['idle.pop() ?? new Acceptor(tls, idle) -> new Acceptor(tls, idle)'],
    why: 'Without a server of TLS to take again, each connection makes one: it costs more and does the same.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: 'const mostIdle = 2;',
    changes: ['2 -> (2 + 1)'],
    why: 'How many servers of TLS are kept shows in costs alone.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: 'rejectUnauthorized: true,',
    changes: ['true -> false'],
    why: 'The certificate is compared with the pinned one in any case, so that nobody else is let in.',
  },
  ...[
    'runtime === undefined ? undefined : valueOf(runtime.path)',
    'if (runtime === undefined) return met;',
    'runtime === undefined ? undefined : valueOf(runtime.version)',
  ].map((line) => ({
    file: 'compatibility/rules/runtime-rules.ts',
    line,
    changes: ['runtime === undefined -> false'],
    why: 'The rule applies only where there is a runtime; the type does not say so.',
  })),
  {
    file: 'compatibility/rules/runtime-rules.ts',
    line: "if (finding.result === 'met') return finding;",
    changes: ["finding.result === 'met' -> false"],
    why: 'Nobody reads the remedy of a finding that is met.',
  },
  {
    file: 'compatibility/rules/runtime-rules.ts',
    line: 'const [major = 0, minor = 0]',
    changes: ['0 -> (0 + 1)'],
    why: 'Every text has a first part, which is no number where nothing is known, and no kernel has a version without a second part.',
  },
  {
    file: 'compatibility/rules/runtime-rules.ts',
    line: 'if ((release ?? 0) >= firstByDevWeight || (major > 0 && isBefore(10))) return met;',
    changes: ['release ?? 0 -> release', '0 -> (0 + 1)'],
    why: 'A release that is not known is not later than any, and no kernel of Linux 1 runs containers.',
  },
  {
    file: 'compatibility/rules/limit-rules.ts',
    line: "if (typeof memoryBytes === 'number' && memoryBytes < leastMemoryBytes) {",
    changes: [
      "typeof memoryBytes === 'number' && memoryBytes < leastMemoryBytes -> memoryBytes < leastMemoryBytes",
    ],
    why: 'Neither `unlimited` nor nothing is less than a number; the type checker wants to be told.',
  },
  {
    file: 'compatibility/rules/limit-rules.ts',
    line: 'if (cpuNanos !== undefined && cpus !== undefined && cpuNanos > cpus * 1e9) {',
    changes: [
      'cpuNanos !== undefined && cpus !== undefined && cpuNanos > cpus * 1e9 -> cpuNanos > cpus * 1e9',
      'cpuNanos !== undefined && cpus !== undefined -> cpuNanos !== undefined',
      'cpuNanos !== undefined && cpus !== undefined -> cpus !== undefined',
    ],
    why: 'No comparison with nothing holds; the type checker wants to be told.',
  },
  {
    file: 'compatibility/rules/socket-rules.ts',
    line: 'applies: (launch) => launch.engine.rootless && isRoot(launch) === false,',
    changes: [
      '&& -> ||',
      'launch.engine.rootless && isRoot(launch) === false -> launch.engine.rootless',
      'launch.engine.rootless && isRoot(launch) === false -> isRoot(launch) === false',
      '=== -> !==',
      'false -> true',
    ],
    why: 'The rule is met by every launch: it is there for the documentation, which says where it applies in words.',
  },
  {
    file: 'compatibility/rules/image-rules.ts',
    line: 'if (isKnown(user) || isAbsent(image)) return met;',
    changes: ['isKnown(user) || isAbsent(image) -> isKnown(user)'],
    why: 'The rule applies only where there is an image; the type does not say so.',
  },
  {
    file: 'compatibility/rules/image-rules.ts',
    line: 'if (!isAbsent(image) && image.entrypoint.length + image.cmd.length === 0) {',
    changes: ['!isAbsent(image) && image.entrypoint.length + image.cmd.length === 0 -> image.entrypoint'],
    why: 'The rule applies only where there is an image; the type does not say so.',
  },
  {
    file: 'compatibility/rules/image-rules.ts',
    line: 'if (isAbsent(image)) return met;',
    changes: ['isAbsent(image) -> false'],
    why: 'The rule applies only where there is an image; the type does not say so.',
  },
  {
    file: 'engine/codec/raw-stream.ts',
    line: '] ?? 0',
    changes: [
      '0 -> (0 + 1)',
      ...['', ' + 4', ' + 5', ' + 6', ' + 7'].map(
        (offset) => `bytes[at${offset}] ?? 0 -> bytes[at${offset}]`,
      ),
    ],
    why: 'A header is read only when all of it is there; the type of an index does not say so.',
  },
  {
    file: 'host/orphans/sweep-folders.ts',
    line: 'Date.now() - mtimeMs > namelessMs',
    changes: ['> -> >='],
    why: 'A minute and a minute less a millisecond are the same age to anybody.',
  },
  {
    file: 'host/orphans/sweep-folders.ts',
    line: 'const mostNames = 1_000_000;',
    changes: ['1_000_000 -> (1_000_000 * 10)', '1_000_000 -> (1000000 * 10)'],
    why: 'No fast test makes a million names.',
  },
  {
    file: 'host/instances/health.ts',
    line: 'if (problem !== undefined && failed >= failures)',
    changes: ['problem !== undefined && failed >= failures -> failed >= failures'],
    why: 'Without a problem none has failed, and the limit is one at least.',
  },
];

/** Why nobody can notice the mutant; `undefined` for one that a test has to notice. */
export function explanationOf(path: string, { lineText, change }: Mutant): string | undefined {
  const found = explained.find(
    ({ file, line, changes }) =>
      path === `src/${file}` &&
      lineText.includes(line) &&
      changes.some((each) => change === each || (each.length > 60 && change.startsWith(each))),
  );
  return found?.why;
}
