/**
 * What tells that a container or an image is this user's: labels alone don't, because an image can carry any labels, and
 * its containers inherit them. So the labels carry a code (HMAC) over all of them and the name of what they are on, made
 * with a key that only this user has. A copy of them on something of another name proves nothing, and the labels of an
 * image don't prove its containers.
 *
 * The key is the user's and not the store's, because hosts without a store, `ps` over all directories and the watchdog have
 * to check proofs too.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { hostLabels } from './labels.ts';

/** Label of the code. */
export const proofLabel = 'io.bulkhead.proof';

type LabelTable = Readonly<Record<string, string>>;

/**
 * All labels that tell whose something is, and their proof. Those that are not given are set empty: what is not set could
 * be inherited from an image.
 *
 * @param name of the container, or the repository of the image
 */
export function provedLabels(labels: LabelTable, name: string, key: Uint8Array): Record<string, string> {
  const all = Object.fromEntries(Object.values(hostLabels).map((label) => [label, labels[label] ?? '']));
  return { ...labels, ...all, [proofLabel]: codeOf(all, name, key).toString('hex') };
}

/** Whether the labels on something of one of these names were set by a process that has the key. */
export function isProved(labels: LabelTable, names: readonly string[], key: Uint8Array): boolean {
  const given = Buffer.from(labels[proofLabel] ?? '', 'hex');
  return names.some((name) => {
    const code = codeOf(labels, name, key);
    return given.length === code.length && timingSafeEqual(given, code);
  });
}

function codeOf(labels: LabelTable, name: string, key: Uint8Array): Buffer {
  const claims = Object.values(hostLabels).map((label) => labels[label] ?? null);
  return createHmac('sha256', key)
    .update(JSON.stringify([name, ...claims]))
    .digest();
}
