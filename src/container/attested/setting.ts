import type {
  CreateContainerOptions,
  Engine,
  EngineInfo,
  InspectedContainer,
  InspectedImage,
} from '../../engine/index.ts';

/** What the comparison has to know beside request and answer. What is left out makes it compare less, never more. */
export interface AttestationContext {
  /** Some engines word the same thing otherwise, and can't do everything. */
  readonly engine?: { readonly kind: Engine['kind']; readonly version: string; readonly info: EngineInfo };
  /** The image as the engine has it: what a request leaves to the image has to be the image's. */
  readonly image?: InspectedImage | undefined;
}

/** Both sides of a comparison. */
export interface Given extends AttestationContext {
  readonly asked: CreateContainerOptions;
  readonly made: InspectedContainer;
}

/** Both sides in words. */
export interface Sides {
  /** Which of several, such as the target of a mount. */
  readonly part?: string | undefined;
  readonly asked: string;
  readonly made: string;
}

/** One thing that is compared: one row of the table of settings. */
export interface AttestedSetting {
  /** As it is shown. */
  readonly name: string;
  /** The options of a create request that it covers; none for what can't be asked for and has to be absent. */
  readonly options: readonly (keyof CreateContainerOptions)[];
  readonly compare: (given: Given) => readonly Sides[];
}

export type Value = string | number | boolean | undefined;

/** Marks a setting that the request leaves to the engine: any value will do. */
export const anything = Symbol('anything');

type Option = keyof CreateContainerOptions;

/** A row whose two sides are one value each, in the same words. */
export function same(
  name: string,
  options: readonly Option[],
  asked: (given: Given) => Value | typeof anything,
  made: (given: Given) => Value,
): AttestedSetting {
  return {
    name,
    options,
    compare(given) {
      const wanted = asked(given);
      const found = made(given);
      return wanted === anything || wanted === found ? [] : [{ asked: show(wanted), made: show(found) }];
    },
  };
}

/** A row for what nobody can ask for. `found` is what there is of it. */
export function absent(name: string, found: (given: Given) => readonly string[]): AttestedSetting {
  return same(
    name,
    [],
    () => 'none',
    (given) => list(found(given)),
  );
}

/** Sorted, because no engine keeps an order. */
export function list(values: readonly string[]): string {
  return [...values].sort().join(', ') || 'none';
}

export function show(value: Value): string {
  return value === undefined || value === '' ? 'nothing' : String(value);
}

export function isPodman({ engine, made }: Given): boolean {
  return engine === undefined ? made.boundingCaps !== undefined : engine.kind === 'podman';
}
