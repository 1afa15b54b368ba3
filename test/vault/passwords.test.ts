import assert from 'node:assert/strict';
import { it } from 'node:test';
import { generatePassword } from '../../src/vault/index.ts';

it("a password meets Vault's default policy", () => {
  for (let count = 0; count < 200; count += 1) {
    const password = generatePassword();
    assert.match(password, /^[A-Za-z0-9-]{20}$/);
    for (const sort of [/[a-z]/, /[A-Z]/, /[0-9]/, /-/]) assert.match(password, sort);
  }
});

it('a password meets a policy of its own', () => {
  const policy = { length: 8, rules: [{ charset: 'äöü', minChars: 3 }, { charset: '01' }] };
  const password = Array.from(generatePassword(policy));
  assert.equal(password.length, 8);
  assert.ok(password.filter((each) => 'äöü'.includes(each)).length >= 3);
});

it('a policy that nothing can meet is refused', () => {
  const wrong = { code: 'INVALID_OPTION' };
  assert.throws(() => generatePassword({ length: 4, rules: [{ charset: 'a', minChars: 5 }] }), wrong);
  assert.throws(() => generatePassword({ length: 4, rules: [] }), wrong);
  assert.throws(
    () =>
      generatePassword({ length: 30, rules: [{ charset: 'a', minChars: 30 }, { charset: 'bcdefghijkl' }] }),
    wrong,
  );
});
