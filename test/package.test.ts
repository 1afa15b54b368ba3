/** What is published works without this checkout's tools: plain JavaScript, every entry point, the command line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, before, describe, it } from 'node:test';

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
    const importing = files.filter((path) => {
      const code = readFileSync(join('dist', path), 'utf8').replace(/^ *\/\*\*.*\*\/$/gm, ''); // types are named in comments
      return /(?:from|import)\s*\(?\s*['"][^'"]+\.ts['"]/.test(code);
    });
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

  for (const { name } of entries) {
    it(`refuses to be imported as ${name} by an older Node.js, with a sentence`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'bulkhead-older-'));
      const preload = join(folder, 'older.cjs');
      const older = "{ ...process.versions, node: '20.18.3' }";
      writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${older} });`);
      const script = `await import(${JSON.stringify(name)})`;
      const args = [`--require=${preload}`, '--input-type=module', '-e', script];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
      rmSync(folder, { recursive: true });
      assert.equal(status, 1, stderr);
      assert.match(stderr, /bulkhead needs Node\.js 20\.19 or later, and this is 20\.18\.3 \(/);
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

describe('the tarball of the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-package-'));
  let tarball = '';
  let packed: string[] = [];

  before(() => {
    // Scripts would build anew, beside other tests that run what is built.
    const { status, stdout, stderr } = run('npm', [
      'pack',
      '--ignore-scripts',
      '--json',
      '--pack-destination',
      folder,
    ]);
    assert.equal(status, 0, stderr);
    const [made] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
    assert.ok(made !== undefined);
    tarball = join(folder, made.filename);
    packed = made.files.map(({ path }) => path);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('holds the program and its documentation, and nothing of the workshop', () => {
    const expected =
      /^(man\/bulkhead\.1|examples\/[\w./-]+\.(ts|json|md|proto|yml|txt)|dist\/.*\.(js|d\.ts)|src\/.*README\.md|test\/(goplugin\/CHECKLIST|bench\/(REPORT|LIMITS|LIMITS-LAUNCH)|guests\/REPORT|faults\/(README|REPORT))\.md|package\.json|README\.md|ARCHITECTURE\.md|SECURITY\.md|ERRORS\.md|CHANGELOG\.md|LICENSE)$/;
    assert.deepEqual(
      packed.filter((path) => !expected.test(path)),
      [],
    );
  });

  it('has every page that the README links to', () => {
    const links = [...readFileSync('README.md', 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)];
    const missing = links
      .map(([, path = '']) => posix.normalize(path))
      .filter((path) => !packed.includes(path));
    assert.deepEqual(missing, []);
  });

  it('is packed as publint wants it', () => {
    const { status, stdout } = run('npx', ['publint', '--strict', tarball]);
    assert.equal(status, 0, stdout);
  });

  it('has types that resolve', () => {
    const { status, stdout } = run('npx', ['attw', '--profile', 'esm-only', '--no-color', tarball]);
    assert.equal(status, 0, stdout);
  });
});

it('the documentation of the public API is made without a warning', () => {
  // Types are checked by the linters.
  const { status, stdout, stderr } = run('npx', ['typedoc', '--emit', 'none', '--skipErrorChecking']);
  assert.equal(status, 0, stdout + stderr);
});

describe('the workflows of GitHub Actions', () => {
  for (const name of readdirSync('.github/workflows')) {
    it(`are valid: ${name}`, () => {
      const { status, stderr, stdout } = run('npx', ['action-validator', join('.github/workflows', name)]);
      assert.equal(status, 0, stdout + stderr);
    });
  }
});

function run(command: string, args: readonly string[]) {
  return spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 });
}
