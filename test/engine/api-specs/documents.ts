/** Reading API descriptions: ours (OpenAPI 3) and the published ones (Swagger 2), in one shape. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Schema {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly $ref?: string;
  /** Ours: first version that has it. */
  readonly 'x-since'?: string;
  /** Ours: last version that has it. */
  readonly 'x-until'?: string;
  /** Ours: the type that the published description gives, where what is sent is more than that. */
  readonly 'x-published-type'?: string;
  /** Ours: Podman's own, which no description of Docker has. */
  readonly 'x-podman'?: boolean;
  /** Ours: the type that the client reads it as. */
  readonly 'x-read-as'?: string;
}

export interface Parameter extends Schema {
  readonly name: string;
  readonly in: string;
  readonly schema?: Schema;
}

export interface Endpoint {
  /** `GET /containers/json`. */
  readonly request: string;
  readonly operationId: string;
  readonly since: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly responses: Readonly<Record<string, Schema | undefined>>;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
  readonly schema?: Schema;
  readonly $ref?: string;
}

interface RawOperation {
  readonly operationId?: string;
  readonly 'x-since'?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface ApiDocument {
  readonly endpoints: readonly Endpoint[];
  /** Follows references and joins `allOf`, at the top of the schema only. */
  resolve(schema: Schema): Schema;
  /** A schema among the components, by name. */
  component(name: string): Schema;
}

export function readApiDocument(file: string | URL): ApiDocument {
  const root = parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, Record<string, RawOperation | readonly Parameter[]>>;
    components?: { schemas: Record<string, Schema> };
  };
  const follow = <T extends { readonly $ref?: string }>(value: T): T => {
    if (value.$ref === undefined) return value;
    const target = value.$ref
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], root);
    return follow(target as T);
  };
  const resolve = (schema: Schema): Schema => {
    const followed = follow(schema);
    if (followed.allOf === undefined) return followed;
    const parts = [...followed.allOf.map(resolve), { ...followed, allOf: undefined } as unknown as Schema];
    return {
      ...followed,
      type: parts.find(({ type }) => type !== undefined)?.type ?? 'object',
      properties: Object.assign({}, ...parts.map(({ properties }) => properties)) as Record<string, Schema>,
    };
  };
  const schemaOf = (value: Content): Schema | undefined => {
    const { schema, content } = follow(value);
    return schema ?? Object.values(content ?? {})[0]?.schema;
  };
  const methods = ['get', 'head', 'put', 'post', 'delete'];
  const endpoints = Object.entries(root.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, value]): Endpoint => {
        const operation = value as RawOperation;
        const parameters = (operation.parameters ?? []).map(follow);
        const inBody = parameters.find((parameter) => parameter.in === 'body')?.schema;
        return {
          request: `${method.toUpperCase()} ${path}`,
          operationId: operation.operationId ?? '',
          since: operation['x-since'],
          parameters: parameters.filter((parameter) => parameter.in !== 'body'),
          body: inBody ?? (operation.requestBody && schemaOf(operation.requestBody)),
          responses: Object.fromEntries(
            Object.entries(operation.responses).map(([status, response]) => [status, schemaOf(response)]),
          ),
        };
      }),
  );
  return {
    endpoints,
    resolve,
    component(name) {
      const schema = root.components?.schemas[name];
      if (schema === undefined) throw new Error(`there is no schema ${name}`);
      return schema;
    },
  };
}

export const dockerExtract = readApiDocument(new URL('../../../api-specs/docker.yaml', import.meta.url));
export const libpodExtract = readApiDocument(new URL('../../../api-specs/libpod.yaml', import.meta.url));
