import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Returns the line that `bulkhead version` prints for people. */
export function versionLine(): string {
  return `bulkhead ${packageVersion()} (Node.js ${process.versions.node})`;
}
