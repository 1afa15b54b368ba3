import { posix } from 'node:path';
import { isAbsent } from '../case.ts';
import { cleanPath, isAtOrBelow } from '../clean-path.ts';
import { isKnown } from '../fact.ts';
import { isPlainAnnotation } from '../image-annotations.ts';
import type { ImageSettings } from '../image-facts.ts';
import { blankVariables, replacedStopSignal } from '../image-settings.ts';
import { volumeFileSystems } from '../strategy-volumes.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { judged, met, note, unmet } from './finding.ts';

/** Rules about what the configuration of an image makes an engine do, apart from its program and its volumes. */
export const imageSettingRules: readonly Rule[] = [
  {
    id: 'image-working-directory',
    concerns: 'images with a working directory',
    requirement: "The image's working directory is an absolute path, and no file of the image is there.",
    source: {
      measured: 'engines make a folder that is not there, and fail for a relative path and for a file',
    },
    applies: ({ image, wishes }) =>
      !isAbsent(image) &&
      wishes.workingDirectory === undefined &&
      (image.settings?.workingDirectory ?? '') !== '',
    check: checkWorkingDirectory,
  },
  {
    id: 'image-variables',
    concerns: 'images with variables',
    requirement:
      "Every variable of the image has a name. Those of go-plugin are the host's, and those without a value are empty.",
    source: {
      measured:
        'Podman gives a plugin the variable of its own service for a name without a value; a plugin takes what PLUGIN_CLIENT_CERT says for an order of its host',
    },
    applies: ({ image }) => !isAbsent(image) && (image.settings?.variables ?? []).length > 0,
    check(launch) {
      if (settingsOf(launch)?.variables.includes('') === true) {
        return unmet(
          'the image has a variable without a name',
          'Take the entry of ENV without a name out of the image.',
        );
      }
      const blank = blankVariables(launch);
      if (blank.length === 0) return met;
      return note(
        `what the image says of the variables ${blank.join(', ')} does not count: they are the host's, or empty`,
        'Nothing to do; or take them out of the ENV of the image.',
      );
    },
  },
  {
    id: 'image-stop-signal',
    concerns: 'images with a stop signal',
    requirement: "The image's stop signal is a signal; SIGTERM takes the place of another text.",
    source: { measured: 'engines refuse to make such a container' },
    applies: ({ image }) => !isAbsent(image) && (image.settings?.stopSignal ?? '') !== '',
    check(launch) {
      const signal = replacedStopSignal(launch);
      if (signal === undefined) return met;
      return note(
        `the stop signal ${JSON.stringify(settingsOf(launch)?.stopSignal ?? '')} of the image is none: ${signal} takes its place`,
        'Nothing to do; or correct STOPSIGNAL in the image.',
      );
    },
  },
  {
    id: 'image-exposed-ports',
    concerns: 'images with exposed ports, on Podman',
    requirement: 'Each exposed port is a port: a number or a range, and tcp, udp or sctp.',
    source: {
      measured: 'the Docker-compatible API of Podman 4.3 fails to tell of such an image, to every program',
    },
    applies: (launch) =>
      launch.engine.kind === 'podman' && (settingsOf(launch)?.exposedPorts ?? []).length > 0,
    check(launch) {
      const strange = (settingsOf(launch)?.exposedPorts ?? []).filter((port) => !isPort(port));
      if (strange.length === 0) return met;
      const list = strange.slice(0, mostNamed).map((port) => JSON.stringify(port));
      const more = strange.length > mostNamed ? ` and ${strange.length - mostNamed} more` : '';
      return unmet(
        `the image exposes what is no port: ${list.join(', ')}${more}`,
        'Let EXPOSE in the image be a port such as 80 or 53/udp, or build the image without it: no port of a plugin is published.',
      );
    },
  },
  {
    id: 'image-annotations',
    concerns: 'images with annotations, on Podman',
    requirement: 'The annotations of the image only describe it.',
    source: {
      measured:
        'Podman hands the annotations of an image to the runtime, which takes some of them for orders',
    },
    applies: ({ image, engine }) =>
      engine.kind === 'podman' && !isAbsent(image) && image.annotations !== undefined,
    check({ image }) {
      if (isAbsent(image) || image.annotations === undefined) return met;
      const remedy =
        'Build the image without these annotations, or load it from a docker-archive, which has none: podman save --format docker-archive.';
      return judged(image.annotations, 'what annotations the image has', remedy, (names) => {
        const strange = names.filter((name) => !isPlainAnnotation(name));
        if (strange.length === 0) return met;
        return unmet(
          `the image has annotations that Podman would hand to the runtime: ${strange.join(', ')}`,
          remedy,
        );
      });
    },
  },
];

/** How many exposed ports are named in a finding. */
const mostNamed = 5;

function isPort(text: string): boolean {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(?:tcp|udp|sctp))?$/i.exec(text) ?? [];
  return first !== undefined && Number(first) <= Number(last) && Number(last) < 2 ** 16;
}

function settingsOf({ image }: LaunchCase): ImageSettings | undefined {
  return isAbsent(image) ? undefined : image.settings;
}

function checkWorkingDirectory(launch: LaunchCase): Finding {
  const { image } = launch;
  const given = settingsOf(launch)?.workingDirectory ?? '';
  if (!posix.isAbsolute(given)) {
    return unmet(
      `the working directory ${JSON.stringify(given)} of the image is not an absolute path`,
      `Let WORKDIR in the image be absolute, or launch with \`workingDirectory: '/${given.replace(/[^\w./-]/g, '')}'\`.`,
    );
  }
  const path = cleanPath(given);
  const places = isAbsent(image) || image.places === undefined ? undefined : image.places;
  const place = places && isKnown(places) ? places.value.find((one) => one.path === path) : undefined;
  const hidden = volumeFileSystems(launch).some((one) => isAtOrBelow(path, one.path));
  if (hidden || place === undefined || place.kind === 'folder' || place.kind === 'missing') return met;
  return unmet(
    `the working directory ${path} of the image is ${place.kind === 'circle' ? 'a circle of links' : 'a file there'}`,
    'Let WORKDIR in the image be a folder, or give another one as `workingDirectory`.',
  );
}
