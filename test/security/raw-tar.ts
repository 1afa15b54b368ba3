/** Writes tars by hand, so that a test can say in a header what no honest writer says. */

export interface RawHeader {
  readonly name: string;
  readonly type?: string | undefined;
  readonly size?: number | undefined;
  /** The twelve bytes of the size, instead of octal digits. */
  readonly sizeField?: Uint8Array | undefined;
  readonly linkName?: string | undefined;
  readonly mode?: number | undefined;
}

const blockSize = 512;

export function rawHeader({
  name,
  type = '0',
  size = 0,
  sizeField,
  linkName = '',
  mode = 0o755,
}: RawHeader): Buffer {
  const block = Buffer.alloc(blockSize);
  block.write(name, 0, 100);
  block.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  if (sizeField !== undefined) block.set(sizeField, 124);
  block.write('00000000000\0', 136);
  block.write(type, 156);
  block.write(linkName, 157, 100);
  block.write('ustar\u000000', 257, 'latin1');
  return withChecksum(block);
}

/** Puts the right checksum into a header, so that everything else in it is looked at. */
export function withChecksum(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Header, content, and the zeros up to the next block. */
export function rawEntry(header: RawHeader, content: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(content);
  const padding = Buffer.alloc((blockSize - (bytes.length % blockSize)) % blockSize);
  return Buffer.concat([rawHeader({ size: bytes.length, ...header }), bytes, padding]);
}

/** `LENGTH KEY=VALUE` and a line break; the length counts itself. */
export function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`, 'latin1');
  let length = rest.length;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return Buffer.concat([Buffer.from(`${length}`), rest]);
}

export function paxHeader(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const content = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  return rawEntry({ name: 'pax', type }, content);
}

export const tarEnd = Buffer.alloc(2 * blockSize);

export function rawTar(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...parts, tarEnd]);
}

/** A docker-archive with these layers, the lowest first. */
export function rawArchive(...layers: readonly Uint8Array[]): Buffer {
  const names = layers.map((_, index) => `${index}/layer.tar`);
  return rawTar(
    ...layers.map((layer, index) => rawEntry({ name: names[index] ?? '' }, layer)),
    rawEntry({ name: 'manifest.json' }, JSON.stringify([{ Layers: names }])),
  );
}

/** A docker-archive whose one layer is never whole in memory: `size` bytes out of `layer`. */
export async function* streamedArchive(
  size: number,
  layer: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield rawHeader({ name: '0/layer.tar', size });
  yield* layer;
  const padding = (blockSize - (size % blockSize)) % blockSize;
  yield Buffer.concat([
    Buffer.alloc(padding),
    rawTar(rawEntry({ name: 'manifest.json' }, JSON.stringify([{ Layers: ['0/layer.tar'] }]))),
  ]);
}

/** As an engine sends: in pieces, each from a turn of the event loop of its own. */
export async function* inPieces(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await new Promise((resolve) => setImmediate(resolve));
    yield bytes.subarray(at, at + size);
  }
}
