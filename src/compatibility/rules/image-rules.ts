import { isAbsent } from '../case.ts';
import { isKnown, valueOf } from '../fact.ts';
import type { ImageFacts, ProgramFacts, StartedProgramFacts } from '../image-facts.ts';
import { describeProgram, pluginProgram, startedBy } from '../plugin-program.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { judged, met, note, notSeen, page, unmet } from './finding.ts';
import { pluginProgramRules } from './plugin-program-rules.ts';

/** Rules about the image and the program in it. */
export const imageRules: readonly Rule[] = [
  {
    id: 'image-present',
    concerns: 'every launch',
    requirement: 'The engine has the image: nothing is ever pulled.',
    source: { document: page },
    applies: () => true,
    check: ({ image, engine }) =>
      isAbsent(image)
        ? unmet(
            `${engine.kind} at ${engine.socketPath} has no image ${image.reference}`,
            `Load it first: bulkhead image load FILE; or build it: bulkhead image build. To fetch it from a registry: ${engine.kind} pull ${image.reference}.`,
          )
        : met,
  },
  {
    id: 'image-architecture',
    concerns: 'every launch',
    requirement:
      "The image, its program and the plugin are built for this host's processor, or the kernel has an emulator for it (not gVisor's).",
    source: { measured: 'engines create such containers; the start ends with an exec format error' },
    applies: ({ image }) => !isAbsent(image),
    check: checkArchitecture,
  },
  {
    id: 'user-exists',
    concerns: 'images whose user is a name, and users given by name',
    requirement: "The image's own /etc/passwd and /etc/group have the user's names.",
    source: { measured: 'Docker and Podman look names up in the image, and fail at the start' },
    applies: ({ image }) => !isAbsent(image),
    check({ user, image }) {
      const remedy = 'Give the user as numbers, such as 65532:65532.';
      if (isKnown(user) || isAbsent(image)) return met;
      return isKnown(image.accounts) ? unmet(user.unknown, remedy) : notSeen(user.unknown, remedy);
    },
  },
  {
    id: 'entrypoint-program',
    concerns: 'every launch',
    requirement: 'The image names a program to start, which is in it and can be executed.',
    source: { document: page },
    applies: ({ image, wishes }) =>
      !isAbsent(image) && !lacksContents(image) && wishes.entrypoint === undefined,
    check({ image, program }) {
      const remedy = 'Let the ENTRYPOINT of the image be the path of the plugin program, with mode 0755.';
      if (!isAbsent(image) && image.entrypoint.length + image.cmd.length === 0) {
        return unmet('the image has neither entrypoint nor command', remedy);
      }
      return judged(program, 'the program of the image', remedy, ({ path, kind, mode }) => {
        if (kind === 'missing') return unmet(`the image has no file ${path}`, remedy);
        if (kind === 'other') return unmet(`${path} is neither an ELF program nor a script`, remedy);
        return (mode & 0o111) === 0 ? unmet(`${path} has mode 0${mode.toString(8)}`, remedy) : met;
      });
    },
  },
  {
    id: 'entrypoint-loader',
    concerns: 'programs that are linked dynamically, and scripts; the plugin behind a wrapper likewise',
    requirement:
      'The image has the loader, the shared libraries and the interpreter that the program asks for.',
    source: { measured: 'the kernel says that the program does not exist, although it does' },
    applies: (launch) => judgedPrograms(launch).some(({ interpreter }) => interpreter !== undefined),
    check: (launch) =>
      judgedPrograms(launch)
        .map(checkLoader)
        .find(({ result }) => result !== 'met') ?? met,
  },
  ...pluginProgramRules,
];

/** The program that the container starts, and the plugin that it is seen to start. */
function judgedPrograms(launch: LaunchCase): readonly (ProgramFacts | StartedProgramFacts)[] {
  const first = valueOf(launch.program);
  const plugin = pluginProgram(launch);
  return [...(first === undefined ? [] : [first]), ...(plugin.is === 'started' ? [plugin.program] : [])];
}

function checkLoader({
  path,
  kind,
  interpreter,
  missingLibraries = [],
}: ProgramFacts | StartedProgramFacts): Finding {
  if (interpreter?.present === false) {
    return unmet(
      `${path} needs ${interpreter.path}, which the image does not have`,
      kind === 'script'
        ? 'Put the interpreter into the image.'
        : 'Build the plugin statically (Go: CGO_ENABLED=0), or put its loader and libraries into the image.',
    );
  }
  if (missingLibraries.length === 0) return met;
  return unmet(
    `the image lacks ${missingLibraries.join(', ')}, which ${path} needs`,
    'Build the plugin statically (Go: CGO_ENABLED=0), or put its libraries into the image.',
  );
}

/** Docker keeps an index in containerd's store without the images that it lists, and tells nothing of such an image. */
function lacksContents({ os, architecture, entrypoint, cmd }: ImageFacts): boolean {
  return os === '' && architecture === '' && entrypoint.length + cmd.length === 0;
}

function checkArchitecture(launch: LaunchCase): Finding {
  const { host, image, program, engine } = launch;
  if (isAbsent(image)) return met;
  const wanted = valueOf(host.architecture);
  if (wanted === undefined)
    return notSeen("this host's architecture is not known", "Pass `override: 'unknown'` if they fit.");
  if (lacksContents(image)) {
    return unmet(
      'the engine has the list of the platforms that the image is for, and the image for none of them',
      `Fetch it for this host: ${engine.kind} pull --platform linux/${wanted} ${image.reference}.`,
    );
  }
  const machine = valueOf(program)?.machine;
  const first = checkMachine(
    machine ?? image.architecture,
    machine === undefined ? 'the image' : 'the program of the image',
    wanted,
    launch,
  );
  if (first.result === 'unmet') return first;
  const started = checkStartedMachines(wanted, launch);
  return started.result === 'met' ? first : started;
}

/** Judges the machine of what a wrapper starts: its plugin, or the programs of which one may be the plugin. */
function checkStartedMachines(wanted: string, launch: LaunchCase): Finding {
  const plugin = pluginProgram(launch);
  const program = valueOf(launch.program);
  if (plugin.is === 'started') {
    return checkMachine(plugin.program.machine ?? '', describeProgram(plugin), wanted, launch);
  }
  if (plugin.is === 'first' || program === undefined) return met;
  const strange = startedBy(launch, program).find(
    ({ machine }) => checkMachine(machine ?? '', '', wanted, launch).result !== 'met',
  );
  if (strange === undefined) return met;
  return note(
    `${strange.path}, which ${program.path} may start, is for ${strange.machine ?? ''}, and this host is ${wanted}`,
    `Build the plugin image for ${wanted} if that is the plugin.`,
  );
}

function checkMachine(found: string, what: string, wanted: string, { host, runtime }: LaunchCase): Finding {
  if (found === '' || found === wanted) return met;
  if (valueOf(host.emulated)?.includes(found) === true && runtime?.kind !== 'runsc') {
    return note(
      `${what} is for ${found}, which an emulator of this host runs (binfmt_misc)`,
      `Build the plugin image for ${wanted}.`,
    );
  }
  return unmet(
    `${what} is for ${found}, but this host is ${wanted}`,
    `Build the plugin image for ${wanted}.`,
  );
}
