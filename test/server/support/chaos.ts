/** Requests to a mount from many clients, while its plugin is killed and reloaded, and the server restarted. */
import { Agent } from 'node:http';
import { setMaxListeners } from 'node:events';
import { apiClient, type Api, type Got } from './api-client.ts';
import { Register } from './registers.ts';
import type { ServeWorld, Serving } from './serve-command.ts';

export interface ChaosPlan {
  readonly requests: number;
  readonly clients: number;
  readonly kills: number;
  readonly reloads: number;
  readonly restarts: number;
}

export interface ChaosReport {
  /** How many requests ended in each way: `204`, `409 CALL_OUTCOME_UNKNOWN`, `no answer` and so on. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly kills: number;
  readonly reloads: number;
  readonly restarts: number;
  readonly serving: Serving;
}

const keysOfClient = 8;
const mount = 'chaos';

/** @throws Error for a wrong answer, a lost write, or an error that does not say whether the request may be repeated */
export async function chaos(
  world: ServeWorld,
  begin: Serving,
  plan: ChaosPlan,
  containers: () => Promise<readonly string[]>,
): Promise<ChaosReport> {
  const state = { answered: 0, serving: Promise.resolve(begin), outcomes: new Map<string, number>() };
  const waiting = new Set<() => void>();
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const progress = (outcome: string): void => {
    state.answered += 1;
    state.outcomes.set(outcome, (state.outcomes.get(outcome) ?? 0) + 1);
    for (const look of waiting) look();
  };
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (state.answered < count && !over.signal.aborted) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });

  const done = { kills: 0, reloads: 0, restarts: 0 };
  const disturb = async (what: keyof typeof done): Promise<void> => {
    const serving = await state.serving;
    if (what === 'reloads') {
      const { status, text } = await serving.api('POST', '/v1/sys/plugins/reload/backend', {
        body: { mounts: [`${mount}/`] },
      });
      // One that meets a plugin that was just killed may say so, and is asked for again.
      if (status !== 200 && status !== 503) throw new Error(`reload: ${status} ${text}`);
      if (status !== 200) return;
    } else if (what === 'restarts') {
      let restarted: (serving: Serving) => void = () => undefined;
      state.serving = new Promise((resolve) => (restarted = resolve));
      const code = await serving.end('SIGTERM');
      if (code !== 0) throw new Error(`serve ended with ${code}: ${serving.output()}`);
      restarted(await world.serve());
    } else {
      const [name] = await containers();
      const isKilled =
        name !== undefined &&
        (await world.world.engine.containers.kill(name).then(
          () => true,
          () => false, // it has ended by itself, or is being started
        ));
      if (!isKilled) return;
    }
    done[what] += 1;
  };

  const disturbances = async (): Promise<void> => {
    for (const { at, what } of schedule(plan)) {
      await until(at);
      for (let before = done[what]; done[what] === before && !over.signal.aborted;) {
        await disturb(what);
        if (done[what] === before) await until(state.answered + 1);
      }
    }
  };
  const client = async (number: number): Promise<void> => {
    using agent = disposableAgent();
    const random = randomOf(number + 1);
    const keys = Array.from({ length: keysOfClient }, () => new Register());
    let written = 0;
    while (state.answered < plan.requests && !over.signal.aborted) {
      const at = Math.floor(random() * keysOfClient);
      const register = keys[at] ?? new Register();
      const kind = random();
      const folder = `/v1/${mount}/client-${number}`;
      const serving = await state.serving;
      const ask = apiClient(serving.socketAddress.replace('unix://', ''), serving.token);
      const one = request(ask, agent.agent, folder, String(at), register);
      const outcome =
        kind < 0.45
          ? await one.write((written += 1))
          : kind < 0.85
            ? await one.read()
            : kind < 0.93
              ? await one.delete()
              : await one.list(keys);
      if (outcome === 'not sent') continue; // the next one waits for the server
      progress(outcome);
    }
    // What is there in the end.
    const { socketAddress, token } = await state.serving;
    const ask = apiClient(socketAddress.replace('unix://', ''), token);
    for (const [at, register] of keys.entries()) {
      const last = request(ask, agent.agent, `/v1/${mount}/client-${number}`, String(at), register);
      for (let outcome = ''; !/^(200|404)$/.test(outcome);) outcome = await last.read();
    }
  };

  const disturbing = disturbances();
  const all = [disturbing, ...Array.from({ length: plan.clients }, (_, number) => client(number))];
  try {
    await Promise.all(all);
  } finally {
    over.abort();
    for (const look of waiting) look();
    await Promise.allSettled(all);
  }
  return { outcomes: state.outcomes, ...done, serving: await state.serving };
}

