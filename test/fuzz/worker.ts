/**
 * Runs inputs, in a thread of its own: an input that never ends, or takes all memory, ends this thread and not the fuzzer.
 * Before each input its number and the time are put where the fuzzer sees them.
 */
import { readdir, readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.ts';
import {
  SharedState,
  type BatchAnswer,
  type BatchRequest,
  type SingleRequest,
  type WorkerSettings,
} from './messages.ts';
import { mutate } from './mutate.ts';
import { inputSeed, Random } from './random.ts';
import { defaults, type FuzzTarget } from './target.ts';

const { targetsModule, corpusFolder, shared, guided } = workerData as WorkerSettings;
const { targets } = (await import(targetsModule)) as { targets: readonly FuzzTarget[] };
const state = new SharedState(shared);
const coverage = new Coverage();
if (guided) await coverage.start();
/** Between two looks at the coverage, which takes as long as some hundred inputs. */
const batch = 256;
const mostFound = 400;

/** What each target has to make inputs of. */
const corpora = new Map<string, Uint8Array[]>();

async function corpusOf(target: FuzzTarget): Promise<Uint8Array[]> {
  const known = corpora.get(target.name);
  if (known !== undefined) return known;
  const folder = `${corpusFolder}/${target.name}`;
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(names.sort().map((name) => readFile(`${folder}/${name}`)));
  const corpus = [...(await target.seeds()), ...files];
  corpora.set(target.name, corpus);
  return corpus;
}

/** @returns what is wrong, if something is */
async function tryInput(target: FuzzTarget, input: Buffer, iteration: number): Promise<string | undefined> {
  state.begin(input, iteration);
  try {
    await target.run(Buffer.from(input));
    return undefined;
  } catch (error) {
    if (target.allowed.some((kind) => error instanceof kind)) return undefined;
    const { name, message, stack = '' } = error as Error;
    return `${name}: ${message.slice(0, 600)}${stack.split('\n').find((line) => line.includes('/src/')) ?? ''}`;
  } finally {
    state.end();
  }
}

function inputOf(target: FuzzTarget, corpus: readonly Uint8Array[], seed: number, iteration: number): Buffer {
  const random = new Random(inputSeed(seed, target.name, iteration));
  const words = (target.words ?? []).map((word) => Buffer.from(word));
  const input = mutate(random, { corpus, words, longest: target.longest ?? defaults.longest });
  return target.mend === undefined || random.below(4) === 0 ? input : target.mend(input);
}

async function run({ name, seed, from, count, ms, first }: BatchRequest): Promise<BatchAnswer> {
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const corpus = await corpusOf(target);
  const found: Uint8Array[] = [];
  const until = Date.now() + ms;
  let iteration = from;
  if (first) {
    for (const input of [...corpus]) {
      const wrong = await tryInput(target, Buffer.from(input), -1);
      if (wrong !== undefined) return { ran: 0, found, fault: { what: wrong, input, iteration: -1 } };
    }
    if (guided) coverage.remember(await coverage.take());
  }
  while (iteration < from + count && Date.now() < until) {
    const end = Math.min(iteration + batch, from + count);
    const inputs: Buffer[] = [];
    for (; iteration < end; iteration += 1) {
      const input = inputOf(target, corpus, seed, iteration);
      inputs.push(input);
      const wrong = await tryInput(target, input, iteration);
      if (wrong !== undefined)
        return { ran: iteration - from + 1, found, fault: { what: wrong, input, iteration } };
    }
    const news = guided && corpus.length < mostFound ? await newOf(target, inputs) : [];
    corpus.push(...news);
    found.push(...news);
  }
  return { ran: iteration - from, found };
}

/** The inputs of a batch by which code ran that had not run before. They are run again one by one to find them. */
async function newOf(target: FuzzTarget, inputs: readonly Buffer[]): Promise<Buffer[]> {
  const places = await coverage.take();
  if (!coverage.hasNew(places)) return [];
  const news: Buffer[] = [];
  for (const input of inputs) {
    await tryInput(target, input, -1);
    const reached = await coverage.take();
    if (coverage.hasNew(reached)) news.push(input);
    coverage.remember(reached);
  }
  coverage.remember(places);
  return news;
}

async function runSingle({ name, input }: SingleRequest): Promise<BatchAnswer> {
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const what = await tryInput(target, Buffer.from(input), -2);
  return { ran: 1, found: [], ...(what !== undefined && { fault: { what, input, iteration: -2 } }) };
}

parentPort?.on('message', (request: BatchRequest | SingleRequest) => {
  void ('count' in request ? run(request) : runSingle(request)).then((answer) => {
    parentPort?.postMessage(answer);
  });
});
parentPort?.postMessage('ready');
