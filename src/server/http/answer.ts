/** What handlers answer, and the form in which Vault has it. */
import type { VaultData, VaultRawAnswer } from '../../vault/index.ts';
import { nothingThere } from './api-error.ts';

/** An answer in Vault's envelope. */
export interface DataAnswer {
  readonly kind: 'data';
  /** Default: 200. */
  readonly status?: number;
  readonly data: VaultData | null;
  readonly warnings?: readonly string[];
  readonly lease?: { readonly id: string; readonly seconds: number; readonly renewable: boolean };
  readonly auth?: VaultData | null;
  readonly wrapInfo?: VaultData | null;
  /** Default: `system`. */
  readonly mountType?: string;
  /** Whether the fields of `data` stand beside it as well, as Vault has it for a few old paths. */
  readonly doubled?: boolean;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export type Answer =
  | DataAnswer
  /** The status 204, without a body. */
  | { readonly kind: 'empty'; readonly headers?: Readonly<Record<string, string | readonly string[]>> }
  /** JSON without an envelope. */
  | { readonly kind: 'json'; readonly status?: number; readonly body: VaultData }
  /** Something that exists in no other form: a page, a text. */
  | {
      readonly kind: 'raw';
      readonly status?: number;
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
      readonly body: string | Uint8Array;
    }
  /** An HTTP response of a plugin's own making. */
  | { readonly kind: 'plugin'; readonly raw: VaultRawAnswer }
  /** Pieces that are sent as they come. `request.signal` is aborted when nobody reads them any more. */
  | {
      readonly kind: 'stream';
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
      readonly body: AsyncIterable<string | Uint8Array>;
    };

export const empty: Answer = { kind: 'empty' };

export function dataAnswer(
  data: VaultData | null,
  more: Partial<Omit<DataAnswer, 'kind' | 'data'>> = {},
): Answer {
  return { kind: 'data', data, ...more };
}

/** The names of a list. @throws ApiError 404 where there are none, as Vault answers it */
export function keysAnswer(
  keys: readonly string[],
  more: Partial<Omit<DataAnswer, 'kind' | 'data'>> = {},
): Answer {
  if (keys.length === 0 && (more.warnings ?? []).length === 0) throw nothingThere();
  return dataAnswer({ keys }, more);
}

export function envelope(answer: DataAnswer, requestId: string): VaultData {
  const { data, warnings = [], lease, auth = null, wrapInfo = null, mountType = 'system', doubled } = answer;
  return {
    ...(doubled === true ? data : {}),
    request_id: requestId,
    lease_id: lease?.id ?? '',
    renewable: lease?.renewable ?? false,
    lease_duration: lease?.seconds ?? 0,
    data,
    wrap_info: wrapInfo,
    warnings: warnings.length === 0 ? null : warnings,
    auth,
    mount_type: mountType,
  };
}
