import { createIdentity, type Identity } from './identity.ts';

/** How long a certificate is kept for the next plugin. */
const longestMs = 600_000;

let prepared: { readonly identity: Promise<Identity>; readonly madeAt: number } | undefined;

/** Makes the certificate of the next plugin, in a time in which this process waits for something else. */
export function prepareIdentity(): void {
  if (prepared !== undefined && isFresh(prepared)) return;
  const identity = createIdentity();
  prepared = { identity, madeAt: Date.now() };
  identity.catch(() => {
    prepared = undefined;
  });
}

/** Returns a certificate that nobody else gets: the one that was made ahead, or a new one. */
export function takeIdentity(): Promise<Identity> {
  const taken = prepared;
  prepared = undefined;
  return taken !== undefined && isFresh(taken) ? taken.identity : createIdentity();
}

/** A clock that was set back would make the certificate one of the future. */
function isFresh({ madeAt }: { readonly madeAt: number }): boolean {
  const age = Date.now() - madeAt;
  return age >= 0 && age < longestMs;
}
