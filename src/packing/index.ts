export { writeImageArchive, contentLabel } from './docker-archive.ts';
export type { ImageConfig, PackedImage, WriteImageArchiveOptions } from './docker-archive.ts';
export type { ImageDirectory, ImageFile, ImageRegularFile, ImageSymlink } from './image-files.ts';
export { packNodePlugin } from './node-image.ts';
export type { PackNodePluginOptions } from './node-image.ts';
export { packBinaryPlugin } from './binary-image.ts';
export type { PackBinaryPluginOptions } from './binary-image.ts';
export { certificatesPath } from './host-data.ts';
export type { HostDataOptions } from './host-data.ts';
export { loadImage } from './load-image.ts';
export type { LoadedImage, LoadImageOptions } from './load-image.ts';
export { parseElf } from '../program/elf.ts';
export type { ElfFile } from '../program/elf.ts';
export { ElfError } from '../program/errors.ts';
export { readElf } from './read-elf.ts';
export { folderFiles } from './folder-files.ts';
export { npmPackages } from './npm-packages.ts';
export { sharedLibraries } from './shared-libraries.ts';
export { nonRootUser, systemFiles } from './system-files.ts';
export { checkImageTag } from './image-reference.ts';
export {
  ArchitectureMismatchError,
  DynamicBinaryError,
  ImageChangedError,
  ImageFileError,
  LibraryNotFoundError,
  PackageNotFoundError,
} from './errors.ts';
