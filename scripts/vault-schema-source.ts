/** Turns the .proto files of api-specs/vault into the source of `src/vault/wire/schema.ts`. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export const schemaFile = join(root, 'src/vault/wire/schema.ts');

const files = [
  'logical.proto',
  'multiplexing.proto',
  'backend.proto',
  'host-services.proto',
  'database.proto',
];

interface Root {
  resolvePath: (origin: string, target: string) => string;
  loadSync(files: readonly string[], options: { keepCase: boolean }): Root;
  toJSON(): { nested: Readonly<Record<string, Namespace>> };
}

interface Namespace {
  readonly nested?: Readonly<Record<string, Namespace>>;
}

/** Returns the copy of protobuf.js that reads .proto files at run time. */
function protobufjs(): { readonly Root: new () => Root } {
  return createRequire(import.meta.url)('protobufjs') as { readonly Root: new () => Root };
}

/** Returns the source: a line for each message and service. */
export function vaultSchemaSource(): string {
  const { Root } = protobufjs();
  const parsed = new Root();
  const resolve = parsed.resolvePath.bind(parsed);
  parsed.resolvePath = (origin, target) =>
    target.startsWith('google/') ? resolve(origin, target) : join(root, 'api-specs/vault', target);
  parsed.loadSync(files, { keepCase: true });
  return [
    '/**',
    ' * The messages and services of Vault and OpenBao, in the JSON of protobuf.js. Made from api-specs/vault by',
    ' * scripts/vault-schema.ts; `npm run vault-schema` writes it anew.',
    ' */',
    '// prettier-ignore',
    `export const schema = { nested: {${packages(parsed.toJSON().nested)}\n} };\n`,
  ].join('\n');
}

function packages(nested: Readonly<Record<string, Namespace>>, path = ''): string {
  return Object.entries(nested)
    .map(([name, member]) => {
      const isPackage = member.nested !== undefined && Object.keys(member).length === 1;
      const key = JSON.stringify(name);
      return isPackage
        ? `\n${key}: { nested: {${packages(member.nested, `${path}${name}.`)}\n} },`
        : `\n${key}: ${JSON.stringify(member)},`;
    })
    .join('');
}
