/**
 * Turns message types into functions that find what is wrong with a value: a field that the message does not have, or a
 * value that protobuf.js would convert to another one. Each type is compiled once.
 */
import { isMap, isSet } from 'node:util/types';
import { nearest } from '../../settings/nearest.ts';
import { someOf } from '../../foreign-text.ts';
import type { DescribedTypes, FieldType, MessageType, ValueType } from './message-types.ts';
import { keyChecks, scalarChecks } from './scalar-checks.ts';

/** What is wrong with a value, and where. It never repeats the value, which may be a secret. */
export interface Wrong {
  /** Names of fields, indexes of lists and keys of maps, from the outside in. */
  readonly path: (string | number)[];
  /** What the value at that place takes; absent for a field that is unknown. */
  readonly takes?: string;
  /** The unknown field. */
  readonly unknown?: { readonly name: string; readonly meant: string | undefined; readonly known: string };
}

/** Returns what is wrong with a value; `undefined` when nothing is. */
export type ValueCheck = (value: unknown, depth: number) => Wrong | undefined;

/** protobuf.js: util.recursionLimit. An object that contains itself reaches it too. */
const deepest = 100;

export class Compiler {
  readonly #types: DescribedTypes;
  readonly #compiled = new Map<string, ValueCheck>();

  constructor(types: DescribedTypes) {
    this.#types = types;
  }

  /** Returns the check of the message with this full name. */
  message(name: string): ValueCheck {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const type = this.#types.message(name);
    const check = type === undefined ? anything : this.#messageCheck(name, type);
    this.#compiled.set(name, check);
    return check;
  }

  #messageCheck(name: string, { fields, oneofs }: MessageType): ValueCheck {
    const checks = new Map<string, ValueCheck>();
    // A message may contain itself, so its fields are compiled when they are first met.
    const checkOf = (field: string): ValueCheck | undefined => {
      const known = checks.get(field);
      const type = known === undefined ? fields.get(field) : undefined;
      if (type === undefined) return known;
      const made = this.#fieldCheck(type);
      checks.set(field, made);
      return made;
    };
    const isAny = name === 'google.protobuf.Any';
    return (value, depth) => {
      // An implementation whose reply has no fields may return nothing.
      if (value === undefined && depth === 0 && fields.size === 0) return undefined;
      if (!isObject(value)) return takes('an object');
      if (depth > deepest) return takes(`at most ${deepest} messages within each other`);
      if (isAny && '@type' in value) return this.#anyCheck(value, depth);
      for (const field of namesOf(value, fields)) {
        const check = checkOf(field);
        if (check === undefined) {
          const wrong = oneofNameCheck(value, field, fields, oneofs);
          if (wrong !== undefined) return wrong;
          continue;
        }
        const given = value[field];
        if (given === undefined || given === null) continue;
        const wrong = check(given, depth + 1);
        if (wrong !== undefined) return below(field, wrong);
      }
      return oneofs.size === 0 ? undefined : oneofCheck(value, oneofs);
    };
  }

  /** Checks a message that protobuf.js packs into an `Any`: it is given as itself, with the name of its type. */
  #anyCheck({ '@type': url, ...rest }: Readonly<Record<string, unknown>>, depth: number): Wrong | undefined {
    const name = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1).replace(/^\./, '') : '';
    if (this.#types.message(name) !== undefined) return this.message(name)(rest, depth + 1);
    return below('@type', takes('the name of a type that the definition of the service has'));
  }

  #fieldCheck({ form, key, value }: FieldType): ValueCheck {
    const check = this.#valueCheck(value);
    if (form === 'single') return check;
    if (form === 'list') return listCheck(check);
    return mapCheck(key === undefined ? undefined : keyChecks[key], check);
  }

  #valueCheck(type: ValueType): ValueCheck {
    switch (type.kind) {
      case 'message': {
        let check: ValueCheck | undefined;
        return (value, depth) => (check ??= this.message(type.name))(value, depth);
      }
      case 'enum':
        return enumCheck(type.names);
      case 'scalar': {
        const scalar = scalarChecks[type.name];
        if (scalar === undefined) return anything;
        return (value) => (scalar.test(value) ? undefined : takes(scalar.takes));
      }
      case 'unknown':
        return anything;
    }
  }
}

