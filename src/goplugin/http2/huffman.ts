/** The Huffman code of HPACK (RFC 7541, appendix B). Pure. */
import { ConnectionFault } from './errors.ts';
import { errorCode } from './protocol.ts';

/**
 * The length in bits of the code of each byte, and of the end of a string (256). The code is canonical: codes of the same
 * length follow each other in the order of the bytes, so that the lengths say everything.
 */
const lengths: readonly number[] = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  30,
];
const endOfString = 256;

const codes: readonly number[] = canonicalCodes();

function canonicalCodes(): number[] {
  const made: number[] = new Array<number>(lengths.length).fill(0);
  let code = 0;
  for (let length = 1; length <= 30; length += 1) {
    for (const [symbol, its] of lengths.entries()) {
      if (its !== length) continue;
      made[symbol] = code;
      code += 1;
    }
    code *= 2;
  }
  return made;
}

/**
 * A decoder that takes four bits at a time. A state is a node of the code's tree; the entry of a state and four bits is
 * the next state, with the symbol that was completed on the way, if any. A code has at least five bits, so there is at
 * most one.
 */
const symbolBits = 9;
const noSymbol = (1 << symbolBits) - 1;
const wrong = 0xffff_ffff;
const { transitions, mayEnd } = decoder();

function decoder(): { transitions: Uint32Array; mayEnd: Uint8Array } {
  /** Two entries for each node: the next node, or the complement of a symbol. 0 is not a child. */
  const children: [number, number][] = [[0, 0]];
  for (const [symbol, length] of lengths.entries()) {
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      const side = (((codes[symbol] ?? 0) >>> bit) & 1) as 0 | 1;
      const entry = children[node] ?? [0, 0];
      if (bit === 0) entry[side] = ~symbol;
      else {
        entry[side] ||= children.push([0, 0]) - 1;
        node = entry[side];
      }
    }
  }
  const table = new Uint32Array(children.length * 16);
  for (let state = 0; state < children.length; state += 1) {
    for (let bits = 0; bits < 16; bits += 1) table[state * 16 + bits] = step(children, state, bits);
  }
  // A string ends with fewer than eight bits of the code of its end, which is all ones.
  const ends = new Uint8Array(children.length);
  for (let node = 0, depth = 0; depth < 8; depth += 1) {
    ends[node] = 1;
    node = children[node]?.[1] ?? 0;
  }
  return { transitions: table, mayEnd: ends };
}

function step(children: readonly [number, number][], from: number, bits: number): number {
  let node = from;
  let symbol = noSymbol;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const next = children[node]?.[(bits >>> bit) & 1] ?? 0;
    if (next < 0) {
      symbol = ~next;
      if (symbol === endOfString) return wrong;
      node = 0;
    } else node = next;
  }
  return (node << symbolBits) | symbol;
}

/** Decodes the whole of `bytes`. @throws ConnectionFault for padding that is wrong or too long, or an end inside */
export function decodeHuffman(bytes: Uint8Array): string {
  const decoded = Buffer.allocUnsafe(Math.floor((bytes.length * 8) / 5));
  let length = 0;
  let state = 0;
  for (let half = 0; half < 2 * bytes.length; half += 1) {
    const octet = bytes[half >>> 1] ?? 0;
    const found = transitions[state * 16 + (half & 1 ? octet & 15 : octet >>> 4)] ?? wrong;
    if (found === wrong) throw invalid();
    const symbol = found & noSymbol;
    if (symbol !== noSymbol) {
      decoded[length] = symbol;
      length += 1;
    }
    state = found >>> symbolBits;
  }
  if (mayEnd[state] !== 1) throw invalid();
  return decoded.toString('latin1', 0, length);
}

function invalid(): ConnectionFault {
  return new ConnectionFault(errorCode.compressionError, 'a header is not in the Huffman code of HPACK');
}

/** Returns the number of bytes that `encodeHuffman` would make. @param text of characters below 256 */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) bits += lengths[text.charCodeAt(at)] ?? 0;
  return Math.ceil(bits / 8);
}

/** @param text of characters below 256 */
export function encodeHuffman(text: string): Buffer {
  const encoded = Buffer.allocUnsafe(huffmanLength(text));
  let at = 0;
  let held = 0;
  let heldBits = 0;
  const put = (code: number, length: number): void => {
    for (let left = length; left > 0;) {
      const taken = Math.min(left, 8 - heldBits);
      held = (held << taken) | ((code >>> (left - taken)) & ((1 << taken) - 1));
      heldBits += taken;
      left -= taken;
      if (heldBits < 8) continue;
      encoded[at] = held;
      at += 1;
      held = 0;
      heldBits = 0;
    }
  };
  for (let index = 0; index < text.length; index += 1) {
    const symbol = text.charCodeAt(index);
    put(codes[symbol] ?? 0, lengths[symbol] ?? 0);
  }
  if (heldBits > 0) put(0xff, 8 - heldBits);
  return encoded;
}
