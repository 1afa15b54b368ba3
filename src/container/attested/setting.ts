import type {
  CreateContainerOptions,
  Engine,
  EngineInfo,
  InspectedContainer,
  InspectedImage,
} from '../../engine/index.ts';
import type { ResolvedNetwork } from './resolve-network.ts';

/** What the comparison knows beside request and answer. Whatever is absent makes it compare less, never more. */
export interface AttestationContext {
  /** The engine, because some engines use other words for the same thing, or can't do everything. */
  readonly engine?: { readonly kind: Engine['kind']; readonly version: string; readonly info: EngineInfo };
  /** The image as the engine has it. What a request leaves to the image must be as the image says. */
  readonly image?: InspectedImage | undefined;
  /** What the engine knows under the requested word for the network. */
  readonly network?: ResolvedNetwork | undefined;
}

/** Both sides of a comparison. */
export interface Given extends AttestationContext {
  readonly asked: CreateContainerOptions;
  readonly made: InspectedContainer;
}

/** The difference between both sides, in words. */
export interface Sides {
  /** The part that differs, where there are several, such as the target of a mount. */
  readonly part?: string | undefined;
  readonly asked: string;
  readonly made: string;
}

/** A row in the table of compared settings. */
export interface AttestedSetting {
  /** The name that is shown. */
  readonly name: string;
  /** The options of a create request that the row covers; none for what can't be requested and must be absent. */
  readonly options: readonly (keyof CreateContainerOptions)[];
  readonly compare: (given: Given) => readonly Sides[];
}

export type Value = string | number | boolean | undefined;

/** Marks a setting that the request leaves to the engine: any value will do. */
export const anything = Symbol('anything');

type Option = keyof CreateContainerOptions;

/** A row that compares one value of the request with one value of the container. */
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
      if (wanted === anything) return [];
      const found = made(given);
      return wanted === found ? [] : [{ asked: show(wanted), made: show(found) }];
    },
  };
}

/** A row for something that can't be requested. `found` lists what the container has of it. */
export function absent(name: string, found: (given: Given) => readonly string[]): AttestedSetting {
  return same(
    name,
    [],
    () => 'none',
    (given) => list(found(given)),
  );
}

/** Sorted, because engines do not keep an order. */
export function list(values: readonly string[]): string {
  return [...values].sort().join(', ') || 'none';
}

export function show(value: Value): string {
  return value === undefined || value === '' ? 'nothing' : String(value);
}

export function isPodman({ engine, made }: Given): boolean {
  return engine === undefined ? made.boundingCaps !== undefined : engine.kind === 'podman';
}
