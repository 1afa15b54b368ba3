/** What the description of the HTTP API says of the paths below /v1/sys/bulkhead. */
import type { Described } from './operations.ts';
import { events, instance, logLine, matrix, removed, verdict } from './operational-schemas.ts';
import { envelope, fields, flag, listOf, map, text, texts, whole, type Schema } from './schemas.ts';

const lines: Schema = {
  ...{ ...whole, minimum: 0, maximum: 999_999_999, default: 1000 },
  description: 'How many of the last lines, of which at most 1000 are kept.',
};
const image: Schema = {
  ...{ ...text, minLength: 1, maxLength: 4096 },
  description: 'An image that the engine has. Nothing is pulled.',
  examples: ['localhost/no-such-image:1.0.0'],
};
const named: Schema = { ...text, minLength: 1, maxLength: 4096 };
const none = fields({});

export const operational: Readonly<Record<string, Described>> = {
  'GET /v1/sys/bulkhead/instances': {
    summary: 'Every instance that has not been stopped for good.',
    // A query with another value is refused, as every unknown name is.
    query: { list: { ...flag, enum: [true] } },
    answer: envelope(fields({ instances: listOf(instance) })),
  },
  'LIST /v1/sys/bulkhead/instances': {
    summary: 'Their ids, and each instance by its id.',
    answer: envelope(fields({ keys: texts, key_info: map(instance) })),
    mayBeMissing: true,
  },
  'GET /v1/sys/bulkhead/instances/:instance': {
    summary: 'An instance.',
    answer: envelope(instance),
    mayBeMissing: true,
  },
  'GET /v1/sys/bulkhead/instances/:instance/logs': {
    summary: 'The last lines that the plugins of an instance wrote.',
    query: { lines },
    answer: envelope(fields({ lines: listOf(logLine) })),
    mayBeMissing: true,
  },
  'GET /v1/sys/bulkhead/instances/:instance/follow': {
    summary: 'The last lines that the plugins of an instance wrote, and then each as it is written.',
    query: { lines },
    mediaType: 'text/event-stream',
    answer: events(
      'Server-sent events: `line` for each kept line, `ready`, and `line` for each as it is written. `left-out` says how many lines a slow reader has missed. `end` is the last, when the instance is gone. A comment shows every five seconds that the stream lives.',
      { line: logLine, ready: none, 'left-out': fields({ count: whole }), end: fields({ reason: text }) },
    ),
    mayBeMissing: true,
  },
  'GET /v1/sys/bulkhead/events': {
    summary: 'Every instance, and then each that changes.',
    mediaType: 'text/event-stream',
    answer: events(
      'Server-sent events: `instance` for each instance, `ready`, and then `instance` for each that comes or changes, and `gone` for each that ends. A comment shows every five seconds that the stream lives.',
      { instance, ready: none, gone: fields({ id: text }) },
    ),
  },
  'GET /v1/sys/bulkhead/metrics': {
    summary: 'The counters of the host and of the process of the server.',
    mediaType: 'text/plain',
    answer: { ...text, description: "Prometheus' text format, version 0.0.4." },
  },
  'GET /v1/sys/bulkhead/verdict': {
    summary:
      'Whether an image, or a registered plugin, could be launched here: `image` is given, or `type` and `name` are.',
    query: {
      image,
      type: { ...text, enum: ['auth', 'database', 'secret'] },
      name: named,
      version: { ...named, description: 'Of a registered plugin. Default: the one that would run.' },
      oci_runtime: { ...named, description: 'With an image only; a registered plugin has one of its own.' },
      mlock: { ...flag, description: 'Whether the plugin locks its memory.' },
    },
    answer: envelope(verdict),
    mayBeMissing: true,
  },
  'GET /v1/sys/bulkhead/matrix': {
    summary: 'What is predicted for each combination of the engines that are found. Nothing is launched.',
    query: {
      image: {
        ...image,
        description: `${String(image['description'])} Default: a faultless one is assumed.`,
      },
    },
    answer: envelope(matrix),
  },
  'POST /v1/sys/bulkhead/gc': {
    summary: 'Removes what hosts that ended without cleaning up have left behind.',
    answer: envelope(removed),
  },
};
