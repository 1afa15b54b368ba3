/** Forms of bodies in the description of the HTTP API. */

export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const whole: Schema = { type: 'integer' };
export const flag: Schema = { type: 'boolean' };
export const texts: Schema = { type: 'array', items: text };
export const nothing: Schema = { type: 'null' };

/** An object that has these fields, and may have others; those whose name ends in `?` may be absent. */
export function fields(all: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(all);
  const required = names.filter((name) => !name.endsWith('?'));
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), all[name]])),
    ...(required.length > 0 && { required }),
  };
}

/** An object whose fields all have one form. */
export function map(of: Schema): Schema {
  return { type: 'object', additionalProperties: of };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

export function orNull(schema: Schema): Schema {
  return { oneOf: [schema, nothing] };
}

/** Vault's envelope. */
export function envelope(data: Schema): Schema {
  return fields({
    request_id: text,
    lease_id: text,
    renewable: flag,
    lease_duration: whole,
    data,
    wrap_info: { type: ['object', 'null'] },
    warnings: orNull(texts),
    auth: { type: ['object', 'null'] },
    mount_type: text,
  });
}

export const runtime = fields({
  ...{ name: text, type: text, oci_runtime: text, cgroup_parent: text },
  ...{ cpu_nanos: whole, memory_bytes: whole, rootless: flag },
});

export const plugin = fields({
  ...{ name: text, args: texts, builtin: flag, command: text, oci_image: text, runtime: text },
  ...{ sha256: text, version: text, env_names: texts },
});

export const listedPlugin = fields({
  ...{ name: text, type: text, version: text, builtin: flag, oci_image: text },
  ...{ 'runtime?': text, 'sha256?': text },
});

export const pin = fields({ name: text, type: text, version: text });

export const mount = fields({
  accessor: text,
  config: fields({ default_lease_ttl: whole, max_lease_ttl: whole, force_no_cache: flag }),
  description: text,
  options: orNull(map(text)),
  plugin_version: text,
  running_plugin_version: text,
  running_sha256: text,
  type: text,
  uuid: text,
});

/** What every answer with a status of 400 and more has. */
export const failure = fields({
  errors: texts,
  may_repeat: flag,
  request_id: text,
  'code?': text,
});
