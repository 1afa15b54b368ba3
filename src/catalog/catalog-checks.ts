/** Checks the arguments of the catalogs before anything is done. */
import {
  checkArgument,
  checkShape,
  filledText,
  flag,
  listOf,
  oneOf,
  recordOf,
  required,
  shapeOf,
  signal,
  text,
} from '../settings/option-shape.ts';
import type { AbortOption } from '../abort.ts';
import { settingChecks } from '../settings/setting-list.ts';
import type { PluginEntry } from './plugin-entry.ts';

const abortOptions = shapeOf<AbortOption>({ signal });
const putOptions = shapeOf<AbortOption & { ofRegisteredKind?: boolean | undefined }>({
  signal,
  ofRegisteredKind: flag,
});
const listOptions = shapeOf<{ type?: string | undefined }>({ type: filledText });
const pluginEntry = shapeOf<PluginEntry>({
  type: required(filledText),
  name: required(filledText),
  version: required(text),
  ociImage: required(filledText),
  sha256: required(text),
  command: required(text),
  args: required(listOf(text)),
  env: required(recordOf(required(text))),
  runtime: required(text),
  override: oneOf('unknown'),
  mlock: flag,
  autoMtls: flag,
  brokerMultiplex: flag,
  ...settingChecks,
});

/** @throws InvalidOptionError */
export function checkEntry(operation: string, entry: unknown): void {
  checkArgument(operation, 'entry', pluginEntry, entry);
}

/** @throws InvalidOptionError */
export function checkAbortOptions(operation: string, options: unknown): void {
  checkShape(operation, abortOptions, options);
}

/** @throws InvalidOptionError */
export function checkPutOptions(operation: string, options: unknown): void {
  checkShape(operation, putOptions, options);
}

/** @throws InvalidOptionError */
export function checkListOptions(operation: string, options: unknown): void {
  checkShape(operation, listOptions, options);
}

/** @throws InvalidOptionError */
export function checkTypeAndName(operation: string, type: unknown, name: unknown): void {
  checkArgument(operation, 'type', filledText, type);
  checkArgument(operation, 'name', filledText, name);
}

/** @throws InvalidOptionError */
export function checkFilledText(operation: string, argument: string, value: unknown): void {
  checkArgument(operation, argument, filledText, value);
}

/** @throws InvalidOptionError */
export function checkText(operation: string, argument: string, value: unknown): void {
  checkArgument(operation, argument, text, value);
}
