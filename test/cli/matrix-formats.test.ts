import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { parseFilter, parseRequirements } from '../../src/cli/matrix/cells-of-words.ts';
import { formatMatrix, formatOfFile } from '../../src/cli/matrix/formats.ts';
import { findingsOf, gridOf, isGood } from '../../src/cli/matrix/report.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { hostile, hostileReport, reason, reportOf, row } from './made-matrix.ts';

describe('a matrix', () => {
  it('has one line for an engine and runtime, and only the columns that are used', () => {
    const { columns, lines } = gridOf(
      reportOf([row({ mlock: true }), row({ runtime: 'runsc', mlock: true })]).result,
    );
    assert.deepEqual(
      columns.map(({ title }) => title),
      ['root, mlock'],
    );
    assert.deepEqual(
      lines.map(({ runtime, cells }) => [runtime, cells.length]),
      [
        ['runc', 1],
        ['runsc', 1],
      ],
    );
  });

  it('keeps two Dockers of one version apart, and has the services of one Podman together', () => {
    const dockers = gridOf(reportOf([row(), row({ socketPath: '/other.sock' })]).result);
    assert.equal(dockers.lines.length, 2);
    const services = ['/runc.sock', '/crun.sock'].map((socketPath, at) =>
      row({ engine: 'podman', socketPath, mlock: at === 1 }),
    );
    assert.equal(gridOf(reportOf(services).result).lines.length, 1);
  });

  it('says a remedy once, with everything that was seen, and what hinders first', () => {
    const findings = findingsOf(
      reportOf([row({ reasons: [reason('a-note')] }), ...reportOf().result.cells]).result,
    );
    assert.deepEqual(
      findings.map(({ number, reason: { rule }, hinders, observed, cells }) => [
        number,
        rule,
        hinders,
        observed.length,
        cells.length,
      ]),
      [
        [1, 'mlock-limit', true, 2, 2],
        [2, 'engine-seen', true, 1, 1],
        [3, 'runtime-present', true, 1, 1],
        [4, 'a-note', false, 1, 1],
        [5, 'mlock-sandbox', false, 1, 1],
      ],
    );
  });

  it('is good only where reality is as predicted and what must work does', () => {
    assert.equal(isGood(reportOf([row()])), true);
    assert.equal(isGood(reportOf([row()], { unmet: [] })), true);
    assert.equal(isGood(reportOf([row()], { unmet: [{ mlock: true }] })), false);
    assert.equal(isGood(reportOf()), false);
    const untried = { verdict: 'refused', live: { ok: false, milliseconds: 1 } } as const;
    assert.equal(isGood(reportOf([row(untried)])), false);
    const report = reportOf([row()]);
    assert.equal(isGood({ ...report, result: { ...report.result, leftovers: ['a container'] } }), false);
  });
});

