/** The HTTP API: clients write secrets and read them back. What was acknowledged has to be there in the end. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { BulkheadError, errorCodes, type ErrorCode } from '../../errors.ts';
import { openServer } from '../../server/index.ts';
import type { World } from '../world.ts';
import { repeatedly } from './calls.ts';

const mountPath = 'soak';
const requestMs = 60_000;

interface Answer {
  readonly status: number;
  readonly body: {
    readonly data?: { readonly word?: string } | null;
    readonly errors?: readonly string[];
    readonly code?: ErrorCode;
  };
}

export async function server(world: World): Promise<void> {
  const { ledger, caller, moments } = world;
  if (!(await serving(world))) return;
  /** What an entry may be: what was acknowledged last, and what was tried since. */
  const known = new Map<string, readonly (string | undefined)[]>();
  let client = 0;
  await repeatedly(world, 1, async () => {
    client += 1;
    const path = `${mountPath}/${world.trial.seed}-${client}`;
    for (let turn = 0; turn < 3; turn += 1) {
      const before = known.get(path) ?? [undefined];
      const word = world.word();
      const written = await ledger.track(
        `write ${path}`,
        ask(world, 'PUT', path, { body: { word }, signal: caller.signal }),
      );
      known.set(path, written !== undefined ? [word] : [...before, word]);
      moments.call();
      const read = await ledger.track(`read ${path}`, ask(world, 'GET', path, { signal: caller.signal }));
      if (read !== undefined) compare(world, path, known.get(path) ?? [], read);
      moments.call();
    }
  });
  await world.lift();
  moments.disarm();
  for (const [path, possible] of known) {
    const read = await ledger.track(`read ${path} at last`, ask(world, 'GET', path, {}));
    if (read !== undefined) compare(world, path, possible, read);
  }
}

/** @throws where the server does not answer as it should */
export async function serverAnswers(world: World, signal: AbortSignal): Promise<void> {
  const path = `${mountPath}/again`;
  const word = world.word();
  await ask(world, 'PUT', path, { body: { word }, signal });
  const { body } = await ask(world, 'GET', path, { signal });
  if (body.data?.word !== word) throw new Error(`it answers ${String(body.data?.word)} for ${word}`);
}

function compare(
  world: World,
  path: string,
  possible: readonly (string | undefined)[],
  { body }: Answer,
): void {
  const found = body.data?.word;
  if (possible.includes(found)) return;
  const wanted = possible.map((each) => each ?? 'nothing').join(' or ');
  world.ledger.wrong(`${path} has ${found ?? 'nothing'}, and ${wanted} was acknowledged or tried`);
}

/** Opens the server and its mount, unless they live already. */
async function serving(world: World): Promise<boolean> {
  const { stage, ledger, subject } = world;
  const host = await world.livingHost('server');
  if (host === undefined) return false;
  if (stage.served === undefined) {
    const opened = await ledger.track('serve', openServer(host, { directory: world.directory }));
    if (opened === undefined) return false;
    stage.token = opened.adminToken ?? stage.token;
    stage.served = opened;
  }
  const entry = { type: 'secret', name: 'soak-kv', ociImage: subject.vaultImage ?? '' };
  if (stage.serves) return true;
  const registered = await ledger.track('register', host.plugins.register(entry, { skipProbe: true }));
  if (registered === undefined) return false;
  const mounted = await ledger.track(
    'mount over HTTP',
    ask(world, 'POST', `sys/mounts/${mountPath}`, { body: { type: 'soak-kv' } }, 'VAULT_PATH_IN_USE'),
  );
  // The mount table may have it already.
  stage.serves = mounted !== undefined;
  return stage.serves;
}

/** @throws a typed error that says what the server answered, where that is no success */
async function ask(
  { stage, reason }: World,
  method: string,
  path: string,
  { body, signal }: { readonly body?: unknown; readonly signal?: AbortSignal },
  also?: ErrorCode,
): Promise<Answer> {
  const { served, token } = stage;
  if (served === undefined) throw new BulkheadError('HOST_CLOSED', 'the server has ended');
  const limit = AbortSignal.timeout(requestMs);
  const sent = body === undefined ? '' : JSON.stringify(body);
  const asking = request({
    socketPath: served.socketPath,
    method,
    path: `/v1/${path}`,
    agent: false,
    headers: { 'X-Vault-Token': token, 'Content-Length': Buffer.byteLength(sent) },
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  });
  const answer = await new Promise<{ status: number; said: string }>((resolve, reject) => {
    asking.on('error', reject);
    asking.on('response', (message) => {
      text(message).then((said) => {
        resolve({ status: message.statusCode ?? 0, said });
      }, reject);
    });
    asking.end(sent);
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw reason;
    throw error;
  });
  const { status, said } = answer;
  const parsed = (said === '' ? {} : JSON.parse(said)) as Answer['body'];
  const isNothing = status === 404 && (parsed.errors ?? []).length === 0;
  if (status < 300 || isNothing || (also !== undefined && parsed.code === also))
    return { status, body: parsed };
  const words = `the server answered ${status}: ${(parsed.errors ?? []).join('; ')}`;
  if (parsed.code === undefined || !(parsed.code in errorCodes)) throw new Error(words);
  throw new BulkheadError(parsed.code, words);
}
