import { compareVersions } from '../../engine/internal.ts';
import { isAbsent } from '../case.ts';
import { cleanPath, isAtOrBelow } from '../clean-path.ts';
import { containerSocketDirectory } from '../container-socket-directory.ts';
import { isKnown, known, unknown, valueOf, type Fact } from '../fact.ts';
import type { ImagePlace } from '../image-facts.ts';
import { imageLimits } from '../image/limits.ts';
import { pluginProgram } from '../plugin-program.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { isMountable, mountedByEngines, volumeFileSystems, volumePaths } from '../strategy-volumes.ts';
import { met, note, notSeen, unmet } from './finding.ts';

/** Rules about the places in the container at which a file system in memory is mounted. */
export const volumeRules: readonly Rule[] = [
  {
    id: 'image-volumes',
    concerns: 'images that declare volumes',
    requirement:
      'At each volume, an empty file system in memory can take its place: an engine would make an anonymous volume, which outlives the plugin.',
    source: {
      measured: 'Docker and Podman make an anonymous volume for each, unless something is mounted there',
    },
    applies: ({ image }) => !isAbsent(image) && (image.settings?.volumes ?? []).length > 0,
    check: checkVolumes,
  },
  {
    id: 'tmpfs-hides-program',
    concerns: 'launches with a file system in memory',
    requirement: 'The program of the image does not lie where a file system in memory is mounted.',
    source: { measured: 'the program is hidden, and the start ends with: no such file or directory' },
    applies: ({ wishes }) => (wishes.tmpfs ?? []).length > 0,
    check(launch) {
      const plugin = pluginProgram(launch);
      const paths = [valueOf(launch.program), plugin.is === 'started' ? plugin.program : undefined]
        .filter((program) => program !== undefined)
        .map((program) => program.path);
      for (const one of launch.wishes.tmpfs ?? []) {
        const hidden = paths.find((path) => isAtOrBelow(path, cleanPath(one.path)));
        if (hidden === undefined) continue;
        return unmet(
          `the program ${hidden} lies below ${one.path}, where a file system in memory would hide it`,
          'Leave that path out of `tmpfs`.',
        );
      }
      return met;
    },
  },
];

const withoutVolume = 'build the image without this VOLUME';

function checkVolumes(launch: LaunchCase): Finding {
  const { image } = launch;
  if (isAbsent(image)) return met;
  const declared = image.settings?.volumes ?? [];
  if (declared.length > imageLimits.volumes.most) {
    return unmet(
      `the image declares ${declared.length} volumes; at most ${imageLimits.volumes.most} are replaced`,
      'Build the image with fewer volumes.',
    );
  }
  const strange = declared.find((path) => !isMountable(path));
  if (strange !== undefined) {
    return unmet(
      `the volume ${JSON.stringify(strange)} of the image is not an absolute path that can be mounted`,
      'Let VOLUME in the image be an absolute path without a colon.',
    );
  }
  const findings = volumePaths(launch).map((path) => checkVolume(path, launch));
  for (const result of ['unmet', 'unknown'] as const) {
    const [first, ...more] = findings.filter((finding) => finding.result === result);
    if (first !== undefined && first.result !== 'met') return withMore(first, more);
  }
  return volumesNote(launch);
}

function withMore(first: Exclude<Finding, { result: 'met' }>, more: readonly Finding[]): Finding {
  const observed = [first, ...more].flatMap((finding) =>
    finding.result === 'met' ? [] : [finding.observed],
  );
  return { ...first, observed: observed.join('; ') };
}

function volumesNote(launch: LaunchCase): Finding {
  const volumes = volumeFileSystems(launch);
  if (volumes.length === 0) return met;
  const list = volumes
    .map(({ path, sizeBytes }) => `${path} (${sizeText(sizeBytes)}${hiddenFolders(path, launch)})`)
    .join(', ');
  return note(
    `the image declares volumes, and empty file systems in memory take their places: ${list}; what is written there ends with the container`,
    'Nothing to do; `volumeBytes` changes their size, and `tmpfs` that of one of them.',
  );
}

