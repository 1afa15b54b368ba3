/** Events and observations that a plugin sends, which nobody has to listen to. */
import { service, type ServedService } from '../../goplugin/index.ts';
import type { WireStruct, WireValue } from '../wire/messages.ts';
import type { VaultServices } from '../wire/services.ts';

export interface VaultEvent {
  readonly type: string;
  readonly id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly entityIds: readonly string[];
  readonly note: string;
}

export interface VaultObservation {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface NoticeListeners {
  /** Called for each event that the plugin sends. What it throws goes to the plugin as an error. */
  readonly onEvent?: ((event: VaultEvent) => void) | undefined;
  /** Called for each observation that the plugin records. What it throws goes to the plugin as an error. */
  readonly onObservation?: ((observation: VaultObservation) => void) | undefined;
}

export function noticeServices(
  services: VaultServices,
  { onEvent, onObservation }: NoticeListeners,
): ServedService[] {
  return [
    service(services['pb.Events'], {
      sendEvent: ({ event_type: type, event }) => {
        onEvent?.({
          type,
          id: event?.id ?? '',
          metadata: plainStruct(event?.metadata ?? null),
          entityIds: event?.entity_ids ?? [],
          note: event?.note ?? '',
        });
        return {};
      },
    }),
    service(services['pb.Observations'], {
      recordObservation: ({ observation_type: type, data }) => {
        onObservation?.({ type, data: plainStruct(data) });
        return {};
      },
    }),
  ];
}

/** Deepest nesting of what a plugin sends as google.protobuf.Struct; what is deeper becomes null. */
const deepest = 64;

export function plainStruct(struct: WireStruct | null, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(struct?.fields ?? {}).map(([name, value]) => [name, plainValue(value, depth + 1)]),
  );
}

function plainValue(value: WireValue, depth: number): unknown {
  if (depth > deepest) return null;
  switch (value.kind) {
    case 'numberValue':
      return value.numberValue;
    case 'stringValue':
      return value.stringValue;
    case 'boolValue':
      return value.boolValue;
    case 'structValue':
      return plainStruct(value.structValue ?? null, depth);
    case 'listValue':
      return (value.listValue?.values ?? []).map((each) => plainValue(each, depth + 1));
    default:
      return null;
  }
}