describe('a matrix as a table', () => {
  it('has the grid, each reason once, what failed, and the sum', async () => {
    const lines = (
      await formatMatrix(reportOf(undefined, { unmet: [{ engine: 'docker', mlock: true }] }), 'table')
    ).split('\n');
    assert.deepEqual(lines.slice(0, 5), [
      'Engine    Mode        Version    Runtime    root     root, mlock      non-root            non-root, mlock',
      '------    ----        -------    -------    ----     -----------      --------            ---------------',
      'docker    rootful     28.5.2     runc       works    refused [1]      works, but fails    unknown [2]',
      'docker    rootful     28.5.2     runsc               works [4]',
      'podman    rootless    5.8.0      runc                refused [1 3]',
    ]);
    const text = lines.join('\n');
    assert.equal(text.split('Do what helps against mlock-limit.').length, 2);
    assert.match(
      text,
      /docker 28\.5\.2 rootful runc non-root no mlock was launched and failed: PLUGIN_EXITED: it ended\n +mlockall/,
    );
    assert.match(text, /^6 cells: 3 should work, 2 refused, 1 unknown; 3 launched, 1 not as predicted\.$/m);
    assert.match(text, /^Required, and does not work: docker mlock$/m);
  });

  it('can not steer the terminal', async () => {
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    assert.doesNotMatch(await formatMatrix(hostileReport(), 'table'), /[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('a matrix for programs', () => {
  it('has the fields that are promised', async () => {
    const json = JSON.parse(await formatMatrix(reportOf(), 'json')) as {
      cells: Record<string, unknown>[];
      summary: Record<string, unknown>;
    };
    assert.deepEqual(Object.keys(json), ['cells', 'summary']);
    const promised = ['engine', 'mode', 'runtime', 'user', 'mlock', 'verdict', 'reasons', 'live', 'agrees'];
    for (const name of promised) assert.ok(Object.hasOwn(json.cells[0] ?? {}, name), name);
    assert.deepEqual(json.summary, { cells: 6, works: 3, refused: 2, unknown: 1, launched: 3, disagree: 1 });
    assert.deepEqual(parse(await formatMatrix(reportOf(), 'yaml')), json);
  });

  it('tells what is required and not met', async () => {
    const { unmet } = JSON.parse(
      await formatMatrix(reportOf(undefined, { unmet: [{ mlock: true }] }), 'json'),
    ) as {
      unmet: unknown;
    };
    assert.deepEqual(unmet, [{ mlock: true }]);
  });

  it('knows its format by the ending of a file', () => {
    const names = ['a.html', 'b/report.XML', 'c.md', 'd.json', 'e.yml', 'f.txt', 'g', 'h.toString'];
    assert.deepEqual(names.map(formatOfFile), [
      'html',
      'junit',
      'markdown',
      'json',
      'yaml',
      'table',
      undefined,
      undefined,
    ]);
  });
});

describe('a matrix as Markdown', () => {
  it('has a table whose lines have one number of cells, whatever the texts are', async () => {
    for (const report of [reportOf(), hostileReport()]) {
      const text = await formatMatrix(report, 'markdown');
      const table = text.split('\n').filter((line) => line.startsWith('|'));
      assert.ok(table.length > 2);
      const cells = table.map((line) => line.replaceAll('\\|', '').split('|').length);
      assert.equal(new Set(cells).size, 1, text);
      assert.doesNotMatch(text, /<script|<img|[^\\]\[a\]/);
    }
  });
});

describe('a matrix as JUnit', () => {
  it('fails where reality differs and where a cell must work, and skips what is refused', async () => {
    const unmet = [{ engine: 'podman', mlock: true }, { runtime: 'kata' }] as const;
    const xml = await formatMatrix(reportOf(undefined, { unmet }), 'junit');
    assert.match(
      xml,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="bulkhead matrix" tests="7" failures="3" errors="0" skipped="2"/,
    );
    assert.match(
      xml,
      /<testcase classname="docker rootful 28\.5\.2" name="runc, root, mlock off" time="0\.812"\/>/,
    );
    assert.match(
      xml,
      /name="runc, root, mlock on" time="0\.300">\n +<skipped message="refused: mlock-limit: what was seen/,
    );
    assert.match(
      xml,
      /name="runc, non-root, mlock off"[^>]*>\n +<failure type="disagreement" message="predicted: works; launched: PLUGIN_EXITED: it ended&#10;mlockall/,
    );
    assert.match(xml, /<testsuite name="podman rootless 5\.8\.0" tests="1" failures="1"/);
    assert.match(xml, /<failure type="required" message="must work: mlock-limit: /);
    assert.match(
      xml,
      /<testsuite name="required cells"[^>]*>\n +<testcase classname="required cells" name="kata"/,
    );
  });

  it('is XML, whatever the texts are', async (t) => {
    if (spawnSync('python3', ['--version']).error !== undefined) {
      t.skip('python3 is not installed: nothing here reads XML');
      return;
    }
    const program = `import sys, json, xml.etree.ElementTree as E
root = E.fromstring(sys.stdin.buffer.read())
print(json.dumps([f.get('message') for f in root.iter('failure')]))`;
    const input = await formatMatrix(hostileReport(), 'junit');
    const { status, stdout, stderr } = spawnSync('python3', ['-c', program], { input, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const [, message = ''] = JSON.parse(stdout) as string[];
    assert.ok(message.includes(`<script>document.title='broken'</script>"'\``), message);
  });
});

describe('cells in words', () => {
  it('are a filter', () => {
    assert.deepEqual(parseFilter([]), {});
    assert.deepEqual(
      parseFilter(['runtime=runsc,kata', 'mlock=on,false', ' user=non-root  engine=docker ']),
      {
        runtime: ['runsc', 'kata'],
        mlock: [true, false],
        user: ['non-root'],
        engine: ['docker'],
      },
    );
  });

  it('are requirements: lines, or JSON', () => {
    const wanted = [
      { engine: 'docker', mlock: true },
      { engine: 'podman', mlock: true },
      { runtime: 'runsc', user: 'non-root' },
    ];
    assert.deepEqual(
      parseRequirements(
        '# what we need\nengine=docker,podman mlock=on # all of it\n\nruntime=runsc user=non-root\n',
        'cells',
      ),
      wanted,
    );
    const json = [
      { engine: ['docker', 'podman'], mlock: true },
      { runtime: 'runsc', user: 'non-root' },
    ];
    assert.deepEqual(parseRequirements(` ${JSON.stringify(json)}`, 'cells'), wanted);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['engine=containerd', /cells:1: engine is one of docker, podman, not "containerd"/],
    ['\nuser=nobody', /cells:2: user is one of root, non-root/],
    ['mlock=maybe', /mlock is one of on, off, not "maybe"/],
    ['runtime=', /runtime is the name of a runtime, not ""/],
    ['docker', /"docker" is not NAME=VALUE with a name of engine, mode, runtime, user, mlock/],
    ['constructor=x', /is not NAME=VALUE/],
    ['mode=rootful mode=rootless', /mode is given twice; write mode=A,B/],
    ['', /names no cell/],
    ['# nothing', /names no cell/],
    ['[{"engine": "docker"', /cells is not JSON/],
    ['["docker"]', /entry 0 is not a cell/],
    ['[null]', /entry 0 is not a cell/],
    ['[{"mlock": 1}]', /entry 0: mlock is one of on, off, not "1"/],
    ['[]', /names no cell/],
  ];
  for (const [text, said] of wrong) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseRequirements(text, 'cells'),
        (error) => error instanceof UsageError && said.test(error.message),
      );
    });
  }

  it('are refused when somebody tries to break out', () => {
    assert.throws(() => parseFilter([hostile]), UsageError);
  });
});