function hiddenFolders(path: string, launch: LaunchCase): string {
  const { folders = 0, example = '' } = valueOf(placeOf(path, launch)) ?? {};
  return folders === 0 ? '' : `, without the image's empty folders there, such as ${example}`;
}

function sizeText(bytes: number | 'unlimited' | undefined): string {
  if (bytes === 'unlimited') return 'of unlimited size';
  if (bytes === undefined) return '64 MiB';
  return bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20} MiB` : `${bytes} bytes`;
}

function checkVolume(path: string, launch: LaunchCase): Finding {
  const { wishes, engine, runtime } = launch;
  const isAsked = wishes.tmpfs?.find((one) => cleanPath(one.path) === path);
  if (path === '/')
    return unmet('the volume / of the image would hide all of it', `To run it, ${withoutVolume}.`);
  if (path === containerSocketDirectory) return met; // the folder of the sockets is mounted there
  const place = placeOf(path, launch);
  const reserved = reservedPlace(path, isKnown(place) ? place.value.leadsTo : path);
  if (reserved !== undefined) return unmet(reserved, `To run it, ${withoutVolume}.`);
  if (isAsked?.exec === true && engine.kind === 'docker' && compareVersions(engine.apiVersion, '1.46') < 0) {
    return unmet(
      `this Docker can't mount an executable file system at ${path}, which is a volume of the image`,
      'Leave `exec` out of that `tmpfs`, or use Docker 27 or later.',
    );
  }
  if (!isKnown(place)) {
    return isAsked === undefined
      ? notSeen(`what the image has below its volume ${path} is not known: ${place.unknown}`, giveTmpfs(path))
      : met;
  }
  const { kind, files, example = '' } = place.value;
  if (kind === 'circle')
    return unmet(`the volume ${path} of the image is a circle of links`, `To run it, ${withoutVolume}.`);
  if (kind === 'file')
    return unmet(`the volume ${path} of the image is a file there`, `To run it, ${withoutVolume}.`);
  if (kind === 'missing' && place.value.leadsTo !== path && runtime?.kind === 'crun') {
    return unmet(
      `the volume ${path} of the image leads by a link to ${place.value.leadsTo ?? ''}, which does not exist, and crun makes no folder there`,
      `Build the image with that folder, or use another runtime.`,
    );
  }
  if (isAsked !== undefined || files === 0) return met;
  return unmet(
    `the image has files in its volume ${path}, such as ${example}, which an empty file system in memory would hide`,
    giveTmpfs(path),
  );
}

function giveTmpfs(path: string): string {
  return `Name ${path} in \`tmpfs\` if the plugin can do without them, or ${withoutVolume}.`;
}

function placeOf(path: string, { image }: LaunchCase): Fact<ImagePlace> {
  const places = (isAbsent(image) ? undefined : image.places) ?? unknown('the facts do not say it');
  if (!isKnown(places)) return places;
  const found = places.value.find((place) => place.path === path);
  return found === undefined ? unknown('the facts do not say it') : known(found, places.evidence);
}

/** Says why nothing can be mounted at a path, which leads to another place if there are links on it. */
function reservedPlace(path: string, leadsTo: ImagePlace['leadsTo']): string | undefined {
  for (const at of new Set([path, leadsTo ?? path])) {
    const where =
      at === path
        ? `the volume ${path} of the image`
        : `the volume ${path} of the image leads to ${at}, which`;
    const system = mountedByEngines.find((folder) => isAtOrBelow(at, folder));
    if (system !== undefined) return `${where} lies in ${system}, which belongs to the engine`;
    if (isAtOrBelow(at, containerSocketDirectory))
      return `${where} lies in the folder of the plugin's sockets`;
    if (at !== path && isAtOrBelow(containerSocketDirectory, at)) {
      return `${where} would hide the folder of the plugin's sockets`;
    }
  }
  return undefined;
}
