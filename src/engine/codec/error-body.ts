/** What an engine reports about a failure. */
export interface ErrorBody {
  readonly message: string;
  /** Podman's innermost error: a short text that stays the same between versions. */
  readonly cause?: string | undefined;
}

/**
 * Reads the body of an error answer: Docker's `{message}`, Podman's `{cause, message, response}`, plain text, the page of
 * a proxy, or nothing at all.
 */
export function parseErrorBody(text: string): ErrorBody {
  const trimmed = text.trim();
  if (trimmed === '') return { message: 'no reason given' };
  if (trimmed.startsWith('{')) return parseJsonBody(trimmed);
  if (/^<(!doctype|html|\?xml)/i.test(trimmed)) return { message: describePage(trimmed) };
  return { message: trimmed };
}

function parseJsonBody(text: string): ErrorBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { message: text };
  }
  const { message, cause, errorDetail, error } = value as Record<string, unknown>;
  const said = [message, (errorDetail as { message?: unknown } | null | undefined)?.message, error].find(
    (candidate): candidate is string => typeof candidate === 'string' && candidate !== '',
  );
  return {
    message: said?.trim() ?? text,
    ...(typeof cause === 'string' && cause !== '' && { cause }),
  };
}

function describePage(page: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(page)?.[1]?.trim();
  return `a web page instead of an answer${title === undefined || title === '' ? '' : `, titled "${title}"`}`;
}