const anything: ValueCheck = () => undefined;

function takes(what: string): Wrong {
  return { path: [], takes: what };
}

function below(key: string | number, wrong: Wrong): Wrong {
  wrong.path.unshift(key);
  return wrong;
}

type Fields = Readonly<Record<string, unknown>>;

/** Whether it can be a message. Other objects, such as a Date or a Map, have no fields that could be read. */
function isObject(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.prototype.toString.call(value) === '[object Object]' && !isMap(value) && !isSet(value);
}

/** The names under which fields are given: an object's own, and those that its class has getters for. */
function namesOf(value: Fields, fields: MessageType['fields']): readonly string[] {
  const own = Object.keys(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return own;
  return [...own, ...[...fields.keys()].filter((name) => !own.includes(name) && name in value)];
}

/**
 * Checks a field that the message does not have. A message that was received has the name of each oneof too, and as its
 * value the member that is set: it may be sent on.
 */
function oneofNameCheck(
  value: Fields,
  name: string,
  fields: MessageType['fields'],
  oneofs: MessageType['oneofs'],
): Wrong | undefined {
  const members = oneofs.get(name);
  if (members === undefined) {
    const known = [...fields.keys()];
    return { path: [], unknown: { name, meant: meantBy(name, known), known: someOf(known) } };
  }
  const member = value[name];
  if (member === undefined || member === null) return undefined;
  const isSet = typeof member === 'string' && members.includes(member) && isGiven(value[member]);
  return isSet ? undefined : below(name, takes(`the name of the one that is given of ${members.join(', ')}`));
}

/** Field names are often mistyped in the other spelling, of which any number of letters may differ. */
function meantBy(name: string, known: readonly string[]): string | undefined {
  const plain = (each: string): string => each.replaceAll('_', '').toLowerCase();
  return known.find((each) => plain(each) === plain(name)) ?? nearest(name.slice(0, 100), known);
}

function oneofCheck(value: Fields, oneofs: MessageType['oneofs']): Wrong | undefined {
  for (const members of oneofs.values()) {
    if (members.length < 2) continue;
    let given: string | undefined;
    for (const member of members) {
      if (!isGiven(value[member])) continue;
      if (given !== undefined)
        return below(member, takes(`nothing while ${given} is given: only one of them is sent`));
      given = member;
    }
  }
  return undefined;
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

function listCheck(check: ValueCheck): ValueCheck {
  return (value, depth) => {
    if (!Array.isArray(value)) return takes('an array');
    for (let at = 0; at < value.length; at += 1) {
      const wrong = check(value[at], depth);
      if (wrong !== undefined) return below(at, wrong);
    }
    return undefined;
  };
}

function mapCheck(
  key: { takes: string; test: (key: unknown) => boolean } | undefined,
  check: ValueCheck,
): ValueCheck {
  return (value, depth) => {
    if (!isObject(value)) return takes('an object with the entries of the map');
    for (const name of Object.keys(value)) {
      if (key !== undefined && !key.test(name)) return takes(key.takes);
      const wrong = check(value[name], depth);
      if (wrong !== undefined) return below(name, wrong);
    }
    return undefined;
  };
}

function enumCheck(names: ReadonlySet<string>): ValueCheck {
  const known = [...names];
  return (value) => {
    if (typeof value === 'string') {
      if (names.has(value)) return undefined;
      const meant = nearest(value.slice(0, 100), known);
      return takes(`one of ${someOf(known)}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
    }
    // A number that has no name is sent as it is: the other side may know it.
    return scalarChecks['int32']?.test(value) === true
      ? undefined
      : takes(`a value's name or its number: one of ${someOf(known)}`);
  };
}
