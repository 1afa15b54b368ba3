/** What is published works without this checkout's tools: plain JavaScript, every entry point, the command line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string; readonly types: string }>>;
  readonly bin: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const entries = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ name: name.replace('.', 'bulkhead'), target }],
);

describe('the published package', () => {
  before(() => {
    // Not built anew: other tests may be running on it. `npm run check` builds.
    if (existsSync('dist/index.js')) return;
    const { status, stdout } = spawnSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });

  it('imports no TypeScript', () => {
    const files = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.js'),
    );
    assert.ok(files.length > 50);
    const importing = files.filter((path) =>
      /(?:from|import)\s*\(?\s*['"][^'"]+\.ts['"]/.test(readFileSync(join('dist', path), 'utf8')),
    );
    assert.deepEqual(importing, []);
  });

  for (const { name, target } of entries) {
    it(`has ${name}, with types`, () => {
      assert.ok(readFileSync(target.types, 'utf8').length > 0);
      const script = `await import(${JSON.stringify(name)})`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 0, stderr);
    });
  }

  it('loads neither gRPC nor a tar writer with its main entry point', () => {
    const script = `await import('bulkhead');
      const { createRequire } = await import('node:module');
      console.log(Object.keys(createRequire(process.cwd() + '/x.js').cache).filter((path) => /@grpc|tar-stream|protobufjs/.test(path)).length);`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 0, stderr);
    assert.equal(stdout.trim(), '0');
  });

  it('has a command line that runs as it is installed', () => {
    const bin = manifest.bin['bulkhead'];
    assert.ok(bin !== undefined);
    const args = ['run', 'localhost/kv:1', '--cookie', 'A=b', '--socket', '/nonexistent.sock'];
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 3);
    assert.match(stderr, /ENGINE_SOCKET_ABSENT/);
  });
});
