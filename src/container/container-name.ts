import { randomBytes } from 'node:crypto';

/** A readable name that is never used twice. */
export function containerName(title: string | undefined): string {
  const words = (title ?? '').replace(/[^a-zA-Z0-9_.-]+/g, '-').slice(0, 60);
  return ['bulkhead', ...(words === '' ? [] : [words]), randomBytes(6).toString('hex')].join('-');
}

/** Whether a container is named by its whole id, and not by its name. */
export function isContainerId(idOrName: string): boolean {
  return /^[0-9a-f]{64}$/.test(idOrName);
}
