/** Checks the options of packing before any file is read. */
import {
  allOf,
  anyOf,
  checkArgument,
  checkShape,
  fieldsOf,
  filledText,
  flag,
  listOf,
  objectWith,
  recordOf,
  required,
  shapeOf,
  signal,
  text,
  that,
  type Check,
  type Shape,
} from '../settings/option-shape.ts';
import type { PackBinaryPluginOptions } from './binary-image.ts';
import type { ImageConfig, PackedImage, WriteImageArchiveOptions } from './docker-archive.ts';
import type { HostDataOptions } from './host-data.ts';
import type { ImageDirectory, ImageRegularFile, ImageSymlink } from './image-files.ts';
import type { LoadImageOptions } from './load-image.ts';
import type { PackNodePluginOptions } from './node-image.ts';

const number = that((value) => typeof value === 'number', 'must be a number');
const anyText = that((value) => typeof value === 'string', 'must be a text');
const bytes = that((value) => value instanceof Uint8Array, 'must be bytes');
const date = that(
  (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  'must be a Date that is a point in time',
);

/** Paths, owners and modes are checked where the files are arranged. */
const imageFile: Check = allOf(
  shapeOf<ImageRegularFile & ImageSymlink & ImageDirectory>({
    path: required(filledText),
    uid: number,
    gid: number,
    mode: number,
    content: anyOf(anyText, bytes, shapeOf<{ file: string }>({ file: required(filledText) })),
    fileCapabilities: listOf(filledText),
    symlink: anyText,
    directory: that((value) => value === true, 'must be true'),
  }),
  that(
    (value) => ['content', 'symlink', 'directory'].filter((name) => name in (value as object)).length === 1,
    'must have one of content, symlink and directory',
  ),
);

const configChecks: Shape<ImageConfig> = {
  user: text,
  env: recordOf(required(text)),
  workingDirectory: text,
  labels: recordOf(required(text)),
};
const hostDataChecks: Shape<HostDataOptions> = {
  withCertificates: anyOf(flag, filledText),
  withTimeZones: anyOf(flag, filledText),
};
const madeChecks = { architecture: filledText, createdAt: date, signal };

const archiveOptions = required(
  shapeOf<WriteImageArchiveOptions>({
    ...configChecks,
    ...madeChecks,
    tag: required(filledText),
    files: required(listOf(imageFile)),
    entrypoint: required(listOf(text)),
    cmd: listOf(text),
  }),
);

const nodeOptions = required(
  shapeOf<PackNodePluginOptions>({
    ...configChecks,
    ...madeChecks,
    ...hostDataChecks,
    tag: required(filledText),
    directory: filledText,
    files: listOf(imageFile),
    main: required(filledText),
    packages: listOf(filledText),
    optionalPackages: listOf(filledText),
    packagesFrom: filledText,
    nodeBinary: filledText,
    nodeOptions: listOf(text),
    args: listOf(text),
  }),
);

const binaryOptions = required(
  shapeOf<PackBinaryPluginOptions>({
    ...configChecks,
    ...madeChecks,
    ...hostDataChecks,
    tag: required(filledText),
    binary: required(filledText),
    args: listOf(text),
    fileCapabilities: listOf(filledText),
    withLibraries: flag,
  }),
);

const packedImage = allOf(
  fieldsOf<Pick<PackedImage, 'tag' | 'contentHash' | 'diffId'>>({
    tag: required(filledText),
    contentHash: required(filledText),
    diffId: required(filledText),
  }),
  that((value) => Symbol.asyncIterator in (value as object), 'must be an image that was packed'),
);
const loadOptions = shapeOf<LoadImageOptions>({ signal });
const engineCheck = fieldsOf<{ images: unknown }>({ images: required(objectWith('inspect', 'load')) });

/** @throws InvalidOptionError */
export function checkArchiveOptions(options: WriteImageArchiveOptions): void {
  checkShape('writeImageArchive', archiveOptions, options);
}

/** @throws InvalidOptionError */
export function checkNodeOptions(options: PackNodePluginOptions): void {
  checkShape('packNodePlugin', nodeOptions, options);
}

/** @throws InvalidOptionError */
export function checkBinaryOptions(options: PackBinaryPluginOptions): void {
  checkShape('packBinaryPlugin', binaryOptions, options);
}

/** @throws InvalidOptionError */
export function checkLoadOptions(engine: unknown, image: unknown, options: unknown): void {
  checkArgument('loadImage', 'engine', engineCheck, engine);
  checkArgument('loadImage', 'image', packedImage, image);
  checkShape('loadImage', loadOptions, options);
}
