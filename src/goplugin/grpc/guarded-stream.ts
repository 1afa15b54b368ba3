/**
 * Limits for the calls that a `@grpc/grpc-js` server takes. The server itself bounds a single message, by what it announces;
 * it keeps every piece of it as it came, and has no limit for all calls together.
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { messageLimit } from '../limits.ts';
import type { Intake } from './intake.ts';
import { framed, MessageReader } from './message-reader.ts';
import { LimitExceeded } from './limit-error.ts';
import type { StatusError } from './status.ts';

/**
 * To be called before the server hears of the stream, whose messages then reach it whole, or not at all.
 *
 * @returns false when the server is not to hear of it
 */
export function guardStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  intake: Intake,
): boolean {
  if (!intake.begin()) {
    stream.on('error', () => undefined);
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
    return false;
  }
  const reader = new MessageReader(messageLimit(headers[':path'] ?? '', intake.maxMessageBytes), intake.held);
  stream.once('close', () => {
    reader.discard();
    intake.end();
  });
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown) => {
    if (!Buffer.isBuffer(chunk)) return push(chunk);
    try {
      const between = reader.atEnd;
      const messages = reader.push(chunk);
      if (between && reader.atEnd) return push(chunk);
      return messages.length === 0 ? true : push(Buffer.concat(messages.flatMap((each) => framed(each))));
    } catch (error) {
      reader.discard();
      answer(stream, error as StatusError);
      return true;
    }
  };
  return true;
}

/** What a caller of gRPC understands, then the end of the stream. */
function answer(stream: ServerHttp2Stream, error: StatusError): void {
  stream.push = () => true; // what still comes is nobody's
  if (!stream.headersSent && !stream.destroyed) {
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc+proto',
        'grpc-status': error instanceof LimitExceeded ? '8' : '13',
        'grpc-message': encodeURI(error.message),
      },
      { endStream: true },
    );
  }
  if (stream.headersSent && stream.writableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  else
    stream.close(
      error instanceof LimitExceeded ? constants.NGHTTP2_ENHANCE_YOUR_CALM : constants.NGHTTP2_INTERNAL_ERROR,
    );
}
