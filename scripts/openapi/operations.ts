/** What the description of the HTTP API says of each path, beside what its declaration does. */
import { operational } from './operational.ts';
import {
  envelope,
  fields,
  flag,
  listedPlugin,
  listOf,
  map,
  mount,
  nothing,
  orNull,
  pin,
  plugin,
  runtime,
  text,
  texts,
  whole,
  type Schema,
} from './schemas.ts';

export interface Described {
  readonly summary: string;
  /** Form of the body of the answer; absent where there is none. */
  readonly answer?: Schema;
  /** Another form than JSON. */
  readonly mediaType?: string;
  /** Whether it may be answered with the status 204 and no body. */
  readonly mayBeEmpty?: boolean;
  /** Whether nothing may be there: 404. */
  readonly mayBeMissing?: boolean;
  readonly body?: Schema;
  readonly example?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, Schema>>;
}

const written = { mayBeEmpty: true, answer: envelope(nothing) };
const keys = envelope(fields({ keys: texts }));
const time: Schema = { type: ['string', 'integer'] };
const tuning = {
  'default_lease_ttl?': time,
  'max_lease_ttl?': time,
  'passthrough_request_headers?': texts,
  'allowed_response_headers?': texts,
};
const tuned = fields({
  default_lease_ttl: whole,
  max_lease_ttl: whole,
  description: text,
  force_no_cache: flag,
});
const enabling = fields({
  type: text,
  'description?': text,
  'plugin_version?': text,
  'config?': fields(tuning),
  'options?': orNull(map(text)),
});
const reload = envelope(fields({ reload_id: text }));
const lease = fields({ id: text, issue_time: text, expire_time: text, renewable: flag, ttl: whole });
const version: Record<string, Schema> = { version: text };

