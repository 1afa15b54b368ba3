/** Decodes header blocks (RFC 7541). Pure, apart from the table that the blocks of a connection share. */
import { checkFields, type CheckedFields, type Fields } from './fields.ts';
import { DynamicTable, sizeOf } from './dynamic-table.ts';
import { ConnectionFault } from './errors.ts';
import { decodeHuffman } from './huffman.ts';
import { defaultTableSize, errorCode } from './protocol.ts';
import { staticTable } from './static-table.ts';

/** A header block that was decoded. */
export interface HeaderBlock extends CheckedFields {
  readonly fields: Fields;
}

export interface HeaderLimits {
  /** Bytes of all fields, counted as HPACK counts them. */
  readonly bytes: number;
  readonly fields: number;
}

/** Blocks up to this length may be remembered, and so many of them. */
const rememberedLength = 256;
const mostRemembered = 64;
/** No number in a header block needs more: it would exceed every limit. */
const mostNumberBits = 28;

interface Remembered {
  readonly block: HeaderBlock;
  /** The number of fields that had been added to the table. With the same number the block means the same. */
  readonly added: number;
}

/** For a block that does not use the table. */
const anyTable = -1;

export class HpackDecoder {
  readonly #limits: HeaderLimits;
  readonly #table = new DynamicTable(defaultTableSize);
  /** The largest table that the other side may use. */
  #allowed = defaultTableSize;
  /** True when the other side has to make its table smaller before it uses it again. */
  #reduce = false;
  /** Blocks that are sent again and again: their bytes as text, and their fields. */
  readonly #remembered = new Map<string, Remembered>();
  // Of the block that is being decoded:
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #usesTable = false;
  /** How often the table's size has been set. */
  #resizes = 0;

  constructor(limits: HeaderLimits) {
    this.#limits = limits;
  }

  /** Called when the other side has acknowledged the setting. */
  allowTable(size: number): void {
    this.#allowed = size;
    this.#reduce = this.#table.capacity > size;
  }

  /**
   * Decodes a whole block. @returns `undefined` when it has more, or longer, fields than allowed; the table is right
   * nevertheless
   *
   * @throws ConnectionFault for a block that is not HPACK
   */
  decode(block: Buffer): HeaderBlock | undefined {
    const short = block.length <= rememberedLength && !this.#reduce;
    const key = short ? block.toString('latin1') : '';
    const known = short ? this.#remembered.get(key) : undefined;
    if (known && (known.added === anyTable || known.added === this.#table.added)) return known.block;
    const before = this.#table.added;
    const resizes = this.#resizes;
    this.#block = block;
    this.#at = 0;
    this.#usesTable = false;
    const fields = this.#decodeAll();
    if (!fields) return undefined;
    const decoded = { fields, ...checkFields(fields) };
    const isSame = this.#table.added === before && this.#resizes === resizes;
    if (short && isSame) this.#remember(key, decoded);
    return decoded;
  }

  #remember(key: string, block: HeaderBlock): void {
    if (this.#remembered.size >= mostRemembered && !this.#remembered.has(key)) this.#remembered.clear();
    this.#remembered.set(key, { block, added: this.#usesTable ? this.#table.added : anyTable });
  }

  #decodeAll(): Fields | undefined {
    const fields: string[] = [];
    let size = 0;
    let beyond = false;
    while (this.#at < this.#block.length) {
      const octet = this.#block[this.#at] ?? 0;
      if ((octet & 0xe0) === 0x20) {
        if (fields.length > 0 || beyond) throw invalid('the size of the table changes within a block');
        this.#resize();
        continue;
      }
      if (this.#reduce) throw invalid('the table was not made smaller, although it has to be');
      let name: string;
      let value: string;
      if (octet & 0x80) {
        const index = this.#number(7);
        name = this.#nameAt(index);
        value = this.#valueAt(index);
      } else {
        const indexed = (octet & 0xc0) === 0x40;
        const index = this.#number(indexed ? 6 : 4);
        name = index === 0 ? this.#string() : this.#nameAt(index);
        value = this.#string();
        if (indexed) {
          this.#usesTable = true;
          this.#table.add(name, value);
        }
      }
      size += sizeOf(name, value);
      beyond ||= size > this.#limits.bytes || fields.length / 2 >= this.#limits.fields;
      if (!beyond) fields.push(name, value);
    }
    return beyond ? undefined : fields;
  }

  #resize(): void {
    this.#resizes += 1;
    this.#remembered.clear();
    const size = this.#number(5);
    if (size > this.#allowed) throw invalid(`the table gets ${size} bytes, and ${this.#allowed} are allowed`);
    this.#reduce = false;
    this.#table.resize(size);
  }

  #nameAt(index: number): string {
    const known = staticTable[index - 1];
    if (known) return known[0];
    this.#usesTable = true;
    const name = index > 0 ? this.#table.name(index - staticTable.length - 1) : undefined;
    if (name === undefined) throw invalid(`there is no field ${index}`);
    return name;
  }

  #valueAt(index: number): string {
    const known = staticTable[index - 1];
    return known ? known[1] : (this.#table.value(index - staticTable.length - 1) ?? '');
  }

  /** Reads a number whose first part is in the low bits of the octet at hand (RFC 7541, section 5.1). */
  #number(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#octet() & mask;
    if (value < mask) return value;
    for (let bits = 0; bits < mostNumberBits; bits += 7) {
      const octet = this.#octet();
      value += (octet & 0x7f) * 2 ** bits;
      if (octet < 0x80) return value;
    }
    throw invalid('a number is too large');
  }

  #string(): string {
    const coded = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#number(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw invalid('a text ends beyond the block');
    return coded
      ? decodeHuffman(this.#block.subarray(start, this.#at))
      : this.#block.toString('latin1', start, this.#at);
  }

  #octet(): number {
    const octet = this.#block[this.#at];
    if (octet === undefined) throw invalid('the block ends within a field');
    this.#at += 1;
    return octet;
  }
}

function invalid(what: string): ConnectionFault {
  return new ConnectionFault(errorCode.compressionError, `a header block is wrong: ${what}`);
}
