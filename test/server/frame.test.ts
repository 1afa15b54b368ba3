/** What every request meets before a handler does: paths, methods, tokens, origins, limits. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { it } from 'node:test';
import type { Answer } from '../../src/server/http/answer.ts';
import type { Route } from '../../src/server/routes/route.ts';
import { apiClient } from './support/api-client.ts';
import { openEngineless } from './support/engineless.ts';

it('answers no path but sys/health without a token', async () => {
  await using server = await openEngineless();
  const { status, headers, body } = await server.api('GET', '/v1/sys/health', { token: '' });
  assert.equal(status, 200);
  assert.equal((body as { sealed: boolean }).sealed, false);
  assert.match(String(headers['x-vault-request-id']), /^[0-9a-f-]{36}$/);
  for (const path of ['/v1/sys/seal-status', '/v1/nothing', '/', '/v1/auth/token/lookup-self', '/ui']) {
    for (const token of ['', 'wrong', 'bulkhead.0000000000000000.' + 'a'.repeat(43)]) {
      const refused = await server.api('GET', path, { token });
      assert.deepEqual([refused.status, (refused.body as { errors: unknown }).errors], [403, ['permission denied']]);
    }
  }
  const self = await server.api('GET', '/v1/auth/token/lookup-self');
  assert.equal(self.status, 200, self.text);
  assert.deepEqual((self.body as { data: { policies: unknown } }).data.policies, ['everything']);
});

it('takes LIST, which the parser of Node.js does not know, also on a connection that is used again', async () => {
  const routes: Route[] = [
    { method: 'LIST', pattern: '/v1/names', needs: 'token', handle: () => json({ is: 'list' }) },
    { method: 'POST', pattern: '/v1/names', needs: 'token', handle: ({ body }) => json(body) },
  ];
  await using server = await openEngineless({ listen: { port: 0 } }, routes);
  const api = apiClient(server.http.url ?? '', server.http.adminToken);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const said = { said: 'LIST / HTTP/1.1' };
  for (const method of ['LIST', 'POST', 'LIST', 'LIST']) {
    const got = await api(method, '/v1/names', { agent, ...(method === 'POST' && { body: said }) });
    assert.deepEqual([got.status, got.body], [200, method === 'POST' ? said : { is: 'list' }]);
  }
  agent.destroy();
});

function json(body: object): Answer {
  return { kind: 'json', body: { ...body } };
}
