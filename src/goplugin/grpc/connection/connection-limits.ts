/** The limits of this package as an HTTP/2 connection takes them. */
import type { ConnectionLimits } from '../../http2/connection-options.ts';
import { limits } from '../../limits.ts';

export const connectionLimits: ConnectionLimits = {
  headerBytes: limits.headerBytes.value,
  headerFields: limits.headerFields.value,
  settingsEntries: limits.settingsEntries.value,
  invalidFrames: limits.invalidFrames.value,
  idleFrames: limits.idleFrames.value,
  unreadAnswers: limits.unreadAnswers.value,
  streamWindowBytes: limits.streamWindowBytes.value,
  /** What the other side may send before it gets credit, which it does as its data arrive. */
  connectionWindowBytes: 1024 * 1024,
  peerStreams: limits.servedCallsOfConnection.value,
};
