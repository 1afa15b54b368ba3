/**
 * The pool of connections of undici, without the rest of that package: its fetch, caches, cookies and mocks take longer to
 * load than everything else that connects to an engine.
 */
import { createRequire } from 'node:module';
import type * as Undici from 'undici';
import type { Dispatcher, Pool } from 'undici';

export type { Dispatcher, Pool };

type Request = (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>;

interface Parts {
  readonly Pool: new (origin: string, options: Pool.Options) => Pool;
  readonly request: Request;
}

const parts = load();

/** Makes a pool of connections to one origin. */
export function makePool(origin: string, options: Pool.Options): Pool {
  return new parts.Pool(origin, options);
}

/** Sends a request over a pool, and resolves with the head of its answer. */
export function requestOver(
  pool: Pool,
  options: Dispatcher.RequestOptions,
): Promise<Dispatcher.ResponseData> {
  return parts.request.call(pool, options);
}

function load(): Parts {
  const from = createRequire(import.meta.url);
  try {
    return {
      Pool: from('undici/lib/dispatcher/pool.js') as Parts['Pool'],
      request: from('undici/lib/api/api-request.js') as Request,
    };
  } catch {
    // Another version of undici may have other files. Its public names are the same.
    const whole = from('undici') as typeof Undici;
    return {
      Pool: whole.Pool,
      request(options) {
        return this.request(options);
      },
    };
  }
}
