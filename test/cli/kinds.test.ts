/** Kinds of one's own on the command line, without an engine. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bulkhead, type Ended } from './bulkhead.ts';

const limits = { timeout: 120_000 };
const root = mkdtempSync(join(tmpdir(), 'bulkhead-kinds-'));
after(() => {
  rmSync(root, { recursive: true });
});

function world(name: string): (...args: string[]) => Ended {
  const directory = join(root, name);
  return (...args) => bulkhead(args, { BULKHEAD_DIRECTORY: directory });
}

const register = [
  'plugin',
  'kind',
  'register',
  'greeter',
  '-cookie=GREETER_PLUGIN=hello=there',
  '-protocol=1',
  '-sharing=always',
  '-probe=grpc-health',
];

describe("a kind of one's own", limits, () => {
  it('is registered, listed, shown, and removed when no plugin is of it', () => {
    const run = world('whole');
    assert.deepEqual(run(...register), {
      status: 0,
      stdout: 'Success! Registered kind: greeter\n',
      stderr: '',
    });
    const [first] = JSON.parse(run('plugin', 'kind', 'list', '-format=json').stdout) as Record<
      string,
      unknown
    >[];
    assert.deepEqual(first, {
      name: 'greeter',
      builtin: false,
      cookie: 'GREETER_PLUGIN=hello=there',
      protocol_versions: [1],
      sharing: 'always',
      probe: 'grpc-health',
      env: {},
      what: 'registered here',
      source: '',
      refused: '',
    });
    assert.equal(
      run('plugin', 'kind', 'info', '-field=cookie', 'greeter').stdout,
      'GREETER_PLUGIN=hello=there\n',
    );
    const registered = run('plugin', 'register', '-skip_probe', '-oci_image=localhost/g:1', 'greeter', 'one');
    assert.deepEqual(
      [registered.status, registered.stdout],
      [0, 'Success! Registered plugin: one\n'],
      registered.stderr,
    );
    const inUse = run('plugin', 'kind', 'deregister', 'greeter');
    assert.deepEqual([inUse.status, inUse.stdout], [1, '']);
    assert.match(inUse.stderr, /CATALOG_IN_USE: the kind greeter is in use by greeter one/);
    assert.equal(run('plugin', 'deregister', 'greeter', 'one').status, 0);
    assert.equal(
      run('plugin', 'kind', 'deregister', 'greeter').stdout,
      'Success! Deregistered kind: greeter\n',
    );
    assert.match(run('plugin', 'kind', 'info', 'greeter').stderr, /CATALOG_NOT_FOUND/);
    assert.equal(run('plugin', 'register', '-skip_probe', '-oci_image=x', 'greeter', 'one').status, 2);
  });

  it('is listed beside a torn file, which is named', () => {
    const run = world('torn');
    run(...register);
    writeFileSync(join(root, 'torn/catalog/kinds/bad.json'), '{');
    const { status, stdout, stderr } = run('plugin', 'kind', 'list');
    assert.equal(status, 0);
    assert.match(stderr, /^Warning: .*bad\.json is torn, or not JSON$/m);
    assert.match(stdout, /^greeter +false +1 +always +grpc-health +registered here$/m);
    assert.match(stdout, /^terraform-provider +true +5, 6 +never +grpc-health +providers of Terraform/m);
    assert.match(stdout, /^packer .* not run: its plugins speak Go's net\/rpc/m);
    const broken = run('plugin', 'register', '-skip_probe', '-oci_image=x', 'bad', 'one');
    assert.match(broken.stderr, /CATALOG_DAMAGED: .*bad\.json is torn/);
  });

  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['plugin', 'kind', 'register', 'greeter'], 2, /-cookie is required/],
    [['plugin', 'kind', 'register', 'greeter', '-cookie=HELLO'], 2, /-cookie takes NAME=VALUE/],
    [['plugin', 'kind', 'register', 'Greeter', '-cookie=A=B'], 2, /name: must be a word in small letters/],
    [['plugin', 'kind', 'register', 'secret', '-cookie=A=B'], 2, /secret is a kind that is built in/],
    [['plugin', 'kind', 'register', 'velero', '-cookie=A=B'], 2, /velero is a kind that is built in/],
    [
      ['plugin', 'kind', 'register', 'g', '-cookie=A=B', '-sharing=no'],
      2,
      /-sharing is one of never, always, ask/,
    ],
    [
      ['plugin', 'kind', 'register', 'g', '-cookie=A=B', '-protocol=one'],
      2,
      /-protocol takes a whole number/,
    ],
    [['plugin', 'kind', 'deregister', 'grafana-backend'], 2, /is a kind that is built in, and stays/],
    [['plugin', 'kind', 'deregister', 'nobody'], 1, /CATALOG_NOT_FOUND/],
    [['plugin', 'kind', 'regster'], 2, /did you mean register\?/],
    [
      ['plugin', 'register', '-skip_probe', '-oci_image=x', 'packer', 'one'],
      2,
      /plugins of type packer can't be run: .*net\/rpc/,
    ],
    [
      ['plugin', 'register', '-skip_probe', '-oci_image=x', 'velro', 'one'],
      2,
      /knows no plugins of type "velro"; did you mean velero\?/,
    ],
    [['run', 'localhost/x:1', '-type=packer'], 2, /can't be run: .*net\/rpc/],
    [['run', 'localhost/x:1', '-type=greetr'], 2, /knows no plugins of type "greetr"/],
    [['check', 'localhost/x:1', '-type=greetr'], 2, /knows no plugins of type "greetr"/],
    [['matrix', 'localhost/x:1', '-type=greetr'], 2, /knows no plugins of type "greetr"/],
    [['call', 'localhost/x:1', 'KV/Get', '-type=greetr'], 2, /knows no plugins of type "greetr"/],
  ];
  for (const [args, status, said] of wrong) {
    it(`is refused with a reason: ${args.join(' ')}`, () => {
      const result = world('none')(...args);
      assert.match(result.stderr, said);
      assert.deepEqual([result.status, result.stdout], [status, '']);
    });
  }

  it('is offered by the shell with those that are built in', () => {
    const run = world('names');
    run(...register);
    const names = run('plugin', 'kind', 'list', '-names').stdout.trim().split('\n');
    assert.deepEqual(names.slice(0, 4), ['greeter', 'secret', 'auth', 'database']);
    assert.ok(names.includes('terraform-provider') && !names.includes('packer'));
    const script = run('completion', 'bash').stdout;
    assert.match(script, /'plugin register 0'\) choices='secret auth database [^']*velero[^']* unknown'"/);
    assert.match(
      script,
      /'run type'\) choices='secret auth [^']*'" \$\(bulkhead plugin kind list -names 2>\/dev\/null\)"/,
    );
  });

  it('keeps what earlier versions wrote', () => {
    const run = world('kept');
    run(...register);
    const file = join(root, 'kept/catalog/kinds/greeter.json');
    assert.equal((JSON.parse(readFileSync(file, 'utf8')) as { bulkhead: number }).bulkhead, 1);
  });
});
