import assert from 'node:assert/strict';
import { it } from 'node:test';
import { matchesPath } from '../../src/vault/mount/special-paths.ts';

it('a special path is exact, a prefix with a star, or has a plus for one part', () => {
  const cases: readonly [string, string, boolean][] = [
    ['login', 'login', true],
    ['login', 'login/', false],
    ['login', 'logins', false],
    ['login*', 'login', true],
    ['login*', 'logins/a/b', true],
    ['login/*', 'login/a/b', true],
    ['login/*', 'login', false],
    ['+/login', 'a/login', true],
    ['+/login', 'a/b/login', false],
    ['+/login', '/login', false],
    ['a/+/c*', 'a/b/cd/e', true],
    ['*', 'anything/at all', true],
  ];
  for (const [pattern, path, expected] of cases)
    assert.equal(matchesPath([pattern], path), expected, `${pattern} ${path}`);
  assert.equal(matchesPath([], 'login'), false);
});
