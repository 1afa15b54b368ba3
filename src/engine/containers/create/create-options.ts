import { z } from 'zod';
import { optionsOf, platformOption, signalOption, text } from '../../../settings/option-check.ts';
import type {
  BindMount,
  CreateContainerOptions,
  RestartPolicy,
  TmpfsMount,
  Ulimit,
} from './create-container.ts';

/** moby `daemon/names`. */
export const containerNamePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

const absolutePath = text.startsWith('/', 'must be an absolute path');
const capability = z.string().regex(/^(CAP_)?[A-Z][A-Z_]*$/, 'must be a capability such as IPC_LOCK');
const wholeNumber = z.int('must be a whole number');
const textRecord = z.record(text, text);

/** Values are secrets: a message names the variable only. */
const environment = z.record(
  text.min(1, 'must have a name').refine((name) => !name.includes('='), 'must be named without "="'),
  text,
);

const bindMount = optionsOf<BindMount>()({
  type: z.literal('bind'),
  source: absolutePath,
  target: absolutePath,
  readOnly: z.boolean().optional(),
  propagation: z.enum(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']).optional(),
  relabel: z.enum(['private', 'shared']).optional(),
});

const tmpfsMount = optionsOf<TmpfsMount>()({
  type: z.literal('tmpfs'),
  target: absolutePath.refine((path) => !path.includes(':'), 'must not contain a colon'),
  sizeBytes: wholeNumber.positive().optional(),
  mode: wholeNumber.nonnegative().max(0o7777).optional(),
  noExec: z.boolean().optional(),
  replacesVolume: z.boolean().optional(),
});

const ulimit = optionsOf<Ulimit>()({
  name: z.string().regex(/^[a-z]+$/, 'must be a limit in lower case, such as nofile'),
  soft: wholeNumber.min(-1),
  hard: wholeNumber.min(-1),
}).refine(({ soft, hard }) => hard === -1 || (soft !== -1 && soft <= hard), 'soft must not be above hard');

export const restartPolicyOption = optionsOf<RestartPolicy>()({
  name: z.enum(['no', 'always', 'unless-stopped', 'on-failure']),
  maximumRetryCount: wholeNumber.nonnegative().optional(),
})
  .refine(
    ({ name, maximumRetryCount }) => maximumRetryCount === undefined || name === 'on-failure',
    'maximumRetryCount goes with on-failure only',
  )
  .optional();

const mounts = z
  .array(
    z.union([bindMount, tmpfsMount], 'must be { type: "bind", source, target } or { type: "tmpfs", target }'),
  )
  .refine(
    (list) => new Set(list.map(({ target }) => target)).size === list.length,
    'two of them have the same target',
  );

/** Refuses whatever can be known to be wrong without asking the engine. */
export const createOptionsSchema = optionsOf<CreateContainerOptions>()({
  name: z
    .string()
    .regex(containerNamePattern, 'must be two or more letters, digits, "_", "." or "-"')
    .optional(),
  image: text.min(1, 'must be the name or id of a local image'),
  entrypoint: z.array(text).optional(),
  cmd: z.array(text).optional(),
  env: environment.optional(),
  labels: textRecord.optional(),
  user: text.optional(),
  workingDirectory: absolutePath.optional(),
  hostname: text.optional(),
  tty: z.boolean().optional(),
  openStdin: z.boolean().optional(),
  stdinOnce: z.boolean().optional(),
  stopSignal: z
    .string()
    .regex(/^(SIG)?[A-Z0-9+-]+$/, 'must be a signal such as SIGTERM')
    .optional(),
  stopTimeout: wholeNumber.nonnegative().optional(),
  runtime: text.min(1).optional(),
  network: text.min(1).optional(),
  networkDisabled: z.boolean().optional(),
  capAdd: z.array(capability).optional(),
  capDrop: z.array(capability).optional(),
  noNewPrivileges: z.boolean().optional(),
  seccomp: text.min(1).optional(),
  selinuxLabel: z.literal('disable').optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  mounts: mounts.optional(),
  memoryBytes: wholeNumber.positive().optional(),
  memorySwapBytes: wholeNumber.min(-1).optional(),
  cpuNanos: wholeNumber.positive().optional(),
  pidsLimit: wholeNumber.min(-1).optional(),
  ulimits: z
    .array(ulimit)
    .refine(
      (list) => new Set(list.map(({ name }) => name)).size === list.length,
      'one of them is given twice',
    )
    .optional(),
  groupAdd: z.array(text.min(1)).optional(),
  cgroupParent: text.optional(),
  ipcMode: text.optional(),
  shmSize: wholeNumber.positive().optional(),
  cgroupnsMode: z.enum(['private', 'host']).optional(),
  usernsMode: text.optional(),
  oomScoreAdj: wholeNumber.min(-1000).max(1000).optional(),
  noHealthcheck: z.boolean().optional(),
  init: z.boolean().optional(),
  logDriver: text.min(1).optional(),
  logOptions: textRecord.optional(),
  annotations: textRecord.optional(),
  restartPolicy: restartPolicyOption,
  platform: platformOption,
  signal: signalOption,
});
