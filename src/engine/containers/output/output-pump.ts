import type { Readable } from 'node:stream';
import { RawStream, type OutputPiece } from '../../codec/raw-stream.ts';
import { OutputQueue } from './output-queue.ts';

/** The output of a container on its way from a connection to its readers. */
export interface OutputPump {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** Rejects with the error that `explain` made of the failure. */
  readonly ended: Promise<void>;
  /** Ends both streams as if the engine had ended them. */
  stop(): void;
}

/**
 * Reads `source` and sorts it into two streams. While one of them holds `bufferBytes` unread, `source` is not read:
 * nothing is lost, and nothing grows without bound.
 */
export function pumpOutput(
  source: Readable,
  options: { framed: boolean; bufferBytes: number; explain: (error: unknown) => Promise<unknown> },
): OutputPump {
  const resume = () => {
    if (!stdout.full && !stderr.full) source.resume();
  };
  const stdout = new OutputQueue(options.bufferBytes, resume);
  const stderr = new OutputQueue(options.bufferBytes, resume);
  const split = options.framed ? framed() : plain;
  let stopped = false;

  source.on('data', (bytes: Uint8Array) => {
    try {
      for (const { stream, data } of split.push(bytes)) (stream === 'stdout' ? stdout : stderr).push(data);
    } catch (error) {
      source.destroy(error as Error);
      return;
    }
    if (stdout.full || stderr.full) source.pause();
  });
  const ended = untilEnd(source, split)
    .catch(async (error: unknown) => {
      if (stopped) return;
      const explained = await options.explain(error);
      stdout.fail(explained);
      stderr.fail(explained);
      throw explained;
    })
    .finally(() => {
      stdout.end();
      stderr.end();
    });
  ended.catch(() => undefined); // whoever reads the streams learns of the failure there

  return {
    stdout,
    stderr,
    ended,
    stop() {
      stopped = true;
      source.destroy();
    },
  };
}

function untilEnd(source: Readable, split: Splitter): Promise<void> {
  return new Promise((resolve, reject) => {
    const cutShort = () => {
      reject(Object.assign(new Error('the stream was cut short'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
    };
    source.on('end', () => {
      if (split.complete) resolve();
      else cutShort();
    });
    source.on('error', reject);
    source.on('close', cutShort);
  });
}

interface Splitter {
  push(bytes: Uint8Array): OutputPiece[];
  readonly complete: boolean;
}

function framed(): Splitter {
  return new RawStream();
}

/** A terminal has one stream of output, and no frames. */
const plain: Splitter = { push: (data) => [{ stream: 'stdout', data }], complete: true };
