import { compareVersions } from '../../engine/internal.ts';
import { isKnown, valueOf } from '../fact.ts';
import type { GoBuildFacts, ProgramFacts } from '../image-facts.ts';
import { replacesCommand, startedBy } from '../plugin-program.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { met, note, notSeen, page, unmet } from './finding.ts';

/** Rules about the plugin in the program, or in what the program starts. What was not seen is no reason to refuse. */
export const pluginProgramRules: readonly Rule[] = [
  {
    id: 'plugin-program',
    concerns: 'programs written in Go',
    requirement: 'The program is built with go-plugin, or its arguments name one that may be.',
    source: { document: page },
    applies: ({ program }) =>
      isKnown(program) && (program.value.kind === 'elf' || program.value.kind === 'script'),
    check: checkPluginProgram,
  },
  {
    id: 'go-plugin-version',
    concerns: 'programs built with go-plugin for Go',
    requirement:
      'go-plugin is 1.5.0 or later, 1.5.1 where the plugin uses the broker, 1.6.0 to multiplex the broker.',
    source: {
      document: page,
      measured:
        "1.4 ignores the shared directory and listens where the host can't reach it; 1.5.0 does for brokered sockets",
    },
    applies: (launch) => goPluginOf(launch) !== undefined,
    check: checkGoPlugin,
  },
];

const ready = 'Nothing to do if it serves the go-plugin protocol.';

function checkPluginProgram(launch: LaunchCase): Finding {
  const program = valueOf(launch.program);
  if (program === undefined || program.go?.goPlugin !== undefined) return met;
  const started = startedBy(launch, program);
  const plugin = started.find(({ go }) => go?.goPlugin !== undefined);
  if (plugin !== undefined) {
    return note(`${program.path} starts ${plugin.path}, which is built with go-plugin`, 'Nothing to do.');
  }
  const { path, go } = program;
  if (go === undefined) return note(`${path} ${whatItIs(program)}: ${atTheStart}`, ready);
  if (isSilent(go)) {
    return note(`${path} is written in Go (${go.goVersion}) ${whySilent(go)}: ${atTheStart}`, ready);
  }
  const open = started.find((one) => one.go === undefined || isSilent(one.go));
  if (open !== undefined) {
    return note(`${path} is not built with go-plugin, and may start ${open.path}: ${atTheStart}`, ready);
  }
  // What a launch gives as arguments was not looked up in the image.
  if (replacesCommand(launch)) {
    return note(
      `${path} is not built with go-plugin, and may start what its arguments name: ${atTheStart}`,
      ready,
    );
  }
  return unmet(
    `${path} is written in Go (${go.goVersion}) but not built with go-plugin`,
    'Let the ENTRYPOINT of the image be the plugin itself, or a wrapper whose arguments name it.',
  );
}

const atTheStart = 'whether it is a plugin shows at the start only';

function whatItIs({ kind, starts = [] }: ProgramFacts): string {
  const names = starts.length === 0 ? '' : ` that may start ${starts.map(({ path }) => path).join(', ')}`;
  if (kind === 'script') return `is a script${names}`;
  return starts.length === 0 ? 'is not written in Go, or does not say so' : `is a program${names}`;
}

/** Whether the build info can't tell that go-plugin is missing. */
function isSilent({ listsModules, goPluginLike }: GoBuildFacts): boolean {
  return listsModules === false || goPluginLike !== undefined;
}

function whySilent({ goPluginLike }: GoBuildFacts): string {
  return goPluginLike === undefined
    ? 'and has no list of its modules'
    : `with ${goPluginLike}, which may be a copy of go-plugin`;
}

/** Returns the version of go-plugin in the program, or else in what it starts. */
function goPluginOf(launch: LaunchCase): string | undefined {
  const program = valueOf(launch.program);
  if (program === undefined) return undefined;
  const started = startedBy(launch, program).find(({ go }) => go?.goPlugin !== undefined);
  return program.go?.goPlugin ?? started?.go?.goPlugin;
}

function checkGoPlugin(launch: LaunchCase): Finding {
  const version = goPluginOf(launch) ?? '';
  const needed = launch.wishes.brokerMultiplex === true ? '1.6.0' : '1.5.0';
  const remedy = `Build the plugin with go-plugin ${needed} or later: go get github.com/hashicorp/go-plugin@latest.`;
  const number = /^v?(\d+\.\d+\.\d+)/.exec(version)?.[1];
  if (number === undefined) {
    return notSeen(`the plugin is built with a go-plugin without a version (${version})`, remedy);
  }
  if (compareVersions(number, needed) < 0)
    return unmet(`the plugin is built with go-plugin ${number}`, remedy);
  if (number !== '1.5.0') return met;
  return note(
    "the plugin is built with go-plugin 1.5.0, whose brokered sockets the host can't reach",
    'Build the plugin with go-plugin 1.5.1 or later if it uses the broker.',
  );
}
