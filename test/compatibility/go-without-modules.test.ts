/** Programs that Go built without a list of modules: that go-plugin is not in it was not seen. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { goFacts } from '../../src/compatibility/image/go-facts.ts';
import { ProgramScan } from '../../src/compatibility/image/program-scan.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { runTool } from '../plugins/run-tool.ts';

const builds: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  readonly string[],
  boolean | undefined,
])[] = [
  ['without modules (GO111MODULE=off)', { GO111MODULE: 'off' }, [], false],
  [
    'without modules and symbols',
    { GO111MODULE: 'off' },
    ['-ldflags=-s -w', '-trimpath', '-buildvcs=false'],
    false,
  ],
  ['with modules', { GO111MODULE: 'on' }, ['-buildvcs=false'], undefined],
];

describe('a program in Go', { skip: goOnThePath() === undefined && noGo }, () => {
  for (const [how, environment, flags, listsModules] of builds) {
    it(`that is built ${how} says ${listsModules === false ? 'nothing of' : 'what are'} its modules`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'bulkhead-go-'));
      try {
        await writeFile(join(folder, 'main.go'), 'package main\n\nfunc main() {}\n');
        await writeFile(join(folder, 'go.mod'), 'module example.com/server\n');
        const program = join(folder, 'program');
        await runTool('go', ['build', ...flags, '-o', program, '.'], {
          cwd: folder,
          env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', ...environment },
        });
        const scan = new ProgramScan();
        scan.push(await readFile(program));
        const { go } = scan.end();
        assert.ok(go);
        const facts = goFacts(go);
        assert.equal(facts.listsModules, listsModules);
        assert.equal(facts.goPlugin, undefined);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});
