/** The report of what was launched in guests, and the README's table of hosts, made from the results. */
import { format } from 'prettier';
import { agreementOf, type Agreement, type GuestCell, type GuestCheck, type GuestResult } from './results.ts';

export const begin = '<!-- made from test/guests/results by scripts/guests report -->';
export const end = '<!-- end of what is made from results -->';

const agreements: readonly Agreement[] = ['agrees', 'false yes', 'false no', 'unknown', 'not launched'];

/** `REPORT.md`: each host, each of its cells, and what did not go as predicted. */
export async function guestReport(results: readonly GuestResult[]): Promise<string> {
  const lines = [
    '# What was launched in guests',
    '',
    'Each guest is a virtual machine of Debian packages with systemd, made and run by `scripts/guests`. In every cell of its',
    'engines a plugin in Go was launched, called, called back through the broker, and stopped; refused cells too, by force.',
    'Written by `scripts/guests report` from [results](results), which `scripts/guests run` brings out.',
    'The Docker of `docker-29` was built from the Go module that its project publishes; everything else is of Debian.',
    '',
    ...hostTable(results),
    '',
    '`false yes` is a cell that was predicted to work and failed, `false no` one that was refused and worked.',
    ...results.flatMap((result) => ['', ...guestSection(result)]),
  ];
  return markdown(lines);
}

/** The README's part: which hosts, when, which versions, and how the prediction went. */
export async function hostsSection(results: readonly GuestResult[]): Promise<string> {
  return `${begin}\n\n${(await markdown(hostTable(results))).trim()}\n\n${end}`;
}

function hostTable(results: readonly GuestResult[]): string[] {
  return table(
    [
      'host',
      'when',
      'Docker',
      'Podman',
      'runc, crun, runsc',
      'cells launched',
      'as predicted',
      'false yes',
      'false no',
      'unknown',
    ],
    results.map(({ host, cells }) => {
      const { versions } = host;
      const counted = countsOf(cells);
      return [
        hostWords(host),
        host.date,
        upstream(versions['docker']),
        upstream(versions['podman']),
        ['runc', 'crun', 'runsc'].map((name) => upstream(versions[name])).join(', '),
        String(cells.length - counted['not launched']),
        ...(['agrees', 'false yes', 'false no', 'unknown'] as const).map((name) => String(counted[name])),
      ];
    }),
  );
}

function guestSection({ host, cells, checks = [], denials }: GuestResult): string[] {
  const odd = cells.filter((cell) => agreementOf(cell) !== 'agrees');
  return [
    `## ${host.name}`,
    '',
    `${hostWords(host)}, kernel ${host.kernel}, ${host.date}. Versions: ${Object.entries(host.versions)
      .map(([name, version]) => `${name} ${version.replace(/^bulkhead /, '')}`)
      .join(', ')}.`,
    '',
    ...table(
      ['engine', 'runtime', 'user', 'mlock', 'predicted', 'happened'],
      cells.map((cell) => [
        `${cell.engine} ${cell.version}, ${cell.mode}`,
        cell.runtime,
        cell.user,
        cell.mlock ? 'on' : 'off',
        [cell.verdict, ...cell.rules].join(', '),
        cell.happened,
      ]),
    ),
    '',
    ...(odd.length === 0
      ? ['Every cell went as predicted.']
      : ['Otherwise than predicted, or not predicted:', '']),
    ...odd.map(
      (cell) =>
        `- ${agreementOf(cell)}: ${cellWords(cell)}${cell.failure === undefined ? '' : `: \`${inCode(cell.failure)}\``}`,
    ),
    '',
    ...(checks.length === 0 ? [] : ['Beside the cells:', '', ...checkTable(checks), '']),
    ...(denials.length === 0
      ? ['No security module denied anything meanwhile.']
      : ['What was denied meanwhile:', '', ...denials.map((line) => `- \`${inCode(line)}\``)]),
  ];
}

function checkTable(checks: readonly GuestCheck[]): string[] {
  return table(
    ['tried', 'on', 'wanted', 'seen', ''],
    checks.map(({ check, on, wanted, seen, ok }) => [
      check,
      on,
      wanted,
      `\`${inCode(seen)}\``,
      ok ? 'yes' : 'no',
    ]),
  );
}

function hostWords({ distribution, securityModules, selinux, cgroup }: GuestResult['host']): string {
  const apparmor = securityModules.includes('apparmor') ? 'AppArmor' : 'no security module';
  return `${distribution.replace(/ GNU\/Linux/, '')}, cgroup ${cgroup}, ${selinux === 'off' ? apparmor : `SELinux ${selinux}`}`;
}

function cellWords({ engine, mode, runtime, user, mlock }: GuestCell): string {
  return `${engine} ${mode} ${runtime} ${user}${mlock ? ' mlock' : ''}`;
}

function countsOf(cells: readonly GuestCell[]): Record<Agreement, number> {
  const counts = agreements.map((name) => [name, cells.filter((cell) => agreementOf(cell) === name).length]);
  return Object.fromEntries(counts) as Record<Agreement, number>;
}

/** The version without what Debian adds to it. */
function upstream(version = '-'): string {
  return version
    .replace(/^0\.0~/, '')
    .replace(/[+~-].*$/, '')
    .replace(/\.0$/, '.0');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.map(inCell).join(' | ')} |`);
}

function inCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function inCode(text: string): string {
  return text.replaceAll('`', "'");
}

async function markdown(lines: readonly string[]): Promise<string> {
  return format(lines.join('\n'), { parser: 'markdown', printWidth: 110 });
}
