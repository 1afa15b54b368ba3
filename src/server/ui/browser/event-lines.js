/** Decodes server-sent events from the pieces of an answer, in bounded memory. */

/** @typedef {{ readonly name: string, readonly data: Readonly<Record<string, any>> }} ServerEvent */

/** Most characters of one event. A line of a log has at most some ten thousand. */
export const longestEvent = 1024 * 1024;

export class EventLines {
  #held = '';
  #decoder = new TextDecoder();

  /**
   * Takes the next piece. @returns {ServerEvent[]} the events that are complete with it
   *
   * @param {Uint8Array} piece
   */
  push(piece) {
    const blocks = (this.#held + this.#decoder.decode(piece, { stream: true })).split('\n\n');
    this.#held = blocks.pop() ?? '';
    if (this.#held.length > longestEvent) throw new Error('the server sent an event without an end');
    return blocks.flatMap(decoded);
  }
}

/**
 * @param {string} block
 * @returns {ServerEvent[]} nothing for a sign of life
 */
function decoded(block) {
  let name = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice('event: '.length);
    if (line.startsWith('data: ')) data = line.slice('data: '.length);
  }
  return name === '' ? [] : [{ name, data: JSON.parse(data) }];
}
