/** The README's table of what works, made from the rules by which launches are judged. */
import { format } from 'prettier';
import {
  assumedImage,
  dryMatrix,
  rules,
  type EngineFacts,
  type MatrixRow,
} from '../../src/compatibility/index.ts';
import { docker, fact, host, podman, rootlessDocker, runtime, sandboxArguments } from './made-facts.ts';

export const begin = '<!-- made from the rules by test/compatibility/readme.test.ts -->';
export const end = '<!-- end of what is made -->';

const withUnlimited = { memlock: fact({ soft: 'unlimited', hard: 'unlimited', mayRaise: false } as const) };

/** An ordinary installation of each, with the usual limit of 8 MiB on locked memory, used by root. */
const places: readonly {
  readonly name: string;
  readonly engines: (changes: Partial<EngineFacts>) => EngineFacts[];
}[] = [
  { name: 'Docker, rootful', engines: (changes) => [docker(changes)] },
  { name: 'Docker, rootless', engines: (changes) => [rootlessDocker(changes)] },
  { name: 'Podman, rootful', engines: (changes) => podmanServices((kind) => podman(kind, changes)) },
  {
    name: 'Podman, rootless',
    engines: (changes) => podmanServices((kind) => rootlessPodman(kind, changes)),
  },
];

function podmanServices(make: (kind: 'runc' | 'crun' | 'runsc') => EngineFacts): EngineFacts[] {
  return (['runc', 'crun', 'runsc'] as const).map(make);
}

function rootlessPodman(kind: 'runc' | 'crun' | 'runsc', changes: Partial<EngineFacts>): EngineFacts {
  return {
    ...rootlessDocker(changes),
    kind: 'podman',
    version: '5.4.2',
    runtimes: { [kind]: runtime(kind, kind === 'runsc' ? sandboxArguments : []) },
    defaultRuntime: kind,
  };
}

/** What has to be done for a cell to work, from the least on. */
const conditions: readonly {
  readonly sign: string;
  readonly locking: boolean;
  readonly changes: Partial<EngineFacts>;
}[] = [
  { sign: 'yes', locking: false, changes: {} },
  { sign: 'yes ¹', locking: true, changes: {} },
  { sign: 'yes ²', locking: false, changes: withUnlimited },
];

const columns = ['root', 'root, mlock', 'non-root', 'non-root, mlock'];

export async function readmeMatrix(): Promise<string> {
  const lines = [
    `| | | ${columns.join(' | ')} |`,
    `| --- | --- | ${columns.map(() => '---').join(' | ')} |`,
    ...places.flatMap(({ name, engines }) => placeLines(name, engines)),
    '',
    '- ¹ with the file capability IPC_LOCK on the program (`setcap cap_ipc_lock+ep`).',
    '- ² with `LimitMEMLOCK=infinity` for the engine; no capability helps in a user namespace.',
    '- Under gVisor (`runsc`) locked memory is not locked on the host.',
    '',
    'Where what is documented for containerized plugins and what was measured disagree, the measurement decides:',
    '',
    ...rules.flatMap(({ concerns, source: { conflict } }) =>
      conflict === undefined ? [] : [`- ${concerns}: ${conflict}.`],
    ),
  ];
  return `${begin}\n\n${(await format(lines.join('\n'), { parser: 'markdown', printWidth: 110 })).trim()}\n\n${end}`;
}

function placeLines(name: string, engines: (changes: Partial<EngineFacts>) => EngineFacts[]): string[] {
  const tries = conditions.map(({ sign, locking, changes }) => {
    const image = assumedImage({ architecture: 'amd64', lockingCapability: locking });
    return { sign, cells: dryMatrix({ host: host(), engines: engines(changes), image }).cells };
  });
  const signOf = ({ runtime: name_, user, mlock }: Pick<MatrixRow, 'runtime' | 'user' | 'mlock'>): string => {
    const same = (row: MatrixRow) => row.runtime === name_ && row.user === user && row.mlock === mlock;
    return tries.find(({ cells }) => cells.find(same)?.verdict === 'works')?.sign ?? 'no';
  };
  return ['runc', 'crun', 'runsc'].map((each, index) => {
    const signs = (['root', 'non-root'] as const).flatMap((user) =>
      [false, true].map((mlock) => signOf({ runtime: each, user, mlock })),
    );
    return `| ${index === 0 ? name : ''} | ${each} | ${signs.join(' | ')} |`;
  });
}
