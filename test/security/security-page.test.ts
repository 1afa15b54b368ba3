/** SECURITY.md names the tests that play each attack. A name that no test has would be an empty promise. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const page = readFileSync('SECURITY.md', 'utf8');
/** `[title of a test](test/file.test.ts)` */
const named = [...page.matchAll(/\[([^\]]+)\]\((test\/[^)#]+\.test\.ts)\)/g)].map(
  ([, title = '', file = '']) => ({
    title,
    file,
  }),
);

describe('SECURITY.md', () => {
  it('names tests', () => {
    assert.ok(named.length > 20, `only ${named.length} tests are named`);
  });

  for (const { title, file } of named) {
    it(`names a test that is there: ${title}`, () => {
      assert.ok(existsSync(file), `${file} does not exist`);
      // Titles are literals, or templates in which a name stands for each engine or attack.
      const titles = [
        ...readFileSync(file, 'utf8').matchAll(/(?:it|itInTurn|test|describe)\(\s*(['"`])([\s\S]*?)\1/g),
      ].map(([, , text = '']) => text);
      assert.ok(
        titles.some((text) => text.includes(title)),
        `${file} has no test called ${JSON.stringify(title)}; it has ${JSON.stringify(titles)}`,
      );
    });
  }

  it('names every file of attacks', () => {
    const files = readdirSync('test/security').filter((name) => name.endsWith('.test.ts'));
    const missing = files.filter(
      (name) =>
        name !== 'security-page.test.ts' && !named.some(({ file }) => file === `test/security/${name}`),
    );
    assert.deepEqual(missing, []);
  });

  it('lists the packages that come with Bulkhead, all of them', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { version: string; dev?: boolean }>;
    };
    const installed = Object.entries(lock.packages)
      .filter(([path, { dev }]) => path !== '' && dev !== true)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    const list = /## Packages\n([\s\S]*?)(?=\n## |$)/.exec(page)?.[1] ?? '';
    const listed = [...list.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    assert.deepEqual(
      installed.filter((name) => !listed.includes(name)),
      [],
      'not listed',
    );
    assert.deepEqual(
      listed
        .filter((name) => name.includes('/') || /^[a-z]/.test(name))
        .filter((name) => !installed.includes(name) && !name.includes(' ')),
      [],
      'listed and not installed',
    );
  });
});
