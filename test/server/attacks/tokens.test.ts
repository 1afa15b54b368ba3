/** Every declared path, asked by callers who may not: without a token, or with one that is wrong, ended or too narrow. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Need, Route } from '../../../src/server/routes/route.ts';
import { routes } from '../../../src/server/routes/table.ts';
import type { TokenScope } from '../../../src/server/tokens/caller.ts';
import { apiClient, type Given } from '../support/api-client.ts';
import { openEngineless } from '../support/engineless.ts';

/** A path for a pattern, below the mount `team/`, where its first part is open. */
function pathOf({ pattern }: Route): string {
  return pattern
    .replace(/^\/v1\/[:*]\w+/, '/v1/team/secret')
    .replace(/\*\w+/, 'some/where')
    .replace(/:\w+/g, 'some');
}

/** What a token of a scope may ask of a path. */
const enough: Readonly<Record<'nobody' | 'catalog' | 'observe' | 'team' | 'everything', readonly Need[]>> = {
  nobody: ['nothing'],
  catalog: ['nothing', 'token', 'catalog'],
  observe: ['nothing', 'token', 'catalog', 'observe'],
  team: ['nothing', 'token', 'mount'],
  everything: ['nothing', 'token', 'catalog', 'observe', 'mount', 'everything'],
};

/** The API, whose handlers only tell that they were reached. */
async function openTold() {
  const reached: string[] = [];
  const told = routes.map((route): Route => {
    const handle = () => {
      reached.push(`${route.method} ${route.pattern}`);
      return { kind: 'json', body: {} } as const;
    };
    return { ...route, handle };
  });
  const server = await openEngineless({}, told);
  const make = (scope: TokenScope, ttlMs?: number) =>
    server.tokens.create({ name: scope, scope, ...(ttlMs !== undefined && { ttlMs }) });
  return { ...server, reached, make };
}

type Told = Awaited<ReturnType<typeof openTold>>;

/** Asks every path, and expects to reach those that need no more than `needs`. */
async function askAll(server: Told, needs: readonly Need[], given: Given): Promise<void> {
  const ask = apiClient(server.http.socketPath);
  for (const route of routes) {
    server.reached.length = 0;
    const { method, pattern } = route;
    const { status, text, body } = await ask(method, pathOf(route), given);
    const what = `${method} ${pathOf(route)}: ${status} ${text}`;
    if (needs.includes(route.needs)) {
      assert.deepEqual(server.reached, [`${method} ${pattern}`], what);
      continue;
    }
    assert.deepEqual([status, server.reached], [403, []], what);
    const { errors, may_repeat: mayRepeat } = body as { errors: string[]; may_repeat: boolean };
    assert.deepEqual(errors, ['permission denied'], what);
    assert.equal(typeof mayRepeat, 'boolean');
  }
}

describe('every path', { timeout: 120_000 }, () => {
  it('is declared with a need, and only the health of the server and the files of the page need nothing', () => {
    const open = routes.filter(({ needs }) => needs === 'nothing');
    assert.deepEqual(
      new Set(open.map(({ method, pattern }) => `${method} ${pattern}`)),
      new Set(['GET /v1/sys/health', 'GET /ui', 'GET /ui/:file']),
    );
  });

  it('below sys/bulkhead only reads for a token that observes', () => {
    const operational = routes.filter(({ pattern }) => pattern.startsWith('/v1/sys/bulkhead/'));
    const isReading = ({ method }: Route) => method === 'GET' || method === 'LIST';
    assert.ok(operational.length > 0);
    for (const route of operational)
      assert.equal(route.needs, isReading(route) ? 'observe' : 'everything', route.pattern);
    assert.ok(routes.filter(({ needs }) => needs === 'observe' || needs === 'catalog').every(isReading));
  });

  it('is closed without a token, and with one that is wrong, ended or revoked', async () => {
    await using server = await openTold();
    const good = await server.make('everything');
    const ended = await server.make('everything', 0);
    const revoked = await server.make('everything');
    await server.tokens.revoke(revoked.info.id);
    const [, id = '', secret = ''] = good.token.split('.');
    const other = (await server.make('everything')).token.split('.')[2] ?? '';
    const wrong: Readonly<Record<string, Given>> = {
      none: {},
      empty: { headers: { 'X-Vault-Token': '' } },
      'one of another kind': { token: 'hvs.CAESIJ' },
      'the name of one alone': { token: id },
      'its secret alone': { token: secret },
      'a secret of another': { token: `bulkhead.${id}.${other}` },
      'a secret that is one character short': { token: good.token.slice(0, -1) },
      'a secret that is one character longer': { token: `${good.token}A` },
      'in capital letters': { token: good.token.toUpperCase() },
      'an unknown name': { token: `bulkhead.${'0'.repeat(16)}.${secret}` },
      'a path in the place of a name': { token: `bulkhead.../../../x.${secret}` },
      'two at once': { token: `${good.token}, ${good.token}` },
      ended: { token: ended.token },
      revoked: { token: revoked.token },
      'in a cookie': { headers: { Cookie: `token=${good.token}; X-Vault-Token=${good.token}` } },
      'as a password': {
        headers: { Authorization: `Basic ${Buffer.from(`:${good.token}`).toString('base64')}` },
      },
      'in a header of another name': {
        headers: { 'X-Bulkhead-Token': good.token, 'X-Vault_Token': good.token },
      },
    };
    for (const given of Object.values(wrong)) await askAll(server, enough.nobody, given);
  });

  it('never takes a token from its query', async () => {
    await using server = await openTold();
    const { token } = await server.make('everything');
    const ask = apiClient(server.http.socketPath);
    for (const name of ['token', 'X-Vault-Token', 'x-vault-token', 'access_token'])
      assert.equal((await ask('GET', `/v1/sys/mounts?${name}=${token}`)).status, 403);
    assert.deepEqual(server.reached, []);
  });

  it('is open to those tokens alone that are wide enough', async () => {
    await using server = await openTold();
    const catalog = await server.make('catalog', 3_600_000);
    const observe = await server.make('observe');
    const team = await server.make('mount:team/');
    const everything = await server.make('everything');
    await askAll(server, enough.catalog, { token: catalog.token });
    await askAll(server, enough.observe, { token: observe.token });
    await askAll(server, enough.team, { token: team.token });
    await askAll(server, enough.everything, { token: everything.token });
    await askAll(server, enough.everything, { headers: { Authorization: `Bearer ${everything.token}` } });
  });

  it('tells a caller without a token nothing of what there is', async () => {
    await using server = await openTold();
    const ask = apiClient(server.http.socketPath);
    const asked = [
      '/v1/sys/mounts',
      '/v1/sys/nothing',
      '/v1/team/secret',
      '/v1/nowhere/at/all',
      '/x',
      '/v1/sys/health/x',
    ];
    const said = [];
    for (const method of ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'HEAD'])
      for (const path of asked) {
        const { status, body, headers } = await ask(method, path);
        const { errors } = (body ?? { errors: ['permission denied'] }) as { errors: string[] };
        said.push(`${status} ${errors.join()} ${headers.allow ?? ''}`);
      }
    assert.deepEqual([...new Set(said)], ['403 permission denied ']);
  });
});
