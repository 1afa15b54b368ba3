/** A folder in which this package is installed as npm would install it, without a registry. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { builtPackage } from './built-package.ts';
import { checkout } from './cache.ts';

const run = promisify(execFile);

export interface Project extends AsyncDisposable {
  readonly path: string;
}

/** The package is what would be published, built from the sources as they are; what it depends on is this checkout's. */
export async function installedBulkhead(): Promise<Project> {
  const path = await mkdtemp(join(tmpdir(), 'bulkhead-project-'));
  const modules = join(path, 'node_modules');
  const target = join(modules, 'bulkhead');
  await mkdir(target, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', path], {
    cwd: await builtPackage(),
  });
  const tarball = join(path, stdout.trim());
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  await rm(tarball);
  const { bin } = JSON.parse(await readFile(join(target, 'package.json'), 'utf8')) as {
    bin: { bulkhead: string };
  };
  await chmod(join(target, bin.bulkhead), 0o755);
  await mkdir(join(modules, '.bin'));
  await symlink(join('..', 'bulkhead', bin.bulkhead), join(modules, '.bin', 'bulkhead'));
  await linkPackages(join(checkout, 'node_modules'), modules);
  const manifest = { name: 'project', version: '1.0.0', type: 'module', dependencies: { bulkhead: '*' } };
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function linkPackages(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (name.startsWith('.') || name === 'bulkhead') continue;
    if (name.startsWith('@')) await linkPackages(join(from, name), join(to, name));
    else {
      await mkdir(dirname(join(to, name)), { recursive: true });
      await symlink(join(from, name), join(to, name));
    }
  }
}
