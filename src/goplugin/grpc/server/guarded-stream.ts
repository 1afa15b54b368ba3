/**
 * Limits for the calls that a `@grpc/grpc-js` server takes. The server itself keeps every piece of a message as it
 * arrives, and has no limit on all calls together.
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { errorCode } from '../../http2/protocol.ts';
import { messageLimit } from '../../limits.ts';
import { Holding } from './holding.ts';
import { countedLength, type Intake } from './intake.ts';
import { LimitExceeded } from '../limit-error.ts';
import { framed, MessageReader } from '../message-reader.ts';
import type { StatusError } from '../status.ts';

/**
 * Guards a stream. Call it before the server hears of the stream, whose messages then reach the server whole or not at
 * all.
 *
 * @returns false when the server must not hear of it
 */
export function guardStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  intake: Intake,
): boolean {
  if (!intake.begin()) {
    stream.on('error', () => undefined);
    stream.close(errorCode.refusedStream);
    return false;
  }
  const holding = new Holding(intake);
  const reader = new MessageReader(messageLimit(headers[':path'] ?? '', intake.maxMessageBytes), intake.held);
  stream.once('close', () => {
    reader.discard();
    holding.end();
    intake.end();
  });
  guardMessages(stream, reader, holding);
  guardAnswers(stream, holding);
  return true;
}

/**
 * Takes the pieces of messages between the stream and whoever listens to it. It can't be done where the pieces enter the
 * stream: node:http2 tells of a stream a tick late, and what came with the headers is in it by then.
 */
function guardMessages(stream: ServerHttp2Stream, reader: MessageReader, holding: Holding): void {
  const emit = stream.emit.bind(stream) as (event: string | symbol, ...values: unknown[]) => boolean;
  let refused = false;
  const received = (chunk: Buffer): boolean => {
    if (refused) return true; // whatever still arrives is dropped
    try {
      const between = reader.atEnd;
      const messages = reader.push(chunk);
      if (reader.atEnd && between) return emit('data', chunk);
      if (messages.length === 0) return true;
      for (const { length } of messages) holding.received(length);
      return emit('data', Buffer.concat(messages.flatMap((each) => framed(each))));
    } catch (error) {
      refused = true;
      reader.discard();
      refuse(stream, error as StatusError);
      return true;
    }
  };
  const guarded = (event: string | symbol, ...values: unknown[]): boolean => {
    const [chunk] = values;
    return event === 'data' && Buffer.isBuffer(chunk) ? received(chunk) : emit(event, ...values);
  };
  stream.emit = guarded as typeof stream.emit;
}

type Written = (error?: Error | null) => void;

/** Bounds long answers that a caller asks for and does not read. */
function guardAnswers(stream: ServerHttp2Stream, holding: Holding): void {
  const write = stream.write.bind(stream) as (chunk: unknown, done?: Written) => boolean;
  const guarded = (chunk: Buffer, done?: Written): boolean => {
    if (chunk.length <= countedLength) return write(chunk, done);
    try {
      const sent = holding.answered(chunk.length);
      return write(chunk, (error) => {
        sent();
        done?.(error);
      });
    } catch (error) {
      refuse(stream, error as StatusError);
      return false;
    }
  };
  stream.write = guarded as typeof stream.write;
}

/** Sends a status that a caller of gRPC understands, and ends the stream. */
function refuse(stream: ServerHttp2Stream, error: StatusError): void {
  const limited = error instanceof LimitExceeded;
  if (stream.headersSent || stream.destroyed || stream.closed) {
    stream.close(limited ? errorCode.enhanceYourCalm : errorCode.internalError);
    return;
  }
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': limited ? '8' : '13',
      'grpc-message': encodeURI(error.message),
    },
    { endStream: true },
  );
  stream.close(errorCode.noError);
}
