/** Checks of single frames. Pure. */
import { ConnectionFault, StreamFault } from './errors.ts';
import type { Role } from './connection-options.ts';
import type { HeaderBlock } from './hpack-decoder.ts';
import { errorCode } from './protocol.ts';
import type { Http2Stream } from './stream.ts';

export function frameSize(what: string, length: number): ConnectionFault {
  return new ConnectionFault(errorCode.frameSizeError, `${what} has ${length} bytes`);
}

/** Returns the number that a frame consists of. @throws ConnectionFault */
export function numberIn(payload: Buffer, what: string): number {
  if (payload.length !== 4) throw frameSize(what, payload.length);
  return payload.readUInt32BE(0);
}

/** Returns why the other side may not send this block on the stream now. @param block `undefined` when it is too long */
export function headerProblem(
  stream: Http2Stream,
  block: HeaderBlock | undefined,
  role: Role,
  ended: boolean,
): StreamFault | undefined {
  const problem = (what: string, code: number = errorCode.protocolError): StreamFault =>
    new StreamFault(stream.id, code, what);
  if (stream.remoteEnded) return problem('headers after the end of a stream', errorCode.streamClosed);
  if (block === undefined) return problem('there are more headers than allowed', errorCode.enhanceYourCalm);
  if (block.kind === 'malformed') return problem('the headers are malformed');
  if (stream.opened) {
    return block.kind === 'trailers' && ended ? undefined : problem('these headers are no trailers');
  }
  if (block.kind !== (role === 'client' ? 'response' : 'request')) {
    return problem(`the headers are no ${role === 'client' ? 'response' : 'request'}`);
  }
  const informational = block.status !== undefined && block.status < 200;
  return informational && ended ? problem('a stream ends with informational headers') : undefined;
}

/** Checks a PRIORITY frame, which is ignored otherwise. @throws ConnectionFault, StreamFault */
export function checkPriority(streamId: number, payload: Buffer): void {
  if (streamId === 0) throw new ConnectionFault(errorCode.protocolError, 'a priority without a stream');
  if (payload.length !== 5) {
    throw new StreamFault(streamId, errorCode.frameSizeError, `a PRIORITY frame of ${payload.length} bytes`);
  }
  if ((payload.readUInt32BE(0) & 0x7fff_ffff) === streamId) {
    throw new StreamFault(streamId, errorCode.protocolError, 'a stream depends on itself');
  }
}
