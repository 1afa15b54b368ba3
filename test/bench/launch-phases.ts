/**
 * Where the time of a launch goes, phase by phase, beside what the engine alone takes for a container of the same image:
 * created, started, waited for and removed with bare requests.
 */
import { launchPlugin } from '../../src/container/index.ts';
import type { ContainerAttachment, Containers, Engine } from '../../src/engine/index.ts';
import { fixtureHandshake } from '../plugins/images.ts';

/** Every phase of a launch, in order, with its milliseconds. */
export interface Phases {
  /** Until the create request: options, facts, verdict, certificate. */
  readonly plan: number;
  readonly create: number;
  /** From the container's id to the start request: inspection, comparison, attachment, folder. */
  readonly attest: number;
  readonly start: number;
  /** From the answer to the start to the first bytes of the plugin. */
  readonly program: number;
  /** From the handshake line to a connection that is ready. */
  readonly connect: number;
  readonly firstCall: number;
  /** From the request to end until its end is known. */
  readonly end: number;
  readonly remove: number;
  /** CPU of this process for all of it. */
  readonly cpu: number;
}

export const phaseNames = {
  plan: 'plan',
  create: 'create',
  attest: 'attest, attach',
  start: 'start',
  program: 'program, to its handshake',
  connect: 'connect',
  firstCall: 'first call',
  end: 'end',
  remove: 'remove',
  cpu: 'CPU of the host',
} as const satisfies Record<keyof Phases, string>;

/** What the engine takes by itself; the program of the image ends at once. */
export type Floor = Pick<Phases, 'create' | 'start' | 'end' | 'remove'>;

export interface PhasesOf {
  readonly image: string;
  readonly runtime: string;
  readonly socketDirectory: string;
}

/** An engine that tells when some of its requests begin and end. Facts are remembered for each such object. */
export interface NotingEngine {
  readonly engine: Engine;
  readonly begin: () => void;
  readonly note: (name: string) => void;
  readonly between: (from: string, to: string) => number;
}

/** Attaches as any caller does, with a question about the container before it, which launches do without. */
export function notingEngine(engine: Engine): NotingEngine {
  const at = new Map<string, number>();
  const note = (name: string): void => {
    if (!at.has(name)) at.set(name, performance.now());
  };
  const containers: Containers = {
    ...engine.containers,
    async create(options) {
      note('create');
      const created = await engine.containers.create(options);
      note('created');
      return created;
    },
    async start(id, options) {
      note('start');
      const started = await engine.containers.start(id, options);
      note('started');
      return started;
    },
    async attach(id, options) {
      const attachment = await engine.containers.attach(id, options);
      return { ...attachment, stdout: notingFirst(attachment, note) };
    },
  };
  return {
    engine: { ...engine, containers },
    begin() {
      at.clear();
      note('begin');
    },
    note,
    between: (from, to) => (at.get(to) ?? NaN) - (at.get(from) ?? NaN),
  };
}

export async function launchInPhases(
  { engine, begin, note, between }: NotingEngine,
  { image, runtime, socketDirectory }: PhasesOf,
): Promise<Phases> {
  const used = process.cpuUsage();
  begin();
  const plugin = await launchPlugin(engine, {
    image,
    runtime,
    socketDirectory,
    handshake: fixtureHandshake,
    protocolVersions: [1],
  });
  note('connected');
  await plugin.health();
  note('answered');
  void plugin.exited.then(() => {
    note('ended');
  });
  await plugin[Symbol.asyncDispose]();
  note('gone');
  const { user, system } = process.cpuUsage(used);
  return {
    plan: between('begin', 'create'),
    create: between('create', 'created'),
    attest: between('created', 'start'),
    start: between('start', 'started'),
    // A program may print before the engine has answered.
    program: Math.max(0, between('started', 'printed')),
    connect: between('printed', 'connected'),
    firstCall: between('connected', 'answered'),
    end: between('answered', 'ended'),
    remove: between('ended', 'gone'),
    cpu: (user + system) / 1000,
  };
}

async function* notingFirst(
  { stdout }: ContainerAttachment,
  note: (name: string) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of stdout) {
    note('printed');
    yield piece;
  }
}

export async function engineAlone(
  { containers, kind }: Engine,
  { image, runtime }: Pick<PhasesOf, 'image' | 'runtime'>,
): Promise<Floor> {
  const times = [performance.now()];
  const { id } = await containers.create({
    image,
    network: 'none',
    networkDisabled: true, // as in a launch: making a sandbox for nothing takes longer than the rest
    ...(kind === 'docker' && { runtime }),
    logDriver: 'none',
  });
  times.push(performance.now());
  await containers.start(id);
  times.push(performance.now());
  await containers.wait(id);
  times.push(performance.now());
  await containers.remove(id, { force: true });
  times.push(performance.now());
  const [create = NaN, start = NaN, end = NaN, remove = NaN] = times
    .slice(1)
    .map((time, index) => time - (times[index] ?? NaN));
  return { create, start, end, remove };
}
