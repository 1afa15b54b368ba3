/** `-field` on every command that prints a thing or a table, and what is said of a field that there is not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isGroup, type Command, type CommandNode } from '../../src/cli/command.ts';
import { commandTable } from '../../src/cli/command-table.ts';
import { printData } from '../../src/cli/output/document.ts';
import { terminalOn } from '../../src/cli/output/terminal.ts';
import { runInProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-fields-'));
after(() => {
  rmSync(folder, { recursive: true });
});
const facts = 'test/compatibility/facts/docker-29-rootful.json';
const run = (...words: string[]) => runInProcess(words, { BULKHEAD_DIRECTORY: folder });

function commands(nodes: readonly CommandNode[]): Command[] {
  return nodes.flatMap((node) => (isGroup(node) ? commands(node.commands) : [node]));
}

it('is a flag of every command that has -format', () => {
  for (const { name, flags } of commands(commandTable)) {
    assert.equal(Object.hasOwn(flags, 'field'), Object.hasOwn(flags, 'format'), name);
  }
});

describe('a field', () => {
  it('is printed alone, as text or as data', async () => {
    const { stdout } = await run('version', '-field=bulkhead');
    assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/);
    assert.equal((await run('version', '-field=bulkhead', '-format=json')).stdout, `"${stdout.trim()}"\n`);
    const summary = await run('matrix', `-facts=${facts}`, '-field=summary', '-format=json');
    assert.equal(typeof (JSON.parse(summary.stdout) as { works: number }).works, 'number');
  });

  it('of a table is that of each row', async () => {
    for (const name of ['a', 'b']) {
      assert.equal((await run('plugin', 'runtime', 'register', '-oci_runtime=runc', name)).status, 0);
      const words = ['-oci_image=localhost/x:1', '-skip_probe', '-version=1.0.0', 'secret', name];
      assert.equal((await run('plugin', 'register', ...words)).status, 0);
    }
    assert.equal((await run('plugin', 'runtime', 'list', '-field=name')).stdout, 'a\nb\n');
    assert.equal((await run('plugin', 'list', '-field=version')).stdout, 'v1.0.0\nv1.0.0\n');
    assert.equal((await run('plugin', 'list', '-field=name', 'secret')).stdout, 'a\nb\n');
    const listed = await run('plugin', 'list', '-field=oci_image', '-format=json');
    assert.deepEqual(JSON.parse(listed.stdout), ['localhost/x:1', 'localhost/x:1']);
    await run('plugin', 'pin', 'secret', 'a', '1.0.0');
    assert.equal((await run('plugin', 'pin', '-field=version')).stdout, 'v1.0.0\n');
  });

  it('that there is not is refused with those that there are, before anything is done', async () => {
    const engine = '-engine=/nonexistent';
    for (const [words, there] of [
      [['version'], /there are bulkhead, node/],
      [['plugin', 'list'], /there are type, name, version, oci_image/],
      [['plugin', 'list', 'auth'], /there are type, name, version/],
      [['plugin', 'runtime', 'list'], /there are type, name, oci_runtime/],
      [['plugin', 'runtime', 'info', 'a'], /there are cgroup_parent/],
      [['plugin', 'info', 'secret', 'a'], /there are arg_count/],
      [['plugin', 'pin'], /there are type, name, version/],
      [['matrix', `-facts=${facts}`], /there are cells, summary/],
      [['doctor', engine], /there are ok, host, engines, summary, findings/],
      [['gc', engine], /there are containers, images, folders/],
      [['image', 'load', '/nonexistent', engine], /there are references/],
      [['image', 'build', '/nonexistent', '-name=x', engine], /there are image, id, architecture/],
      [['run', 'x:1', '-cookie=A=b', engine], /there are address, container/],
    ] as const) {
      const { status, stdout, stderr } = await run(...words, '-field=nosuch');
      assert.deepEqual([status, stdout], [2, ''], `${words.join(' ')}: ${stderr}`);
      assert.match(stderr, /^Error: there is no field "nosuch"; /, words.join(' '));
      assert.match(stderr, there, words.join(' '));
    }
  });

  it('that a row does not have is an empty line, and null as data', () => {
    let written = '';
    const stream = { write: (text: string) => (written += text) };
    const terminal = terminalOn(stream, stream, {});
    const rows = [{ name: 'a', pid: 1 }, { name: 'b' }];
    printData(terminal, 'table', rows, () => [], { field: 'pid' });
    printData(terminal, 'json', rows, () => [], { field: 'pid' });
    assert.equal(written, '1\n\n[\n  1,\n  null\n]\n');
    assert.throws(() => {
      printData(terminal, 'table', [], () => [], { field: 'nosuch', fields: ['name'] });
    }, /there are name/);
  });
});