/** When each disturbance comes, spread over the requests. */
function schedule(
  plan: ChaosPlan,
): { readonly at: number; readonly what: 'kills' | 'reloads' | 'restarts' }[] {
  const all = (['kills', 'reloads', 'restarts'] as const).flatMap((what) =>
    Array.from({ length: plan[what] }, (_, number) => ({
      what,
      at: Math.floor((plan.requests * 0.95 * (number + 1)) / (plan[what] + 1)),
    })),
  );
  return all.sort((a, b) => a.at - b.at);
}

function request(ask: Api, agent: Agent, folder: string, key: string, register: Register) {
  const path = `${folder}/${key}`;
  const send = async (
    method: string,
    path_: string,
    body?: unknown,
  ): Promise<Got | 'not sent' | 'no answer'> => {
    try {
      return await ask(method, path_, { agent, ...(body !== undefined && { body }) });
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' || code === 'ECONNREFUSED' ? 'not sent' : 'no answer';
    }
  };
  const change = async (method: string, value: number | undefined, body?: unknown): Promise<string> => {
    const got = await send(method, path, body);
    if (got === 'not sent') return got;
    if (got === 'no answer') register.mayBe(value);
    else if (got.status === 204) register.is(value);
    else if (!mayRepeat(got)) register.mayBe(value); // and where it may be repeated, nothing was done
    return said(got);
  };
  return {
    write: (value: number) => change('POST', value, { value }),
    delete: () => change('DELETE', undefined),
    async read(): Promise<string> {
      const got = await send('GET', path);
      if (typeof got === 'string') return got;
      if (got.status === 200) register.read((got.body as { data: { value: number } }).data.value, path);
      else if (got.status === 404) register.read(undefined, path);
      else mayRepeat(got);
      return said(got);
    },
    async list(registers: readonly Register[]): Promise<string> {
      const got = await send('LIST', folder);
      if (typeof got === 'string') return got;
      if (got.status !== 200 && got.status !== 404) mayRepeat(got);
      else {
        const { keys = [] } = (got.body as { data?: { keys: string[] } }).data ?? {};
        for (const [at, each] of registers.entries()) {
          const isThere = keys.includes(String(at));
          if (isThere ? !each.mayBePresent : !each.mayBeAbsent)
            throw new Error(`${folder} ${isThere ? 'has' : 'has not'} ${at}: ${got.text}`);
        }
      }
      return said(got);
    },
  };
}

/** @throws Error where the answer does not say it */
function mayRepeat({ status, body, text }: Got): boolean {
  const said = (body as { may_repeat?: unknown; errors?: unknown } | undefined) ?? {};
  if (typeof said.may_repeat !== 'boolean' || !Array.isArray(said.errors) || said.errors.length === 0)
    throw new Error(`an error that does not say whether the request may be repeated: ${status} ${text}`);
  if (status >= 500 && !said.may_repeat)
    throw new Error(`clients would repeat it by themselves: ${status} ${text}`);
  return said.may_repeat;
}

function said(got: Got | 'no answer'): string {
  if (got === 'no answer') return got;
  const { code } = (got.body as { code?: string } | undefined) ?? {};
  return code === undefined || got.status < 400 ? String(got.status) : `${got.status} ${code}`;
}

function disposableAgent(): Disposable & { readonly agent: Agent } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    agent,
    [Symbol.dispose]: () => {
      agent.destroy();
    },
  };
}

/** Numbers from 0 to 1, the same ones for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
