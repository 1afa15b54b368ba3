/** The services that host and probe offer each other. */
import { bytesMethod, bytesField, fieldBytes, fieldNumber, varintField } from '../../goplugin/internal.ts';

export const probeHandshake = {
  magicCookieKey: 'BULKHEAD_PROBE',
  magicCookieValue: '3f1f4c0e-4c5f-4d6e-9b0a-7d0a5c2f8e61',
} as const;

/**
 * Served by the plugin: dials the broker id in the request, has the text in it echoed there, and returns the answer.
 */
export const probeDefinition = {
  CallBack: bytesMethod('/bulkhead.Probe/CallBack'),
  /** Logs and prints the text in its request, and returns it. */
  Say: bytesMethod('/bulkhead.Probe/Say'),
  /** Answers with what it was sent. */
  Echo: bytesMethod('/bulkhead.Probe/Echo'),
} as const;

/** Served by the host under that id. */
export const echoDefinition = { Echo: bytesMethod('/bulkhead.ProbeHost/Echo') } as const;

export interface CallBackRequest {
  readonly brokerId: number;
  readonly words: string;
}

export function encodeCallBack({ brokerId, words }: CallBackRequest): Buffer {
  return Buffer.concat([varintField(1, brokerId), bytesField(2, words)]);
}

export function decodeCallBack(message: Buffer): CallBackRequest {
  return { brokerId: fieldNumber(message, 1), words: fieldBytes(message, 2).toString('utf8') };
}
