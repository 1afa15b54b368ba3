/**
 * go-plugin's own messages (go-plugin: internal/plugin/*.proto) and those of gRPC's health service.
 *
 * Decoders ignore fields they do not know and take a wrongly typed one for absent, as protobuf demands.
 */
import { bytesField, FieldCursor, fieldBytes, fieldNumber, varintField } from './protobuf.ts';

/** `plugin.ConnInfo`: where a brokered service listens or, with multiplexing, a knock for it. */
export interface ConnInfo {
  readonly serviceId: number;
  readonly network: string;
  readonly address: string;
  readonly knock?: Knock | undefined;
}

export interface Knock {
  readonly knock: boolean;
  readonly ack: boolean;
  readonly error: string;
}

/** `plugin.StdioData`: a piece of what the plugin printed. `channel` 1 is stdout, 2 is stderr. */
export interface StdioData {
  readonly channel: number;
  readonly data: Buffer;
}

export const stdioChannel = { stdout: 1, stderr: 2 } as const;

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` */
export const servingStatus = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export interface HealthCheckRequest {
  readonly service: string;
}

export interface HealthCheckResponse {
  readonly status: number;
}

/** `plugin.Empty` and `google.protobuf.Empty` */
export type Empty = object;

export const encodeEmpty = (): Buffer => Buffer.alloc(0);
export const decodeEmpty = (): Empty => ({});

export function encodeConnInfo(info: ConnInfo): Buffer {
  return Buffer.concat([
    varintField(1, info.serviceId),
    bytesField(2, info.network),
    bytesField(3, info.address),
    info.knock ? bytesField(4, encodeKnock(info.knock), true) : Buffer.alloc(0),
  ]);
}

export function decodeConnInfo(message: Uint8Array): ConnInfo {
  const knock = lastField(message, 4);
  return {
    serviceId: fieldNumber(message, 1),
    network: text(message, 2),
    address: text(message, 3),
    knock: knock && decodeKnock(knock),
  };
}

function encodeKnock(knock: Knock): Buffer {
  return Buffer.concat([
    varintField(1, Number(knock.knock)),
    varintField(2, Number(knock.ack)),
    bytesField(3, knock.error),
  ]);
}

function decodeKnock(message: Uint8Array): Knock {
  return {
    knock: fieldNumber(message, 1) !== 0,
    ack: fieldNumber(message, 2) !== 0,
    error: text(message, 3),
  };
}

export function encodeStdioData({ channel, data }: StdioData): Buffer {
  return Buffer.concat([varintField(1, channel), bytesField(2, data)]);
}

export function decodeStdioData(message: Uint8Array): StdioData {
  return { channel: fieldNumber(message, 1), data: fieldBytes(message, 2) };
}

export const encodeHealthCheckRequest = ({ service }: HealthCheckRequest): Buffer => bytesField(1, service);
export const decodeHealthCheckRequest = (message: Uint8Array): HealthCheckRequest => ({
  service: text(message, 1),
});
export const encodeHealthCheckResponse = ({ status }: HealthCheckResponse): Buffer => varintField(1, status);
export const decodeHealthCheckResponse = (message: Uint8Array): HealthCheckResponse => ({
  status: fieldNumber(message, 1),
});

const text = (message: Uint8Array, number: number): string => fieldBytes(message, number).toString('utf8');

/** Like `fieldBytes`, but distinguishes an empty field from one that is absent. */
function lastField(message: Uint8Array, number: number): Buffer | undefined {
  const fields = new FieldCursor(message);
  let last: Buffer | undefined;
  while (fields.next()) if (fields.number === number && fields.kind === 'bytes') last = fields.bytes();
  return last;
}
