/**
 * Speaks with the server that the page comes from.
 *
 * The token is kept in the memory of this module alone. Session storage would survive a reload of the page, but whatever
 * document of this origin is opened in the same tab could read it there, and plugins may answer with documents.
 */
import { EventLines } from './event-lines.js';

let token = '';

/** How long a stream may be silent. The server shows every five seconds that it lives. */
const silentMs = 20_000;

/** @param {string} given */
export function useToken(given) {
  token = given;
}

/** The server's answer that a request failed. */
export class RequestError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether it is the token that is not accepted. */
  get isRefused() {
    return this.status === 401 || this.status === 403;
  }
}

/**
 * Reads the data of a path.
 *
 * @param {string} path below `/v1/`
 * @param {{ readonly signal: AbortSignal }} options
 * @returns {Promise<any>} `undefined` where nothing is
 */
export async function read(path, { signal }) {
  const answer = await ask(path, signal);
  if (answer.status === 404) {
    await answer.body?.cancel();
    return undefined;
  }
  if (!answer.ok) throw await failure(answer);
  return (await answer.json()).data;
}

/**
 * Passes on the events of a stream until it ends. The token goes with it as with every request, in a header, which an
 * `EventSource` could not send.
 *
 * @param {string} path below `/v1/`
 * @param {(event: import('./event-lines.js').ServerEvent) => void} onEvent
 * @param {{ readonly signal: AbortSignal }} options
 */
export async function follow(path, onEvent, { signal }) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(new Error('the server is silent')), silentMs);
  try {
    const answer = await ask(path, AbortSignal.any([signal, silence.signal]));
    if (!answer.ok || answer.body === null) throw await failure(answer);
    const lines = new EventLines();
    for (const reader = answer.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(new Error('the server is silent')), silentMs);
      for (const event of lines.push(value)) onEvent(event);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} path @param {AbortSignal} signal */
function ask(path, signal) {
  return fetch(`/v1/${path}`, {
    headers: { 'X-Vault-Token': token },
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    signal,
  });
}

/** @param {Response} answer */
async function failure(answer) {
  /** @type {unknown} */
  const body = await answer.json().catch(() => undefined);
  const errors = typeof body === 'object' && body !== null && 'errors' in body ? body.errors : undefined;
  const texts = Array.isArray(errors) ? errors.map(String).join('; ') : '';
  return new RequestError(answer.status, texts || `the server answered with the status ${answer.status}`);
}