/** By method and pattern, as they are declared. */
export const described: Readonly<Record<string, Described>> = {
  'GET /v1/sys/health': {
    summary: 'Tells that the server answers.',
    answer: fields({ initialized: flag, sealed: flag, standby: flag, version: text, server_time_utc: whole }),
  },
  'GET /v1/sys/seal-status': {
    summary: 'The same in the form of a seal, which is always open.',
    answer: fields({ type: text, initialized: flag, sealed: flag, t: whole, n: whole, progress: whole }),
  },
  'GET /v1/auth/token/lookup-self': {
    summary: 'What is known of the token that asks.',
    answer: envelope(
      fields({ accessor: text, display_name: text, policies: texts, ttl: whole, expire_time: orNull(text) }),
    ),
  },

  'GET /v1/sys/plugins/catalog': {
    summary: 'All plugins, by their types and in detail.',
    answer: envelope(fields({ auth: texts, database: texts, secret: texts, detailed: listOf(listedPlugin) })),
  },
  'LIST /v1/sys/plugins/catalog': { summary: 'The same.' },
  'GET /v1/sys/plugins/catalog/:type': { summary: 'Asks for the name as well.', mayBeMissing: true },
  'LIST /v1/sys/plugins/catalog/:type': {
    summary: 'The names of the plugins of a type, those included that have versions only.',
    answer: keys,
    mayBeMissing: true,
  },
  'GET /v1/sys/plugins/catalog/:type/*name': {
    summary: 'A plugin.',
    query: version,
    answer: envelope(plugin),
    mayBeMissing: true,
  },
  'POST /v1/sys/plugins/catalog/:type/*name': {
    summary: 'Registers a plugin, or another version of it, once its image has been tried.',
    body: fields({
      'oci_image?': text,
      'sha256?': text,
      'version?': text,
      'command?': text,
      'args?': texts,
      'env?': texts,
      'runtime?': text,
      'skip_probe?': flag,
    }),
    example: { oci_image: 'localhost/no-such-image', version: '1.0.0' },
    ...written,
  },
  'DELETE /v1/sys/plugins/catalog/:type/*name': {
    summary: 'Removes a plugin from the catalog. What runs goes on.',
    query: version,
    ...written,
  },

  'GET /v1/sys/plugins/runtimes/catalog': {
    summary: 'All plugin runtimes.',
    query: { type: text },
    answer: envelope(fields({ runtimes: listOf(runtime) })),
  },
  'LIST /v1/sys/plugins/runtimes/catalog': { summary: 'The same.' },
  'GET /v1/sys/plugins/runtimes/catalog/:type/:name': {
    summary: 'A plugin runtime.',
    answer: envelope(runtime),
    mayBeMissing: true,
  },
  'POST /v1/sys/plugins/runtimes/catalog/:type/:name': {
    summary: 'Registers a plugin runtime, or changes it.',
    body: fields({
      'oci_runtime?': text,
      'cgroup_parent?': text,
      'cpu_nanos?': whole,
      'memory_bytes?': whole,
      'rootless?': flag,
    }),
    example: { oci_runtime: 'runc' },
    mayBeMissing: true,
    ...written,
  },
  'DELETE /v1/sys/plugins/runtimes/catalog/:type/:name': {
    summary: 'Removes a plugin runtime that no plugin names.',
    mayBeMissing: true,
    ...written,
  },

  'GET /v1/sys/plugins/pins': {
    summary: 'All pinned versions.',
    answer: envelope(fields({ pinned_versions: listOf(pin) })),
  },
  'LIST /v1/sys/plugins/pins': { summary: 'The same.' },
  'GET /v1/sys/plugins/pins/:type/*name': {
    summary: 'The pinned version of a plugin.',
    answer: envelope(pin),
    mayBeMissing: true,
  },
  'POST /v1/sys/plugins/pins/:type/*name': {
    summary: 'Pins a version.',
    body: fields({ version: text }),
    answer: envelope(nothing),
  },
  'DELETE /v1/sys/plugins/pins/:type/*name': { summary: 'Removes a pin.', answer: envelope(nothing) },

  'POST /v1/sys/plugins/reload/backend': {
    summary: 'Reloads the plugins of some mounts, or one plugin.',
    body: fields({ 'plugin?': text, 'mounts?': texts, 'scope?': text }),
    example: { mounts: ['secret/'] },
    answer: reload,
    mayBeMissing: true,
  },
  'POST /v1/sys/plugins/reload/unknown': {
    summary: 'The same, where the vault command asks for it.',
    body: fields({ 'plugin?': text, 'mounts?': texts, 'scope?': text }),
    answer: reload,
    mayBeMissing: true,
  },
  'POST /v1/sys/plugins/reload/:type/*name': {
    summary: 'Reloads a plugin.',
    body: fields({ 'scope?': text }),
    answer: reload,
    mayBeMissing: true,
  },

  ...mounts('mounts', 'secrets engine'),
  ...mounts('auth', 'auth method'),

  'GET /v1/sys/internal/ui/mounts': {
    summary: 'The mounts that the token allows.',
    answer: envelope(fields({ secret: map(mount), auth: map(mount) })),
  },
  'GET /v1/sys/internal/ui/mounts/*path': {
    summary: 'The mount that a path leads to.',
    answer: envelope(mount),
  },

  ...leases('renew', { summary: 'Extends a lease.', answer: envelope(nothing) }),
  ...leases('revoke', { summary: 'Revokes a lease.', mayBeEmpty: true }),
  'POST /v1/sys/leases/lookup': {
    summary: 'What is known of a lease.',
    body: fields({ lease_id: text }),
    answer: envelope(lease),
  },
  'LIST /v1/sys/leases/lookup/*path': { summary: 'Leases below a path.', answer: keys, mayBeMissing: true },

  ...operational,

  'GET /v1/*path': {
    summary: 'Reads at the path of a mount. What comes back is for the plugin to say.',
    answer: { type: 'object' },
    mayBeMissing: true,
  },
  'LIST /v1/*path': { summary: 'Lists.', answer: keys, mayBeMissing: true },
  'POST /v1/*path': {
    summary: 'Writes at the path of a mount.',
    body: { type: 'object' },
    example: { word: 'hello' },
    mayBeEmpty: true,
    answer: { type: 'object' },
    mayBeMissing: true,
  },
  'PATCH /v1/*path': {
    summary: 'Changes some fields.',
    body: { type: 'object' },
    mayBeEmpty: true,
    answer: { type: 'object' },
    mayBeMissing: true,
  },
  'DELETE /v1/*path': {
    summary: 'Deletes at the path of a mount.',
    mayBeEmpty: true,
    answer: { type: 'object' },
    mayBeMissing: true,
  },
};

function mounts(word: string, what: string): Record<string, Described> {
  const one = `/v1/sys/${word}/*path`;
  return {
    [`GET /v1/sys/${word}`]: { summary: `Every mounted ${what}.`, answer: envelope(map(mount)) },
    [`GET ${one}`]: { summary: `A mounted ${what}.`, answer: envelope(mount) },
    [`POST ${one}`]: {
      summary: `Mounts a ${what}.`,
      body: enabling,
      example: { type: 'nobody' },
      mayBeMissing: true,
      ...written,
    },
    [`DELETE ${one}`]: {
      summary: `Unmounts a ${what}, and deletes what it stored.`,
      query: { force: flag },
      ...written,
    },
    [`GET ${one}/tune`]: { summary: `How a ${what} is tuned.`, answer: envelope(tuned) },
    [`POST ${one}/tune`]: {
      summary: `Tunes a ${what}.`,
      body: fields({ ...tuning, 'description?': text, 'plugin_version?': text, 'options?': map(text) }),
      ...written,
    },
  };
}

function leases(word: string, one: Described): Record<string, Described> {
  const body = fields({ 'lease_id?': text, ...(word === 'renew' && { 'increment?': whole }) });
  const described = { ...one, body, mayBeMissing: true };
  return {
    [`POST /v1/sys/leases/${word}`]: described,
    [`POST /v1/sys/leases/${word}/*lease`]: described,
    [`POST /v1/sys/${word}`]: described,
    [`POST /v1/sys/${word}/*lease`]: described,
  };
}
