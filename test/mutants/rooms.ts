/** The rooms in which mutants are made, and the fast tests that have to notice them. None needs an engine. */
export interface MutantRoom {
  /** Files below `src`. */
  readonly files: readonly string[];
  /** Test files. */
  readonly tests: readonly string[];
}

export const mutantRooms: Readonly<Record<string, MutantRoom>> = {
  'call-fate': { files: ['host/mounts/call-fate.ts'], tests: ['test/host/mounts/call-fate.test.ts'] },
  'restart-policy': {
    files: ['host/instances/restart-policy.ts'],
    tests: ['test/host/instances/restart-policy.test.ts', 'test/mutants/host.test.ts'],
  },
  sweep: {
    files: ['host/orphans/sweep.ts', 'host/orphans/sweep-folders.ts'],
    tests: [
      'test/host/orphans/sweep.test.ts',
      'test/host/orphans/sweep-report.test.ts',
      'test/host/orphans/sweep-folders.test.ts',
      'test/mutants/orphans.test.ts',
      'test/host/orphans/sweep-many-names.test.ts',
    ],
  },
  labels: {
    files: ['host/orphans/labels.ts', 'host/orphans/owner-proof.ts'],
    tests: [
      'test/host/orphans/owner-proof.test.ts',
      'test/host/orphans/labels.test.ts',
      'test/host/orphans/sweep.test.ts',
      'test/mutants/orphans.test.ts',
    ],
  },
  attestation: {
    files: [
      'container/attestation.ts',
      'container/attested/isolation.ts',
      'container/attested/mounts.ts',
      'container/attested/network-mode.ts',
      'container/attested/network.ts',
      'container/attested/program.ts',
      'container/attested/resolve-network.ts',
      'container/attested/resources.ts',
      'container/attested/setting.ts',
    ],
    tests: [
      'test/container/attestation.test.ts',
      'test/container/attested-isolation.test.ts',
      'test/container/attested-resources.test.ts',
      'test/container/attested-program.test.ts',
      'test/container/attested-network.test.ts',
      'test/container/attested-words.test.ts',
      'test/container/attested-meanings.test.ts',
      'test/container/resolve-network.test.ts',
      'test/container/recorded-answers.test.ts',
    ],
  },
  'create-request': {
    files: ['container/create-request.ts'],
    tests: ['test/container/create-request.test.ts', 'test/mutants/container.test.ts'],
  },
  'catalog-store': {
    files: [
      'catalog/store/claim-lock.ts',
      'catalog/store/durable-write.ts',
      'catalog/store/file-store.ts',
      'catalog/store/memory-store.ts',
    ],
    tests: [
      'test/catalog/claims.test.ts',
      'test/catalog/claim-lock.test.ts',
      'test/catalog/durable-write.test.ts',
      'test/catalog/failed-writes.test.ts',
      'test/catalog/stored-files.test.ts',
      'test/catalog/removed-directory.test.ts',
      'test/catalog/file-store.test.ts',
    ],
  },
  codecs: {
    files: ['engine/codec/raw-stream.ts', 'engine/codec/json-lines.ts', 'goplugin/output/tail.ts'],
    tests: [
      'test/engine/codec/stream-borders.test.ts',
      'test/engine/codec/raw-stream.test.ts',
      'test/engine/codec/json-lines.test.ts',
      'test/goplugin/output.test.ts',
    ],
  },
  rules: {
    files: [
      'compatibility/rules/host-rules.ts',
      'compatibility/rules/runtime-rules.ts',
      'compatibility/rules/limit-rules.ts',
      'compatibility/rules/socket-rules.ts',
      'compatibility/rules/image-rules.ts',
      'compatibility/strategy-socket.ts',
    ],
    tests: [
      'test/compatibility/rule-borders.test.ts',
      'test/compatibility/judge.test.ts',
      'test/compatibility/network-rules.test.ts',
      'test/compatibility/version-rules.test.ts',
      'test/compatibility/wrapped-plugins.test.ts',
      'test/compatibility/wrapped-programs.test.ts',
      'test/mutants/rules.test.ts',
    ],
  },
  tls: {
    files: [
      'goplugin/grpc/connection/tls-connection.ts',
      'goplugin/tls/identity.ts',
      'goplugin/grpc/connection/socket-file.ts',
    ],
    tests: [
      'test/goplugin/socket-file.test.ts',
      'test/goplugin/tls-connection.test.ts',
      'test/goplugin/identity.test.ts',
      'test/mutants/goplugin.test.ts',
    ],
  },
  removal: {
    files: ['container/remove.ts', 'container/stuck-runtime.ts'],
    // A change of which processes are killed must not meet those of this machine, so stuck-removal.test.ts is not here.
    tests: [
      'test/container/stuck-runtime.test.ts',
      'test/container/exit-pauses.test.ts',
      'test/mutants/ends.test.ts',
      'test/mutants/container.test.ts',
    ],
  },
  'exit-watch': {
    files: ['container/exit-watch.ts'],
    tests: [
      'test/container/exit-pauses.test.ts',
      'test/mutants/ends.test.ts',
      'test/mutants/container.test.ts',
    ],
  },
  diagnose: {
    files: ['container/diagnose.ts'],
    tests: ['test/container/diagnosis.test.ts', 'test/mutants/container.test.ts'],
  },
  health: {
    files: ['host/instances/health.ts'],
    tests: ['test/host/instances/health.test.ts', 'test/mutants/ends.test.ts', 'test/mutants/host.test.ts'],
  },
  metrics: {
    files: ['host/reporting/metrics.ts'],
    tests: ['test/mutants/counted.test.ts', 'test/mutants/host.test.ts'],
  },
  reload: {
    files: ['host/mounts/reload.ts'],
    tests: ['test/mutants/moves.test.ts', 'test/mutants/host.test.ts'],
  },
  route: {
    files: ['host/mounts/route.ts', 'host/mounts/mounted-plugin.ts', 'host/mounts/routed-client.ts'],
    tests: [
      'test/host/mounts/mounted-generation.test.ts',
      'test/host/mounts/sent-calls.test.ts',
      'test/host/mounts/mounted-plugin.test.ts',
      'test/host/mounts/routed-client.test.ts',
    ],
  },
  grpc: {
    files: [
      'goplugin/grpc/grpc-timeout.ts',
      'goplugin/grpc/call-deadline.ts',
      'goplugin/grpc/failure.ts',
      'goplugin/grpc/limit-error.ts',
      'goplugin/grpc/status.ts',
      'goplugin/grpc/metadata.ts',
      'goplugin/grpc/outgoing-message.ts',
      'goplugin/grpc/unread-data.ts',
      'goplugin/grpc/held-bytes.ts',
      'goplugin/grpc/server/reply-status.ts',
      'goplugin/grpc/client/call-end.ts',
      'goplugin/grpc/client/request-headers.ts',
      'goplugin/grpc/client/decode-reply.ts',
      'goplugin/grpc/message-reader.ts',
    ],
    // Those that take longest are last.
    tests: [
      'test/goplugin/grpc/held-bytes.test.ts',
      'test/goplugin/grpc/failure.test.ts',
      'test/goplugin/grpc/metadata.test.ts',
      'test/goplugin/grpc/reply-status.test.ts',
      'test/goplugin/grpc/call-end.test.ts',
      'test/goplugin/grpc/request-headers.test.ts',
      'test/goplugin/grpc/outgoing-message.test.ts',
      'test/goplugin/grpc/call-deadline.test.ts',
      'test/goplugin/grpc/unread-data.test.ts',
      'test/goplugin/grpc/message-reader.test.ts',
    ],
  },
};
