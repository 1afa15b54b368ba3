/** Checks of the faults that a proxy is asked to make. */
import {
  anyOf,
  callback,
  flag,
  milliseconds,
  oneOf,
  required,
  shapeOf,
  that,
  wholeNumber,
  type Check,
} from '../settings/option-shape.ts';
import type { Fault } from './fault-proxy.ts';

const position = required(wholeNumber(0));
const more: Readonly<Record<Fault['kind'], Readonly<Record<string, Check>>>> = {
  none: {},
  refuse: {},
  'cut-head': { afterBytes: position },
  'cut-body': { afterBytes: position },
  stall: { afterBytes: position },
  split: {},
  double: {},
  delay: { ms: required(milliseconds) },
  replace: { bytes: required(that((value) => value instanceof Uint8Array, 'must be bytes')), asked: flag },
  edit: { edit: required(callback) },
};
const kind = required(oneOf(...Object.keys(more)));

const fault: Check = (value, operation) => {
  const { kind: given } = (value ?? {}) as Partial<Fault>;
  const own = given !== undefined && Object.hasOwn(more, given) ? more[given] : {};
  return shapeOf<Record<string, unknown>>({ kind, ...own })(value, operation);
};

/** A fault, or a function that chooses one. */
export const faultChoice = anyOf(callback, fault);
