/** Faults that people put in by hand, one at a time: each has to be noticed by a fast test. */

export interface ListedMutant {
  readonly number: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly tests: readonly string[];
}

const orphans = [
  'test/host/orphans/sweep.test.ts',
  'test/host/orphans/sweep-folders.test.ts',
  'test/host/orphans/owner-proof.test.ts',
  'test/mutants/orphans.test.ts',
];
const tls = [
  'test/goplugin/tls-connection.test.ts',
  'test/goplugin/identity.test.ts',
  'test/mutants/goplugin.test.ts',
];
const rules = [
  'test/compatibility/judge.test.ts',
  'test/compatibility/limits.test.ts',
  'test/compatibility/network-rules.test.ts',
  'test/mutants/rules.test.ts',
];
const output = ['test/goplugin/output.test.ts', 'test/mutants/goplugin.test.ts'];
const transport = ['test/mutants/engine.test.ts'];
const host = [
  'test/host/instances/restart-policy.test.ts',
  'test/host/mounts/call-fate.test.ts',
  'test/mutants/host.test.ts',
];

function mutant(
  number: string,
  file: string,
  from: string,
  to: string,
  tests: readonly string[],
): ListedMutant {
  return { number, file: `src/${file}`, from, to, tests };
}

export const listedMutants: readonly ListedMutant[] = [
  mutant(
    '1',
    'catalog/check-registration.ts',
    "return checkOptions('registration', schema, value);",
    "try { return checkOptions('registration', schema, value); } catch (error) { (error as Error).message += JSON.stringify(value); throw error; }",
    ['test/catalog/plugin-settings.test.ts', 'test/mutants/catalog.test.ts'],
  ),
  mutant('2', 'goplugin/output/tail.ts', '(?:-----END \\1-----|$)', '-----END \\1-----', output),
  mutant('3', 'host/orphans/owned-folders.ts', '0o711', '0o777', orphans),
  mutant(
    '4',
    'container/attested/mounts.ts',
    '...made.mounts.flatMap((mount) =>',
    "...made.mounts.filter(({ type }) => type === 'bind').flatMap((mount) =>",
    ['test/container/attestation.test.ts', 'test/container/attested-meanings.test.ts'],
  ),
  mutant(
    '5',
    'container/attested/resources.ts',
    '`${limit.soft}:${limit.hard}`',
    '`${limit.soft}:${limit.soft}`',
    ['test/container/attestation.test.ts', 'test/container/attested-meanings.test.ts'],
  ),
  mutant(
    '6 client',
    'goplugin/grpc/connection/tls-connection.ts',
    'isPinned(certificate.raw, tls)',
    'certificate.raw.length > 0',
    tls,
  ),
  mutant(
    '6 server',
    'goplugin/grpc/connection/tls-connection.ts',
    'isPinned(secure.getPeerX509Certificate()?.raw, tls)',
    'secure.getPeerX509Certificate() !== undefined',
    tls,
  ),
  mutant('7', 'compatibility/rules/host-rules.ts', 'if (uid === 0 ||', 'if ((uid ?? 0) === 0 ||', rules),
  mutant(
    '8',
    'engine/transport/describe-failure.ts',
    "request.target.split('?', 1)[0] ?? ''",
    'request.target',
    transport,
  ),
  mutant('9', 'container/create-request.ts', '.filter(({ name }) => !needed.has(name))', '', [
    'test/container/create-request.test.ts',
    'test/mutants/container.test.ts',
  ]),
  mutant(
    '10',
    'goplugin/output/plugin-output.ts',
    "if (text !== '' && !/^\\s*\\d+\\|/.test(text))",
    "if (text !== '')",
    output,
  ),
  mutant(
    '11',
    'goplugin/reflection/schema.ts',
    'Object.create(null) as Record<string, T>',
    '({}) as Record<string, T>',
    ['test/goplugin/reflection.test.ts', 'test/mutants/goplugin.test.ts'],
  ),
  mutant(
    '12',
    'host/orphans/sweep.ts',
    "ownerLiveness(container) === 'gone'",
    "ownerLiveness(container) !== 'alive'",
    orphans,
  ),
  mutant(
    '13',
    'catalog/store/claim-lock.ts',
    "if (liveness !== 'unknown') return liveness === 'gone';",
    "if (liveness !== 'alive') return true; else return false;",
    ['test/catalog/claim-lock.test.ts'],
  ),
  mutant(
    '14',
    'linux/process-identity.ts',
    "pidNamespace === '' || startTime === ''",
    "pidNamespace === ''",
    ['test/linux/process-identity.test.ts', ...orphans],
  ),
  mutant('15', 'host/orphans/sweep.ts', '.filter((tag) => tag.startsWith(probeRepository))', '', orphans),
  mutant('16 file', 'catalog/store/durable-write.ts', 'await file.sync();', '', [
    'test/catalog/durable-write.test.ts',
  ]),
  mutant('16 folder', 'catalog/store/durable-write.ts', '  await syncFolder(folder);\n', '', [
    'test/catalog/durable-write.test.ts',
  ]),
  mutant('17', 'host/orphans/sweep-folders.ts', 'uid === process.geteuid?.() &&', '', orphans),
  mutant('18', 'host/mounts/call-fate.ts', "'CANCELLED', ", '', host),
  mutant(
    '19',
    'goplugin/serve/prints.ts',
    '      this.#dropped += data.length;\n      return;',
    '      this.#dropped += data.length;',
    ['test/mutants/goplugin.test.ts'],
  ),
  mutant(
    '20',
    'goplugin/grpc/server/handlers.ts',
    "if (!call.write(message)) await whenOneOf(call, ['drain', 'cancelled', 'close']);",
    'call.write(message);',
    ['test/mutants/goplugin.test.ts'],
  ),
  mutant('21', 'engine/transport/whole-answer.ts', 'if (length <= limit) return;', 'return;', transport),
  mutant(
    '22',
    'goplugin/yamux/session.ts',
    'if (this.#lingering.size > mostLingering && oldest !== undefined) this.#reset(oldest);',
    '',
    ['test/goplugin/yamux.test.ts', 'test/mutants/goplugin.test.ts'],
  ),
  mutant(
    '23',
    'engine/transport/transport.ts',
    'this.#refuseWhenClosed(request, () => connection.socket.destroy());',
    'this.#refuseWhenClosed(request);',
    transport,
  ),
  mutant(
    '24',
    'host/mounts/reload.ts',
    "await Promise.allSettled(targets.map((target) => pool.stop(target, 'the reload failed')));",
    '',
    host,
  ),
  mutant(
    '25',
    'goplugin/grpc/connection/socket-file.ts',
    '    closeSync(file);\n    throw',
    '    throw',
    tls,
  ),
  mutant(
    '26',
    'goplugin/reflection/client.ts',
    "budget.check('files', files.size + missing.size)",
    "budget.check('files', files.size)",
    [
      'test/goplugin/reflection.test.ts',
      'test/security/reflection-bomb.test.ts',
      'test/mutants/goplugin.test.ts',
    ],
  ),
  mutant(
    '27',
    'compatibility/rules/runtime-rules.ts',
    "return value === 'all' ?",
    "return value === 'all' || value === 'open' ?",
    rules,
  ),
  mutant('28', 'compatibility/rules/limit-rules.ts', 'engine.enforces.pids]', 'engine.enforces.cpu]', rules),
  mutant('29', 'compatibility/rules/image-rules.ts', " && runtime?.kind !== 'runsc'", '', rules),
  mutant(
    '30',
    'compatibility/rules/socket-rules.ts',
    'id < containerId + size',
    'id <= containerId + size',
    rules,
  ),
  mutant(
    '31',
    'compatibility/strategy-socket.ts',
    'range.hostId + gid - range.containerId',
    'range.hostId + gid',
    rules,
  ),
  mutant(
    '32',
    'container/diagnose.ts',
    "exit?.code === 137 && bytes > 0 && (engine === 'podman' || gvisor)",
    'bytes > 0',
    ['test/mutants/container.test.ts'],
  ),
  mutant(
    '33',
    'engine/containers/wait-on-podman.ts',
    'if (limit.aborted || error instanceof NotFoundError) return code;',
    'if (limit.aborted) return code;',
    transport,
  ),
  mutant('34', 'goplugin/tls/identity.ts', 'now.getTime() - 30_000', 'now.getTime()', tls),
  mutant(
    '35',
    'host/instances/restart-policy.ts',
    'if (this.#inARow <= 1) return 0;',
    'if (this.#inARow <= 2) return 0;',
    host,
  ),
  mutant('36', 'cli/exit-codes.ts', 'machine: exitCodes.environment,', 'machine: exitCodes.no,', [
    'test/cli/exit-codes.test.ts',
  ]),
  mutant(
    '37',
    'cli/flags.ts',
    "if (last === undefined || last === '') throw",
    'if (last === undefined) throw',
    ['test/cli/parse-arguments.test.ts', 'test/mutants/cli.test.ts'],
  ),
  mutant('38', 'host/reporting/metrics.ts', '.replace(/"/g, \'\\\\"\')', '', host),
  mutant('39', 'engine/codec/raw-stream.ts', ' || bytes[at + 3] !== 0', '', [
    'test/engine/codec/stream-borders.test.ts',
    'test/engine/codec/raw-stream.test.ts',
  ]),
  mutant(
    'exit watch',
    'container/exit-watch.ts',
    "error: 'the container was removed by somebody else'",
    "error: ''",
    ['test/mutants/container.test.ts'],
  ),
  mutant(
    'exit watch clock',
    'container/exit-watch.ts',
    "engine.kind === 'podman' ? new Date(recorded.getTime() + longestTickMs) : recorded",
    'recorded',
    ['test/mutants/container.test.ts'],
  ),
  mutant(
    'removal absent',
    'container/remove.ts',
    "if (error instanceof NotFoundError) return 'absent';",
    '',
    ['test/container/removal.test.ts', 'test/mutants/container.test.ts'],
  ),
  mutant(
    'removal volumes',
    'container/remove.ts',
    'force: true, volumes: true, signal });\n  } catch',
    'force: true, signal });\n  } catch',
    ['test/container/removal.test.ts', 'test/mutants/container.test.ts'],
  ),
  mutant(
    'health',
    'host/instances/health.ts',
    'failed = problem === undefined ? 0 : failed + 1;',
    'failed = problem === undefined ? failed : failed + 1;',
    host,
  ),
  mutant('health answer', 'host/instances/health.ts', "error.code !== 'PLUGIN_CALL_TIMEOUT'", 'true', host),
  mutant(
    'route',
    'host/instances/waiting-calls.ts',
    'if (this.#wakes.size >= this.#limit)',
    'if (this.#wakes.size > this.#limit)',
    host,
  ),
  mutant(
    'http2-call',
    'goplugin/grpc/client/http2-call.ts',
    "this.#refused = loss?.kind === 'reset' && loss.code === errorCode.refusedStream;",
    "this.#refused = loss?.kind === 'reset';",
    ['test/goplugin/http2-channel.test.ts'],
  ),
];
