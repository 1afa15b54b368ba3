/** Makes the description of the HTTP API from the declared paths and what is said of them. */
import { fileURLToPath } from 'node:url';
import type { Need, Route } from '../../src/server/routes/route.ts';
import { routes } from '../../src/server/routes/table.ts';
import { described, type Described } from './operations.ts';
import { failure, flag, text, type Schema } from './schemas.ts';

export const openapiFile = fileURLToPath(new URL('../../api-specs/server/openapi.json', import.meta.url));

const keyOf = ({ method, pattern }: Route): string => `${method} ${pattern}`;

/** Declared paths of which nothing is said, and those of which something is said that are not declared. */
export function undescribed(): string[] {
  const declared = new Set(routes.filter(isApi).map(keyOf));
  const stale = Object.keys(described).filter((key) => !declared.has(key));
  return [...[...declared].filter((key) => described[key] === undefined), ...stale];
}

/** The pages for people are no part of it. */
function isApi({ pattern }: Route): boolean {
  return pattern.startsWith('/v1/');
}

/** The text of the file, formatted as the rest of the checkout. */
export function openapiSource(): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes.filter(isApi)) {
    const path = route.pattern.replace(/[:*](\w+)/g, '{$1}');
    const operations = (paths[path] ??= {});
    for (const method of methodsOf(route)) operations[method] = operationOf(route);
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Bulkhead',
      version: '1',
      description:
        "The API that Vault's clients speak, as `bulkhead serve` answers it. GET with `list=true` stands for Vault's method LIST, which OpenAPI has no name for. A parameter of a path that is declared with `*` may hold slashes.",
    },
    servers: [{ url: 'http://127.0.0.1:8200' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Vault-Token' } },
      schemas: { Failure: failure },
      responses: failedResponses(),
    },
  };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

/** A list is part of the description of the GET of the same path, or stands for it. */
function methodsOf({ method, pattern }: Route): string[] {
  switch (method) {
    case 'POST':
      return ['post', 'put'];
    case 'LIST':
      return routes.some((other) => other.method === 'GET' && other.pattern === pattern) ? [] : ['get'];
    default:
      return [method.toLowerCase()];
  }
}

/** Whose token is wide enough. */
const needed: Readonly<Record<Need, string>> = {
  nothing: 'Needs no token.',
  token: 'Any token is wide enough.',
  catalog: 'Needs a token of the scope `catalog`, `observe` or `everything`.',
  observe: 'Needs a token of the scope `observe` or `everything`.',
  mount: 'Needs a token of the scope `mount:PATH` of this mount, or of the scope `everything`.',
  everything: 'Needs a token of the scope `everything`.',
};

function operationOf(route: Route): object {
  const about = described[keyOf(route)] ?? { summary: '' };
  const isListed = routes.some(({ method, pattern }) => method === 'LIST' && pattern === route.pattern);
  return {
    summary: about.summary,
    description: needed[route.needs],
    ...(route.needs !== 'nothing' && { security: [{ token: [] }] }),
    parameters: parametersOf(route, about, isListed),
    ...(about.body !== undefined && {
      requestBody: {
        required: false,
        content: {
          'application/json': {
            schema: about.body,
            ...(about.example !== undefined && { example: about.example }),
          },
        },
      },
    }),
    responses: responsesOf(route, about),
  };
}

function parametersOf(route: Route, { query = {} }: Described, isListed: boolean): object[] {
  const names = [...route.pattern.matchAll(/[:*](\w+)/g)].map(([, name = '']) => name);
  const listing: Record<string, Schema> =
    !isListed || route.method === 'POST' || route.method === 'DELETE' || route.method === 'PATCH'
      ? {}
      : { list: { ...flag, ...(route.method === 'LIST' && { enum: [true] }) } };
  const ofQuery = Object.entries({ ...listing, ...query }).map(([name, schema]) => ({
    ...{ name, in: 'query', schema },
    required: name === 'list' && route.method === 'LIST',
  }));
  return [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { ...text, minLength: 1 } })),
    ...ofQuery,
  ];
}

function responsesOf(route: Route, about: Described): Record<string, object> {
  const { answer, mediaType = 'application/json', mayBeEmpty, mayBeMissing } = about;
  const lists = routes.find(({ method, pattern }) => method === 'LIST' && pattern === route.pattern);
  const other = lists === undefined || route.method !== 'GET' ? undefined : described[keyOf(lists)]?.answer;
  const schema = answer === undefined ? other : other === undefined ? answer : { anyOf: [answer, other] };
  const failed = [
    400,
    ...(route.needs === 'nothing' ? [] : [403, 500]),
    ...(mayBeMissing === true || lists !== undefined ? [404] : []),
    ...(route.method === 'LIST' ? [405] : []),
    ...[408, 409, 413, 414, 421, 431, 503, 504],
  ];
  return {
    ...(schema !== undefined && { 200: { description: 'Done.', content: { [mediaType]: { schema } } } }),
    ...(mayBeEmpty === true && { 204: { description: 'Done; there is nothing to tell.' } }),
    ...Object.fromEntries(failed.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
  };
}

const failures: Readonly<Record<number, string>> = {
  400: 'The request, or something that it names, is wrong.',
  403: 'The token is missing, unknown or too narrow, or a page of another origin asks.',
  404: 'Nothing is there.',
  405: 'The path can only be listed: `list=true` is missing.',
  408: 'The request took too long to arrive.',
  409: 'Something is in the way, or nobody knows whether the write was carried out.',
  413: 'The body is too long.',
  414: 'The path, with its query, is too long.',
  421: 'The server is called by a name that is not its own.',
  431: 'The line of the request, with its query, and the headers are too long together.',
  500: 'The server, the engine or the machine failed; the log of the server says more.',
  503: 'The server or the plugin is not ready; nothing was done.',
  504: 'It took too long to read that.',
};

function failedResponses(): Record<string, object> {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } };
  return Object.fromEntries(
    Object.entries(failures).map(([status, description]) => [status, { description, content }]),
  );
}
