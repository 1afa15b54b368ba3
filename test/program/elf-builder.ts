/** Makes small ELF files for tests: real headers and a real dynamic section, no code. */
export interface ElfParts {
  readonly machine?: number;
  readonly type?: number;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
}

const headerSize = 64;
const programHeaderSize = 56;
const loadAddress = 0x400000;

export function buildElf(parts: ElfParts): Uint8Array {
  const { machine = 62, type = 3, interpreter, needed = [], rpath, runpath } = parts;
  const strings = new StringTable();
  const dynamic: [tag: number, value: number][] = needed.map((name) => [1, strings.add(name)]);
  if (rpath !== undefined) dynamic.push([15, strings.add(rpath)]);
  if (runpath !== undefined) dynamic.push([29, strings.add(runpath)]);
  const interpreterBytes = interpreter === undefined ? new Uint8Array() : Buffer.from(`${interpreter}\0`);
  const hasDynamic = dynamic.length > 0 || interpreter !== undefined;

  const segmentCount = 1 + (interpreter === undefined ? 0 : 1) + (hasDynamic ? 1 : 0);
  const interpreterAt = headerSize + segmentCount * programHeaderSize;
  const stringsAt = interpreterAt + interpreterBytes.length;
  const dynamicAt = stringsAt + strings.bytes.length;
  dynamic.push([5, loadAddress + stringsAt], [10, strings.bytes.length], [0, 0]);
  const end = dynamicAt + dynamic.length * 16;

  const bytes = Buffer.alloc(end);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(type, 16);
  bytes.writeUInt16LE(machine, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(BigInt(headerSize), 32);
  bytes.writeUInt16LE(headerSize, 52);
  bytes.writeUInt16LE(programHeaderSize, 54);
  bytes.writeUInt16LE(segmentCount, 56);
  const segments: [type: number, offset: number, size: number][] = [[1, 0, end]];
  if (interpreter !== undefined) segments.push([3, interpreterAt, interpreterBytes.length]);
  if (hasDynamic) segments.push([2, dynamicAt, dynamic.length * 16]);
  segments.forEach(([segmentType, offset, size], index) => {
    const at = headerSize + index * programHeaderSize;
    bytes.writeUInt32LE(segmentType, at);
    bytes.writeBigUInt64LE(BigInt(offset), at + 8);
    bytes.writeBigUInt64LE(BigInt(loadAddress + offset), at + 16);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
  });
  bytes.set(interpreterBytes, interpreterAt);
  bytes.set(strings.bytes, stringsAt);
  dynamic.forEach(([tag, value], index) => {
    bytes.writeBigUInt64LE(BigInt(tag), dynamicAt + index * 16);
    bytes.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  });
  return bytes;
}

class StringTable {
  bytes: Uint8Array = new Uint8Array(1);

  add(text: string): number {
    const at = this.bytes.length;
    this.bytes = Buffer.concat([this.bytes, Buffer.from(`${text}\0`)]);
    return at;
  }
}
