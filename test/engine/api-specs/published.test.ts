/** Our extract of Docker's API says what the descriptions that Docker publishes say. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { compareVersions } from '../../../src/engine/api-version.ts';
import {
  dockerExtract,
  readApiDocument,
  type ApiDocument,
  type Parameter,
  type Schema,
} from './documents.ts';

const folder =
  process.env['BULKHEAD_SPECS'] ?? fileURLToPath(new URL('../../../../shared/specs', import.meta.url));
const published = existsSync(folder)
  ? readdirSync(folder).flatMap((name) => {
      const version = /^docker-engine-v(\d+\.\d+)\.yaml$/.exec(name)?.[1];
      return version === undefined ? [] : [{ version, file: join(folder, name) }];
    })
  : [];
const skip =
  published.length === 0 &&
  'no published API descriptions: set BULKHEAD_SPECS to a folder of docker-engine-v*.yaml';

describe('our extract agrees with the published description', { skip, timeout: 120_000 }, () => {
  for (const { version, file } of published) {
    describe(`of API ${version}`, () => {
      const document = readApiDocument(file);
      for (const ours of dockerExtract.endpoints) {
        test(ours.request, () => {
          const theirs = document.endpoints.find(({ request }) => request === ours.request);
          assert.ok(theirs, `${ours.request} is not described`);
          for (const parameter of ours.parameters) compareParameter(parameter, theirs.parameters, version);
          if (ours.body && theirs.body) compareSchemas(ours.body, theirs.body, document, version, 'body');
          for (const [status, schema] of Object.entries(ours.responses)) {
            if (['101', '400', '501'].includes(status)) continue; // given more often than described
            assert.ok(status in theirs.responses, `status ${status} is not described`);
            const theirSchema = theirs.responses[status];
            if (schema && theirSchema) compareSchemas(schema, theirSchema, document, version, status);
          }
        });
      }
    });
  }
});

function compareParameter(ours: Parameter, theirs: readonly Parameter[], version: string): void {
  const found = theirs.find(({ name, in: place }) => name === ours.name && place === ours.in);
  if (ours['x-podman'] === true) {
    assert.equal(found, undefined, `${ours.name} is not Podman's alone`);
    return;
  }
  if (isLater(ours['x-since'], version)) {
    assert.equal(found, undefined, `${ours.name} is there before ${ours['x-since'] ?? ''}`);
    return;
  }
  assert.ok(found, `parameter ${ours.name} is not described`);
  const expected = ours['x-published-type'] ?? ours.schema?.type;
  assert.equal(found.type ?? found.schema?.type, expected, `type of ${ours.name}`);
}

/** Everything of ours is in theirs, with the same type, from its first version on. */
function compareSchemas(
  ours: Schema,
  theirs: Schema,
  document: ApiDocument,
  version: string,
  where: string,
): void {
  const our = dockerExtract.resolve(ours);
  const their = document.resolve(theirs);
  const expected = our['x-published-type'] ?? our.type;
  const isNumber = (type: string | undefined) => type === 'integer' || type === 'number';
  if (expected !== undefined && their.type !== undefined && !(isNumber(expected) && isNumber(their.type))) {
    assert.equal(expected, their.type, `type of ${where}`);
  }
  if (our.items && their.items) compareSchemas(our.items, their.items, document, version, `${where}[]`);
  if (typeof our.additionalProperties === 'object' && typeof their.additionalProperties === 'object') {
    compareSchemas(our.additionalProperties, their.additionalProperties, document, version, `${where}.*`);
  }
  if (their.properties === undefined) return; // described by an example alone
  for (const [name, schema] of Object.entries(our.properties ?? {})) {
    if (isLater(version, schema['x-until'])) continue;
    const found: Schema | undefined = their.properties[name];
    if (isLater(schema['x-since'], version)) {
      assert.equal(found, undefined, `${where}.${name} is there before ${schema['x-since'] ?? ''}`);
      continue;
    }
    assert.ok(found, `${where}.${name} is not described`);
    compareSchemas(schema, found, document, version, `${where}.${name}`);
  }
}

function isLater(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && compareVersions(a, b) > 0;
}
