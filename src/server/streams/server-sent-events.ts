/** The text of server-sent events (WHATWG HTML, section 9.2). Pure. */
import { plainJson } from '../../foreign-text.ts';

/** A comment, which every reader skips. It shows both sides that the connection lives. */
export const signOfLife = ':\n\n';

/**
 * Writes one event. JSON has no line feed of its own, so the data is one line, whatever texts it holds; what steers a
 * terminal or hides is escaped in them, because people read streams with curl too.
 *
 * @param name a word of this program's
 */
export function serverSentEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${plainJson(data)}\n\n`;
}
