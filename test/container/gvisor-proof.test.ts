/** That a container really is a gVisor sandbox is seen on the host, and can not be claimed by the plugin. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeProcess, proveGvisor } from '../../src/container/gvisor-proof.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { removeContainer, startStillContainer } from '../engines/still-container.ts';

const id = 'f'.repeat(64);
const sandbox = `runsc-sandbox\0--root=/run/runsc\0boot\0--stdio-fds=4\0${id}\0`;

describe('the process of a container', () => {
  it('is a sandbox when it is runsc, outside of every process namespace, with the id of the container', () => {
    assert.equal(judgeProcess(sandbox, 'Name:\texe\nNSpid:\t12\n', id), 'proved');
  });

  it('is none when it has a process namespace of its own, whatever it calls itself', () => {
    assert.equal(judgeProcess(sandbox, 'NSpid:\t12\t1\n', id), 'disproved');
  });

  it('proves nothing when it is gone, or another one', () => {
    assert.equal(judgeProcess('', '', id), 'not-seen');
    assert.equal(judgeProcess(`runsc-sandbox\0boot\0${'e'.repeat(64)}\0`, 'NSpid:\t12\n', id), 'not-seen');
  });
});

const engines = loadEngines();
if (engines.length === 0) it('is proved on every engine', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  for (const service of testEngine.services) {
    const expected = service.runtime === 'runsc' ? 'proved' : 'disproved';
    it(
      `is ${expected} on ${testEngine.suite} ${testEngine.name} ${service.runtime}`,
      { timeout: 60_000 },
      async () => {
        await using engine = await connectEngine({ socketPath: service.socket });
        const container = await startStillContainer(testEngine, service);
        try {
          assert.equal(await proveGvisor(engine, container.id), expected);
        } finally {
          await removeContainer(service.socket, container.id);
        }
      },
    );
  }
}
