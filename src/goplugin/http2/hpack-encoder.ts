/** Encodes header blocks (RFC 7541). Pure, apart from the table that the blocks of a connection share. */
import { DynamicTable, sizeOf } from './dynamic-table.ts';
import { encodeHuffman, huffmanLength } from './huffman.ts';
import { defaultTableSize } from './protocol.ts';
import { staticTable } from './static-table.ts';
import type { Fields } from './fields.ts';

/** Values are not indexed above this length: they would only push out others. */
const longestIndexed = 512;
const mostRemembered = 256;

const staticNames = new Map<string, number>();
const staticFields = new Map<string, number>();
for (const [at, [name, value]] of staticTable.entries()) {
  if (!staticNames.has(name)) staticNames.set(name, at + 1);
  staticFields.set(`${name}\0${value}`, at + 1);
}

/**
 * Fields that are the same in many blocks, such as those of every call of a method. They are put into the table, so that
 * each takes one byte or two from then on.
 */
export class CommonFields {
  readonly fields: Fields;

  constructor(fields: Fields) {
    this.fields = fields;
  }
}

export class HpackEncoder {
  readonly #table = new DynamicTable(defaultTableSize);
  /** The smallest and the last size since the last block, when the table's size has changed. */
  #resized: { least: number; last: number } | undefined;
  /** Blocks of common fields, and for how many added entries they are right. */
  #remembered = new Map<CommonFields, { readonly added: number; readonly block: Buffer }>();

  /** Called when the other side has said how large a table it keeps. */
  allowTable(size: number): void {
    const last = Math.min(size, defaultTableSize);
    if (last === (this.#resized?.last ?? this.#table.capacity)) return;
    this.#resized = { least: Math.min(last, this.#resized?.least ?? last), last };
    this.#remembered.clear();
  }

  /**
   * Returns the block of the common fields, followed by others, which are put into no table.
   *
   * @param others may hold secrets, and are sent as they are
   */
  encode(common: CommonFields, others: Fields = []): Buffer {
    const head = this.#common(common);
    if (others.length === 0) return head;
    const parts = [head];
    for (let at = 0; at < others.length; at += 2) {
      parts.push(literal(0x00, 4, others[at] ?? '', others[at + 1] ?? ''));
    }
    return Buffer.concat(parts);
  }

  #common(common: CommonFields): Buffer {
    const known = this.#remembered.get(common);
    if (known?.added === this.#table.added && this.#resized === undefined) return known.block;
    const parts = this.#resizes();
    const resizing = parts.length > 0;
    const before = this.#table.added;
    for (let at = 0; at < common.fields.length; at += 2) {
      parts.push(this.#field(common.fields[at] ?? '', common.fields[at + 1] ?? ''));
    }
    const block = Buffer.concat(parts);
    if (!resizing && this.#table.added === before) {
      if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
      this.#remembered.set(common, { added: before, block });
    }
    return block;
  }

  /** RFC 7541, section 4.2: the smallest size in between has to be told too. */
  #resizes(): Buffer[] {
    const resized = this.#resized;
    if (!resized) return [];
    this.#resized = undefined;
    this.#table.resize(resized.least);
    this.#table.resize(resized.last);
    return [...new Set([resized.least, resized.last])].map((size) => number(0x20, 5, size));
  }

  #field(name: string, value: string): Buffer {
    const fixed = staticFields.get(`${name}\0${value}`);
    if (fixed !== undefined) return number(0x80, 7, fixed);
    const index = this.#table.find(name, value);
    if (index >= 0) return number(0x80, 7, staticTable.length + 1 + index);
    const fits = value.length <= longestIndexed && sizeOf(name, value) <= this.#table.capacity;
    if (!fits) return literal(0x00, 4, name, value);
    this.#table.add(name, value);
    return literal(0x40, 6, name, value);
  }
}

function literal(first: number, prefixBits: number, name: string, value: string): Buffer {
  const index = staticNames.get(name) ?? 0;
  const head = number(first, prefixBits, index);
  return Buffer.concat(index === 0 ? [head, text(name), text(value)] : [head, text(value)]);
}

function text(value: string): Buffer {
  const coded = huffmanLength(value);
  if (coded < value.length) return Buffer.concat([number(0x80, 7, coded), encodeHuffman(value)]);
  return Buffer.concat([number(0x00, 7, value.length), Buffer.from(value, 'latin1')]);
}

/** RFC 7541, section 5.1. */
function number(first: number, prefixBits: number, value: number): Buffer {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Buffer.from([first | value]);
  const octets = [first | mask];
  let rest = value - mask;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) octets.push((rest % 128) | 0x80);
  octets.push(rest);
  return Buffer.from(octets);
}
