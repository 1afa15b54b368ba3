/**
 * Proves that this user made a container or an image. Labels alone prove nothing, because an image can carry any
 * labels, and its containers inherit them. So the labels carry a code (HMAC) over all of them and the name of the
 * container or image, made with a key that only this user has. A copy of the labels on something with another name
 * proves nothing, and the labels of an image don't prove its containers.
 *
 * The key is the user's and not the store's, because hosts without a store, `ps` over all directories and the watchdog
 * have to check proofs too.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { hostLabels } from './labels.ts';

/** Label that holds the code. */
export const proofLabel = 'io.bulkhead.proof';

type LabelTable = Readonly<Record<string, string>>;

/**
 * All labels that name an owner, and their proof. Labels that are not given are set to the empty string, because a
 * container could inherit an unset one from its image.
 *
 * @param name name of the container, or repository of the image
 */
export function provedLabels(labels: LabelTable, name: string, key: Uint8Array): Record<string, string> {
  const all = Object.fromEntries(Object.values(hostLabels).map((label) => [label, labels[label] ?? '']));
  return { ...labels, ...all, [proofLabel]: codeOf(all, name, key).toString('hex') };
}

/** Whether a process with the key set these labels on a container or image with one of these names. */
export function isProved(labels: LabelTable, names: readonly string[], key: Uint8Array): boolean {
  const given = Buffer.from(labels[proofLabel] ?? '', 'hex');
  return names.some((name) => {
    const code = codeOf(labels, name, key);
    return given.length === code.length && timingSafeEqual(given, code);
  });
}

function codeOf(labels: LabelTable, name: string, key: Uint8Array): Buffer {
  const claims = Object.values(hostLabels).map((label) => labels[label]); // one that is not set becomes null in JSON
  return createHmac('sha256', key)
    .update(JSON.stringify([name, ...claims]))
    .digest();
}
