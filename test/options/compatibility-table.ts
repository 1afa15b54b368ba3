import {
  assumedImage,
  cellName,
  dryMatrix,
  engineInfoCache,
  engineSees,
  factsFile,
  gatherEngineFacts,
  gatherFacts,
  gatherHostFacts,
  gatherImageFacts,
  judge,
  parseFacts,
  passingGid,
  planCells,
  predict,
  sourceText,
  summarise,
  unmetCells,
  userEngineCache,
  userImageCache,
  withOutcome,
} from '../../src/compatibility/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { aborted, wrong, type Refusals, type WrongCall } from './refusals.ts';

const cell = { engine: 'docker', mode: 'rootful', runtime: 'runc', user: 'root', mlock: false } as const;
const facts = { host: {}, engine: {}, image: {} };
const liftable = [NaN, 0, -1, '1', null];
const notTexts = [undefined, null, 7, ''];
const notObjects = [undefined, null, 7, 'x', []];
const each = (values: readonly unknown[], name: string, call: (value: never) => unknown): WrongCall[] =>
  values.map((value) => [name, () => call(value as never)]);

export function compatibilityRefusals(engine: Engine): Refusals {
  const gathering = { socketDirectory: wrong.filled, fresh: wrong.flag, signal: wrong.signal };
  const image = { cacheDirectory: wrong.filled, signal: wrong.signal };
  return {
    takers: {
      gatherFacts: {
        call: (options) => gatherFacts(engine, 'a', options as never),
        options: { signal: aborted },
        wrong: { ...gathering, ...image },
      },
      gatherEngineFacts: {
        call: (options) => gatherEngineFacts(engine, options as never),
        options: { signal: aborted },
        wrong: gathering,
      },
      gatherImageFacts: {
        call: (options) => gatherImageFacts(engine, 'a', options as never),
        options: { signal: aborted },
        wrong: image,
      },
      gatherHostFacts: {
        call: (options) => gatherHostFacts(options as never),
        wrong: { socketDirectory: wrong.filled },
      },
      judge: {
        call: (wishes) => judge(facts as never, wishes as never),
        options: { runtime: 'runc' },
        required: true,
        wrong: {
          runtime: [undefined, ...wrong.filled],
          user: wrong.text,
          entrypoint: wrong.texts,
          mlock: wrong.flag,
          brokerMultiplex: wrong.flag,
          capAdd: wrong.texts,
          noNewPrivileges: wrong.flag,
          memoryBytes: liftable,
          cpuNanos: wrong.positive,
          pidsLimit: liftable,
          cgroupParent: wrong.text,
          network: wrong.filled,
          requireNonRoot: wrong.flag,
          seccomp: wrong.choice,
        },
      },
      dryMatrix: {
        call: (options) => dryMatrix({ host: {}, engines: [], image: {} } as never, options as never),
        nested: ['filter'],
        wrong: { filter: [null, 'x'], 'filter.engine': ['docker', ['x']], 'filter.mlock': [true, ['x']] },
      },
      planCells: {
        call: (filter) => planCells([], {} as never, filter as never),
        wrong: { mode: ['rootful', ['x']], runtime: wrong.texts, user: ['root', ['x']] },
      },
      assumedImage: {
        call: (options) => assumedImage(options as never),
        options: { architecture: 'amd64' },
        required: true,
        wrong: { architecture: [undefined, ...wrong.text], lockingCapability: wrong.flag },
      },
      factsFile: {
        call: (given) => factsFile(given as never),
        argument: 'matrixFacts',
        options: { host: {}, engines: [] },
        required: true,
        wrong: { host: [undefined, null], engines: [undefined, null, {}] },
      },
      sourceText: {
        call: (source) => sourceText(source as never),
        argument: 'source',
        required: true,
        wrong: { document: wrong.text, measured: wrong.text, conflict: wrong.text },
      },
    },
    wrongCalls: {
      gatherFacts: [
        ...each([undefined, null, {}], 'engine', (value) => gatherFacts(value, 'a')),
        ...each(notTexts, 'reference', (value) => gatherFacts(engine, value)),
      ],
      gatherEngineFacts: each([undefined, null, {}], 'engine', (value) => gatherEngineFacts(value)),
      gatherImageFacts: each(notTexts, 'reference', (value) => gatherImageFacts(engine, value)),
      engineSees: each(notTexts, 'path', (value) => engineSees(engine, value)),
      engineInfoCache: each(notTexts, 'folder', (value) => engineInfoCache(value)),
      userEngineCache: each([null, 7, { A: 7 }], 'environment', (value) => userEngineCache(value)),
      userImageCache: each([null, 7, { A: 7 }], 'environment', (value) => userImageCache(value)),
      passingGid: [
        ...each(notObjects, 'hostFacts', (value) => passingGid(value, {} as never)),
        ...each(notObjects, 'engineFacts', (value) => passingGid({} as never, value)),
      ],
      judge: each([...notObjects, {}], 'launchFacts', (value) => judge(value, { runtime: 'runc' })),
      dryMatrix: each([...notObjects, {}], 'matrixFacts', (value) => dryMatrix(value)),
      predict: [
        ...each([...notObjects, {}], 'planned', (value) => predict(value, facts as never)),
        ['cellFacts', () => predict({ cell, engine: {}, wishes: { runtime: 'runc' } } as never, {} as never)],
      ],
      parseFacts: each([undefined, null, 7], 'text', (value) => parseFacts(value)),
      planCells: each([undefined, null, {}, [7]], 'engines', (value) => planCells(value, {} as never)),
      summarise: each([undefined, null, {}, [{}]], 'cells', (value) => summarise(value)),
      cellName: each([...notObjects, {}], 'cell', (value) => cellName(value)),
      unmetCells: [
        ...each([undefined, null, {}, [{ unheardOf: 1 }]], 'required', (value) => unmetCells(value, [])),
        ...each([undefined, null, {}], 'cells', (value) => unmetCells([], value)),
      ],
      withOutcome: [
        ...each([...notObjects, {}], 'cell', (value) => withOutcome(value, { ok: true, milliseconds: 1 })),
        ...each([...notObjects, {}], 'outcome', (value) => withOutcome(cell as never, value)),
      ],
    },
  };
}
