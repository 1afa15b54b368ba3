/** What becomes of the sockets on which a server listens. */
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { it } from 'node:test';
import type { ServerProblem } from '../../src/server/index.ts';
import { openEngineless } from './support/engineless.ts';

it('a server ends where its socket can not be removed, and tells why', async () => {
  const problems: ServerProblem[] = [];
  const onProblem = (problem: ServerProblem) => problems.push(problem);
  await using server = await openEngineless({ onProblem, listen: { port: 0 } });
  // A folder in the place of the socket can't be removed as a file is, not even by root.
  await rm(server.http.socketPath);
  await mkdir(server.http.socketPath);
  await server.http.close();
  assert.deepEqual(
    problems.map(({ what, error }) => [what, (error as NodeJS.ErrnoException).code]),
    [['the socket of the server could not be removed from its directory', 'ERR_FS_EISDIR']],
  );
  await assert.rejects(fetch(`${server.http.url}/v1/sys/health`), { name: 'TypeError' });
});
