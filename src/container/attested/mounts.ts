import { cleanPath } from '../../compatibility/internal.ts';
import { tmpfsOptions } from '../../engine/internal.ts';
import type { InspectedContainer, Mount } from '../../engine/index.ts';
import { type AttestedSetting, type Sides } from './setting.ts';

type Made = InspectedContainer['mounts'][number];

/** Every requested mount is there as requested, and there are no others. */
export const mountSettings: readonly AttestedSetting[] = [
  {
    name: 'mount',
    options: ['mounts'],
    compare({ asked, made }) {
      const wanted = new Map((asked.mounts ?? []).map((mount) => [cleanPath(mount.target), mount]));
      const targets = new Set(made.mounts.map(({ target }) => cleanPath(target)));
      return [
        ...made.mounts.flatMap((mount) => compareMount(wanted.get(cleanPath(mount.target)), mount)),
        ...[...wanted]
          .filter(([target]) => !targets.has(target))
          .map(([target, mount]) => ({ part: target, asked: describe(mount), made: 'nothing' })),
      ];
    },
  },
];

function compareMount(wanted: Mount | undefined, made: Made): readonly Sides[] {
  const askedText = wanted === undefined ? 'nothing' : describe(wanted);
  const madeText = describeMade(made, wanted);
  return askedText === madeText ? [] : [{ part: made.target, asked: askedText, made: madeText }];
}

function describe(mount: Mount): string {
  if (mount.type === 'tmpfs') return `tmpfs ${[...tmpfsOptions(mount)].sort().join(',')}`;
  const { source, readOnly = false, propagation = 'rprivate', relabel } = mount;
  const words = ['bind', shortSource(source), readOnly ? 'read-only' : 'writable', propagation];
  return [...words, ...(relabel === undefined ? [] : [relabel === 'shared' ? 'z' : 'Z'])].join(' ');
}

/** Options without consequence, which engines add to every mount, and options that forbid more than was requested. */
const plainTmpfsOptions = ['rprivate', 'private', 'notmpcopyup', 'relatime', 'tmpfs'];
const plainBindOptions = ['bind', 'rbind', 'rw', 'ro', 'rprivate', 'private', 'nosuid', 'nodev', 'noexec'];

function describeMade(made: Made, wanted: Mount | undefined): string {
  if (made.type === 'tmpfs') {
    const options = made.options.filter((option) => !plainTmpfsOptions.includes(option)).map(normalOption);
    return `tmpfs ${options.sort().join(',')}`;
  }
  const asked = wanted?.type === 'bind' ? (wanted.propagation ?? 'rprivate') : 'rprivate';
  const propagation = made.propagation === '' ? 'rprivate' : made.propagation;
  const strange = made.options.filter((option) => !plainBindOptions.includes(option) && option !== asked);
  const words = [
    made.type,
    shortSource(made.source),
    made.readOnly ? 'read-only' : 'writable',
    propagation,
    ...strange,
  ];
  return words.join(' ');
}

/** Leaves out slashes that say nothing. What `..` leads to depends on links, so it stays. */
function shortSource(path: string): string {
  return path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}

/** Writes sizes and modes as {@link tmpfsOptions} does. */
function normalOption(option: string): string {
  const [, digits, unit = ''] = /^size=(\d+)([kmg]?)$/i.exec(option) ?? [];
  if (digits !== undefined)
    return `size=${Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase())}`;
  const mode = /^mode=([0-7]+)$/.exec(option)?.[1];
  return mode === undefined ? option : `mode=${mode.padStart(4, '0')}`;
}
