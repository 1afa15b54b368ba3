import type { Headers, Pack } from 'tar-stream';

export interface TarEntry {
  /** The header of the entry. tar-stream writes the `pax` records before it; its type declarations do not know them. */
  readonly header: Headers & { readonly pax?: Readonly<Record<string, string>> };
  /** Absent for folders and links. A stream must yield exactly `header.size` bytes. */
  readonly content?: Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * The bytes of a tar with these entries, made while they are read: only the chunk in transit is held in memory. Leaving
 * the iteration early, or an error of the content, closes everything that was open.
 */
export async function* tarBytes(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  const { pack } = await import('tar-stream');
  const stream = pack();
  const writing = writeEntries(stream, entries);
  writing.catch(() => stream.destroy());
  try {
    for await (const chunk of stream) yield chunk;
    await writing;
  } catch (error) {
    // If the writer failed, its error is the reason; the stream only knows that it was destroyed.
    await writing;
    throw error;
  } finally {
    stream.destroy();
    await writing.catch(() => undefined);
  }
}

async function writeEntries(stream: Pack, entries: Iterable<TarEntry>): Promise<void> {
  for (const { header, content } of entries) {
    if (content === undefined || content instanceof Uint8Array) await writeWhole(stream, header, content);
    else await writePieces(stream, header, content);
  }
  stream.finalize();
}

function writeWhole(
  stream: Pack,
  header: TarEntry['header'],
  content: Uint8Array | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error) reject(error);
      else resolve();
    };
    if (content === undefined) stream.entry({ ...header }, done);
    else
      stream.entry({ ...header }, Buffer.from(content.buffer, content.byteOffset, content.byteLength), done);
  });
}

async function writePieces(
  stream: Pack,
  header: TarEntry['header'],
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  let finish: (error?: Error | null) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => {
      if (error) reject(error);
      else resolve();
    };
  });
  finished.catch(() => undefined);
  const sink = stream.entry({ ...header }, finish);
  sink.on('error', finish);
  for await (const chunk of content) {
    if (sink.destroyed) break;
    if (!sink.write(chunk)) await drained(sink);
  }
  sink.end();
  await finished;
}

function drained(sink: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      sink.off('drain', settle).off('close', settle);
      resolve();
    };
    sink.on('drain', settle).on('close', settle);
  });
}
