/** What a connection is given: its limits, and who is told of what happens. */
import type { HeaderBlock } from './hpack-decoder.ts';
import type { Http2Stream, StreamEvents } from './stream.ts';

export type Role = 'client' | 'server';

export interface ConnectionLimits {
  /** Headers or trailers of a stream, as HPACK counts them. */
  readonly headerBytes: number;
  readonly headerFields: number;
  readonly settingsEntries: number;
  readonly invalidFrames: number;
  /** Frames that move nothing, at once. */
  readonly idleFrames: number;
  /** Answers to frames that the other side has not read. */
  readonly unreadAnswers: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** How many streams the other side may have open. */
  readonly peerStreams: number;
}

export interface ConnectionEvents {
  /** The other side has introduced itself. */
  ready(): void;
  /** No stream can be opened any more. Those that are open may end. */
  goingAway(): void;
  /** A stream can be opened, after there were as many as the other side allows. */
  roomForStreams(): void;
  /** The connection is gone, and its streams have been told. */
  closed(why: string): void;
  /**
   * The other side has opened a stream with these headers.
   *
   * @param ended true when nothing follows
   * @returns who is told what follows, or the code to refuse the stream with
   */
  accept(stream: Http2Stream, block: HeaderBlock, ended: boolean): StreamEvents | number;
}
