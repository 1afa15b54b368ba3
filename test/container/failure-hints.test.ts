import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hintForOutput } from '../../src/container/failure-hints.ts';

const cases: readonly (readonly [string, RegExp])[] = [
  ['exec /plugin: exec format error', /architecture/],
  ['exec container process `/plugin`: Exec format error', /architecture/],
  ['exec /plugin: no such file or directory', /statically/],
  ['{"msg":"exec container process `\\/plugin`: No such file or directory","level":"error"}', /statically/],
  ['exec /plugin: operation not permitted', /capability/],
  ['listen unix /run/bulkhead/plugin1: bind: permission denied', /group/],
  ['mlockall: cannot allocate memory', /memlock/],
  ['open /dev/null: read-only file system', /readOnlyRootFilesystem/],
  ["dd: can't open '/dev/null': Read-only file system", /readOnlyRootFilesystem/],
  ["Error: EROFS: read-only file system, open '/dev/null'", /readOnlyRootFilesystem/],
  ['This binary is a plugin. These are not meant to be executed directly.', /cookie/],
];

for (const [output, hint] of cases) {
  it(`explains: ${output}`, () => {
    assert.match(hintForOutput(`some line before\n${output}\n`) ?? '', hint);
  });
}

it('explains nothing that it does not know', () => {
  assert.equal(hintForOutput('open /etc/config: no such file or directory'), undefined);
});
