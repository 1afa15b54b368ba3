/**
 * go-plugin's own messages (go-plugin: internal/plugin/*.proto) and those of gRPC's health service.
 *
 * Decoders ignore fields they do not know and take a wrongly typed one for absent, as protobuf demands.
 */
import { bytesField, readFields, varintField, type WireField } from './protobuf.ts';

/** `plugin.ConnInfo`: where a brokered service listens, or, when multiplexing, a knock at its door. */
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
  const fields = lastFields(message);
  const knock = fields.get(4);
  return {
    serviceId: number(fields.get(1)),
    network: text(fields.get(2)),
    address: text(fields.get(3)),
    knock: knock?.kind === 'bytes' ? decodeKnock(knock.value) : undefined,
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
  const fields = lastFields(message);
  return { knock: number(fields.get(1)) !== 0, ack: number(fields.get(2)) !== 0, error: text(fields.get(3)) };
}

export function encodeStdioData({ channel, data }: StdioData): Buffer {
  return Buffer.concat([varintField(1, channel), bytesField(2, data)]);
}

export function decodeStdioData(message: Uint8Array): StdioData {
  const fields = lastFields(message);
  const data = fields.get(2);
  return { channel: number(fields.get(1)), data: data?.kind === 'bytes' ? data.value : Buffer.alloc(0) };
}

export const encodeHealthCheckRequest = ({ service }: HealthCheckRequest): Buffer => bytesField(1, service);
export const decodeHealthCheckRequest = (message: Uint8Array): HealthCheckRequest => ({
  service: text(lastFields(message).get(1)),
});
export const encodeHealthCheckResponse = ({ status }: HealthCheckResponse): Buffer => varintField(1, status);
export const decodeHealthCheckResponse = (message: Uint8Array): HealthCheckResponse => ({
  status: number(lastFields(message).get(1)),
});

function lastFields(message: Uint8Array): Map<number, WireField> {
  return new Map([...readFields(message)].map((field) => [field.number, field]));
}

const number = (field: WireField | undefined): number => (field?.kind === 'varint' ? field.value : 0);
const text = (field: WireField | undefined): string =>
  field?.kind === 'bytes' ? field.value.toString('utf8') : '';
