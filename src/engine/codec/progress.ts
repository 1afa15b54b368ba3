import type { Progress } from '../progress.ts';

/** One line of the stream with which load, build and pull answer. */
export type ProgressLine =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'error'; readonly message: string }
  /** A result, such as the id of a built image. */
  | { readonly kind: 'result'; readonly value: Readonly<Record<string, unknown>> };

/**
 * Reads one line of progress (moby `pkg/jsonmessage`). The errors of an operation come as such lines too, after a status
 * of 200. Lines of an unknown form are progress without words.
 */
export function parseProgressLine(value: unknown): ProgressLine {
  if (typeof value !== 'object' || value === null) return progressLine('');
  const line = value as Record<string, unknown>;
  const error =
    textOf((line['errorDetail'] as Record<string, unknown> | null | undefined)?.['message']) ??
    textOf(line['error']);
  if (error !== undefined) return { kind: 'error', message: error.trim() };
  if (typeof line['aux'] === 'object' && line['aux'] !== null) {
    return { kind: 'result', value: line['aux'] as Record<string, unknown> };
  }
  const detail = line['progressDetail'] as Record<string, unknown> | null | undefined;
  return progressLine(textOf(line['stream']) ?? textOf(line['status']) ?? '', {
    id: textOf(line['id']),
    current: numberOf(detail?.['current']),
    total: numberOf(detail?.['total']),
  });
}

function progressLine(message: string, rest: Omit<Progress, 'message'> = {}): ProgressLine {
  const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { kind: 'progress', progress: { message: message.replace(/[\r\n]+$/, ''), ...known } };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
