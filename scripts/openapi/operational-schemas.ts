/** Forms of the bodies below /v1/sys/bulkhead in the description of the HTTP API. */
import { fields, flag, listOf, orNull, text, texts, whole, type Schema } from './schemas.ts';

const time: Schema = { ...text, format: 'date-time' };
const oneOf = (...words: readonly string[]): Schema => ({ ...text, enum: words });

/** A line that a plugin wrote. */
export const logLine = fields({
  at: time,
  generation: { ...whole, description: 'Counts the starts of the instance.' },
  stream: oneOf('stdout', 'stderr'),
  level: text,
  text: { ...text, description: 'As the plugin wrote it, what steers a terminal included.' },
});

export const instance = fields({
  ...{ id: text, type: text, name: text, version: text, image: text, image_id: text },
  runtime: { ...text, description: 'The OCI runtime.' },
  ...{ state: text, since: time },
  'until?': { ...time, description: 'When the next start is tried.' },
  ...{ 'reason?': text, 'container_id?': text, 'protocol_version?': whole, 'tls?': flag },
  mounts: { ...texts, description: 'The ids of its mounts.' },
  ...{ calls: whole, waiting: whole, restarts: whole, shared: orNull(flag), spare: orNull(flag) },
  last_end: orNull(fields({ at: time, reason: text, exit_code: orNull(whole), oom_killed: flag })),
  drift: texts,
  last_output: orNull(logLine),
});

const cell = {
  engine: oneOf('docker', 'podman'),
  mode: oneOf('rootful', 'rootless'),
  runtime: text,
  user: oneOf('root', 'non-root'),
  mlock: flag,
};
const verdictWord = oneOf('works', 'refused', 'unknown');
const reasons = listOf(fields({ rule: text, requirement: text, observed: text, remedy: text, source: text }));
const strategy = fields({
  ...{ recipe: text, runtime: text, service: text, directory: { type: 'object' }, socketGid: whole },
  ...{ 'user?': text, groups: texts, capabilities: texts, noNewPrivileges: flag },
  ...{ ulimits: listOf(fields({ name: text, soft: whole, hard: whole })), proveGvisor: flag },
});

export const verdict = fields({
  ...{ ok: flag, verdict: verdictWord, overridden: flag, cell: fields(cell) },
  ...{ version: text, socketPath: text },
  network: fields({
    reach: oneOf('none', 'internal', 'outside', 'host', 'shared', 'unknown'),
    description: text,
  }),
  ...{ reasons, strategy },
});

export const matrix = fields({
  cells: listOf(
    fields({ ...cell, version: text, socketPath: text, verdict: verdictWord, reasons, strategy }),
  ),
  summary: fields({
    ...{ cells: whole, works: whole, refused: whole, unknown: whole, launched: whole, disagree: whole },
  }),
});

export const removed = fields({
  containers: listOf(fields({ id: text, name: text, image: text, hostId: text, plugin: text, folder: text })),
  ...{ images: texts, folders: texts, unproved: texts, failures: texts },
});

/** A stream of server-sent events. OpenAPI 3.1 has no word for their forms, so `x-events` has those of their data. */
export function events(description: string, forms: Readonly<Record<string, Schema>>): Schema {
  return { ...text, description, 'x-events': forms };
}
