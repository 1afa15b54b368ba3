/** The watchdog is a process of its own, which gets nothing of the host's but what it needs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { loadEngines, noEngines } from '../../engines/engines.ts';

const [socket] = loadEngines().flatMap(({ services }) => services.map((service) => service.socket));

/** Opens a host with a watchdog, says what the process beside it was started with, and closes the host. */
const program = (socketPath: string) => `
  const { readFileSync } = await import('node:fs');
  const { PluginHost } = await import('./src/index.ts');
  console.log('the program of the caller runs');
  const host = await PluginHost.open({ socketPath: ${JSON.stringify(socketPath)}, watchdog: true });
  const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ');
  for (const child of children) {
    const words = (name) => readFileSync('/proc/' + child + '/' + name, 'utf8').split('\\0');
    const command = words('cmdline');
    if (command.some((word) => word.includes('watchdog-process')))
      console.log(JSON.stringify({ command, environment: words('environ') }));
  }
  await host.close();`;

describe('the watchdog of a host', { skip: socket === undefined && noEngines }, () => {
  for (const how of ['--eval', '--print']) {
    it(
      `does not run the program of node ${how} again, and has no secret of the host`,
      { timeout: 60_000 },
      () => {
        const script =
          how === '--print' ? `(async () => {${program(socket ?? '')}})()` : program(socket ?? '');
        const type = how === '--print' ? [] : ['--input-type=module'];
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          ['--no-warnings', '--stack-trace-limit=5', '--import', 'tsx', ...type, how, script],
          {
            encoding: 'utf8',
            env: { ...process.env, NODE_OPTIONS: '--trace-uncaught', API_TOKEN: 'hunter2' },
          },
        );
        assert.equal(status, 0, stderr);
        const line = stdout.split('\n').find((text) => text.startsWith('{'));
        assert.ok(line !== undefined, stdout);
        const { command, environment } = JSON.parse(line) as { command: string[]; environment: string[] };
        for (const argument of [how, '--stack-trace-limit=5', '--no-warnings'])
          assert.ok(!command.includes(argument), command.join(' '));
        assert.ok(!command.join(' ').includes('the program of the caller'));
        assert.deepEqual(
          environment.filter((entry) => /^(API_TOKEN|NODE_OPTIONS)=/.test(entry)),
          [],
        );
        assert.equal(stdout.split('the program of the caller runs').length, 2);
      },
    );
  }
});
