import { cleanPath } from '../../compatibility/internal.ts';
import { anything, isPodman, same, show, type AttestedSetting, type Given, type Sides } from './setting.ts';

/** The settings that decide what runs: the image, its program, its arguments and variables. */
export const programSettings: readonly AttestedSetting[] = [
  same(
    'name',
    ['name'],
    ({ asked }) => asked.name ?? anything,
    ({ made }) => made.name,
  ),
  same(
    'image',
    ['image'],
    ({ asked, image }) => (asked.image.startsWith('sha256:') ? asked.image : (image?.id ?? anything)),
    ({ made }) => made.imageId,
  ),
  {
    name: 'entrypoint',
    options: ['entrypoint'],
    compare: ({ asked, made, image }) =>
      words(asked.entrypoint ?? image?.config.entrypoint, made.config.entrypoint),
  },
  {
    name: 'arguments',
    options: ['cmd'],
    // With an entrypoint in the request, the engine ignores the image's arguments.
    compare: ({ asked, made, image }) =>
      words(asked.cmd ?? (asked.entrypoint === undefined ? image?.config.cmd : []), made.config.cmd),
  },
  { name: 'environment', options: ['env'], compare: compareEnvironment },
  { name: 'labels', options: ['labels'], compare: compareLabels },
  same(
    'working directory',
    ['workingDirectory'],
    ({ asked, image }) =>
      asked.workingDirectory === undefined && image === undefined
        ? anything
        : cleanPath(asked.workingDirectory ?? image?.config.workingDirectory ?? ''),
    ({ made }) => cleanPath(made.config.workingDirectory),
  ),
  same(
    'hostname',
    ['hostname'],
    ({ asked }) => asked.hostname ?? anything,
    ({ made }) => made.config.hostname,
  ),
  same(
    'terminal',
    ['tty'],
    ({ asked }) => asked.tty ?? false,
    ({ made }) => made.config.tty,
  ),
  same(
    'stdin',
    ['openStdin'],
    ({ asked }) => asked.openStdin ?? false,
    ({ made }) => made.config.openStdin,
  ),
  same(
    'stop signal',
    ['stopSignal'],
    ({ asked }) => (asked.stopSignal === undefined ? anything : plainSignal(asked.stopSignal)),
    ({ made }) => plainSignal(made.config.stopSignal),
  ),
  same(
    'stop timeout',
    ['stopTimeout'],
    ({ asked }) => asked.stopTimeout ?? anything,
    ({ made }) => made.config.stopTimeout,
  ),
  same(
    'health check',
    ['noHealthcheck'],
    ({ asked }) => (asked.noHealthcheck === true ? 'none' : anything),
    ({ made }) => (made.config.healthcheck.join(' ') === 'NONE' ? 'none' : 'one that is run'),
  ),
  same(
    'init',
    ['init'],
    ({ asked }) => asked.init ?? anything,
    ({ made }) => made.init,
  ),
];

/** Engines report signals with or without `SIG`, as they were requested or not. */
function plainSignal(signal: string): string {
  return signal.toUpperCase().replace(/^SIG/, '');
}

/**
 * Compares words without showing them, because they may hold secrets. Podman before 5 reports an entrypoint as one
 * text, so the words are compared as the text that they make together.
 */
function words(asked: readonly string[] | undefined, made: readonly string[]): readonly Sides[] {
  if (asked === undefined || asked.join(' ') === made.join(' ')) return [];
  const count = (list: readonly string[]) => (list.length === 1 ? '1 word' : `${list.length} words`);
  return [{ asked: count(asked), made: `other ones (${count(made)})` }];
}

/** Variables that Podman adds by itself: its own, and the proxy variables of its service. */
const addedByPodman =
  /^(PATH|TERM|HOME|HOSTNAME|container|(https?|ftp|no|all)_proxy|(HTTPS?|FTP|NO|ALL)_PROXY)$/;

/** Compares values without showing them. */
function compareEnvironment(given: Given): readonly Sides[] {
  const { asked, made, image } = given;
  const ofImage = (image?.config.env ?? []).map(variable);
  const wanted = new Map([...ofImage, ...Object.entries(asked.env ?? {})]);
  const seen = made.config.env.map(variable);
  // An image may have a variable twice. Docker keeps both values, and Podman the last one.
  const isOfImage = (name: string, value: string) =>
    asked.env?.[name] === undefined && ofImage.some(([other, text]) => other === name && text === value);
  const present = new Set(seen.map(([name]) => name));
  const missing = [...wanted.keys()].filter((name) => !present.has(name));
  const changed = seen.filter(
    ([name, value]) => wanted.has(name) && wanted.get(name) !== value && !isOfImage(name, value),
  );
  const extra = seen.filter(
    ([name]) => image !== undefined && !wanted.has(name) && !(isPodman(given) && addedByPodman.test(name)),
  );
  return [
    ...missing.map((name) => ({ part: name, asked: 'a value', made: 'nothing' })),
    ...changed.map(([name]) => ({ part: name, asked: 'a value', made: 'another one' })),
    ...extra.map(([name]) => ({ part: name, asked: 'nothing', made: 'a value' })),
  ];
}

function variable(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}

/** A Podman service that systemd runs puts this label on its containers. */
const labelsOfPodman = ['PODMAN_SYSTEMD_UNIT'];

function compareLabels(given: Given): readonly Sides[] {
  const { asked, made, image } = given;
  const wanted = { ...image?.config.labels, ...asked.labels };
  const names = new Set([
    ...Object.keys(wanted),
    ...(image === undefined ? [] : Object.keys(made.config.labels)),
  ]);
  return [...names]
    .filter((name) => wanted[name] !== made.config.labels[name])
    .filter((name) => !(isPodman(given) && labelsOfPodman.includes(name)))
    .map((name) => ({
      part: name,
      asked: show(wanted[name] === undefined ? undefined : 'a value'),
      made: show(made.config.labels[name] === undefined ? undefined : 'another one'),
    }));
}
