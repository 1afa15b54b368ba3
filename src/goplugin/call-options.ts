/** Checks of what calls to a plugin are given: services, options of requests, times. */
import {
  allOf,
  recordOf,
  required,
  shapeOf,
  signal,
  textThat,
  that,
  timeLimit,
  wholeNumber,
  type Check,
} from '../settings/option-shape.ts';
import type { CallOptions } from './service.ts';

/** Time within which an answer has to come; `Infinity` for no limit. */
export const callTimeout = that(
  (value) => typeof value === 'number' && value > 0,
  'must be a number of milliseconds above 0',
);

/** The values are checked together with their names, when they are sent. */
export const metadata = recordOf(
  that(
    (value) => [value].flat().every((single) => typeof single === 'string' || Buffer.isBuffer(single)),
    'must be a text, a Buffer or a list of these',
  ),
);

export const callOptionChecks = { signal, timeoutMs: callTimeout, metadata };
export const callOptions = shapeOf<CallOptions>(callOptionChecks);
export const abortOptions = shapeOf<Pick<CallOptions, 'signal'>>({ signal });
export const waitOptions = shapeOf<Pick<CallOptions, 'signal' | 'timeoutMs'>>({
  signal,
  timeoutMs: callTimeout,
});
/** Options of a request that a timer ends, so that its time limit has to be finite. */
export const timedOptions = shapeOf<Pick<CallOptions, 'signal' | 'timeoutMs'>>({
  signal,
  timeoutMs: timeLimit,
});

/** Full name of a service. */
export const serviceName = textThat((value) => value !== '', 'must be the full name of a service');
/** The broker's ids are unsigned numbers of 32 bits. */
export const brokerId = wholeNumber(0, 0xffff_ffff);

const method: Check = required(
  that((value) => {
    const { path, ...rest } = (value ?? {}) as Readonly<Record<string, unknown>>;
    return (
      typeof path === 'string' &&
      ['requestSerialize', 'requestDeserialize', 'responseSerialize', 'responseDeserialize'].every(
        (name) => typeof rest[name] === 'function',
      )
    );
  }, 'is not a method'),
);

const definition: Check = (value, operation) =>
  recordOf(method)(value, operation) === undefined
    ? undefined
    : { path: [], message: 'is not a service definition' };

/** A service that can be called, which means that it has a method. */
export const serviceDefinition: Check = allOf(
  definition,
  that((value) => Object.keys(value as object).length > 0, 'is not a service definition'),
);

/** A service as `service()` returns it. */
export const servedService = shapeOf<{ definition: unknown; implementation: unknown }>({
  definition: required(definition),
  implementation: required(
    that(
      (value) => typeof value === 'object' && value !== null,
      'must be an object with a function for each method',
    ),
  ),
});
