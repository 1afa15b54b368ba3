import {
  canonicalVersion,
  compareVersions,
  effectiveReference,
  fileStore,
  loadImage,
  packBinaryPlugin,
  packNodePlugin,
  parseImageReference,
  toPluginEntry,
  writeImageArchive,
} from '../../src/index.ts';
import { aborted, wrong, type Refusals, type WrongCall } from './refusals.ts';

const config = { user: wrong.text, env: wrong.record, workingDirectory: wrong.text, labels: wrong.record };
const made = {
  architecture: wrong.filled,
  createdAt: [new Date(NaN), 'today', 0, null],
  signal: wrong.signal,
  tag: [undefined, ...wrong.filled],
};
const files = [null, 'x', [null], [{ path: '/a' }], [{ path: 7, content: '' }], [{ path: '/a', content: 7 }]];
const kv = { type: 'secret', name: 'kv', ociImage: 'localhost/kv:1' };
const notTexts = [undefined, null, 7, {}];
const texts = (name: string, call: (value: never) => unknown): WrongCall[] =>
  notTexts.map((value) => [name, () => call(value as never)]);

/** Images, and what catalogs are made of. */
export const packing: Refusals = {
  takers: {
    writeImageArchive: {
      call: (options) => writeImageArchive(options as never),
      options: { tag: 'localhost/a:1', files: [], entrypoint: ['/a'], signal: aborted },
      required: true,
      wrong: {
        ...config,
        ...made,
        files: [undefined, ...files, [{ path: '/a', content: '', unheardOf: 1 }]],
        entrypoint: [undefined, [], ...wrong.texts],
        cmd: wrong.texts,
      },
    },
    packNodePlugin: {
      call: (options) => packNodePlugin(options as never),
      options: { tag: 'localhost/a:1', directory: '/nowhere', main: 'main.js', signal: aborted },
      required: true,
      wrong: {
        ...config,
        ...made,
        files,
        directory: wrong.filled,
        main: [undefined, ...wrong.filled],
        packages: wrong.texts,
        packagesFrom: wrong.filled,
        nodeBinary: wrong.filled,
        nodeOptions: wrong.texts,
        args: wrong.texts,
      },
    },
    packBinaryPlugin: {
      call: (options) => packBinaryPlugin(options as never),
      options: { tag: 'localhost/a:1', binary: '/nowhere/a', signal: aborted },
      required: true,
      wrong: {
        ...config,
        ...made,
        binary: [undefined, ...wrong.filled],
        args: wrong.texts,
        fileCapabilities: wrong.texts,
        withLibraries: wrong.flag,
      },
    },
    fileStore: {
      call: (options) => fileStore('/nowhere', options as never),
      wrong: { lockWaitMs: wrong.milliseconds, trustedOwners: [null, 1, ['1'], [-1], [NaN]] },
    },
    toPluginEntry: {
      call: (options) => toPluginEntry(options as never),
      options: kv,
      required: true,
      wrong: { type: [undefined, 7], name: [undefined, 7, ''], args: wrong.texts, sha256: ['x', 7] },
    },
  },
  wrongCalls: {
    loadImage: [
      ['engine', () => loadImage(undefined as never, {} as never)],
      ['engine', () => loadImage({} as never, {} as never)],
      ['image', () => loadImage(engine as never, null as never)],
      ['image', () => loadImage(engine as never, {} as never)],
      ['unheardOf', () => loadImage(engine as never, image as never, { unheardOf: 1 } as never)],
      ['loadImage', () => loadImage(engine as never, image as never, null as never)],
      ['signal', () => loadImage(engine as never, image as never, { signal: 7 } as never)],
    ],
    fileStore: texts('directory', (value) => fileStore(value)),
    toPluginEntry: [['reserved', () => toPluginEntry(kv, 'x' as never)]],
    canonicalVersion: texts('version', (value) => canonicalVersion(value)),
    compareVersions: [
      ...texts('a', (value) => compareVersions(value, '1.0.0')),
      ...texts('b', (value) => compareVersions('1.0.0', value)),
    ],
    parseImageReference: texts('ociImage', (value) => parseImageReference(value)),
    effectiveReference: texts('version', (value) => effectiveReference('a', value)),
  },
};

const none = (): never => {
  throw new Error('nothing is to be asked');
};
const engine = { images: { inspect: none, load: none } };
const image = { tag: 'a', contentHash: 'a', diffId: 'a', [Symbol.asyncIterator]: none };
