/** Every case of h2spec, a conformance test of HTTP/2 in Go, against a plugin that `serve()` serves. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { startPlugin, subprocessRunner } from '../../../src/goplugin/index.ts';
import { builtOnce } from '../../plugins/cache.ts';
import { goOnThePath, needsGo } from '../../plugins/go-programs.ts';
import { runTool } from '../../plugins/run-tool.ts';
import { fixtureCommand, handshake } from '../fixtures/start.ts';

it('every case of h2spec is passed by a plugin of serve()', { timeout: 240_000 }, async (t) => {
  if (!needsGo(t)) return;
  const program = await h2spec();
  const [command = '', ...args] = fixtureCommand;
  await using plugin = await startPlugin({
    createRunner: subprocessRunner({ command, args }),
    handshake,
    protocolVersions: [1],
    autoMtls: false,
  });
  const { address } = plugin.handshake.hostAddress;
  const listener = createServer((socket) => {
    const inner = connect(address);
    socket.on('error', () => inner.destroy()).on('close', () => inner.destroy());
    inner.on('error', () => socket.destroy()).on('close', () => socket.end());
    socket.pipe(inner).pipe(socket);
  }).listen(0, '127.0.0.1');
  try {
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const report = await run(program, port);
    assert.deepEqual(failures(report), []);
    assert.match(report, /^14\d tests, 14\d passed, 0 skipped, 0 failed$/m);
  } finally {
    listener.close();
  }
});

/** @returns its path */
async function h2spec(): Promise<string> {
  const path = 'github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible';
  const folder = await builtOnce('go-h2spec', `${path} ${goOnThePath() ?? ''}`, (bin) =>
    runTool('go', ['install', path], {
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOBIN: bin },
    }),
  );
  return join(folder, 'h2spec');
}

function run(program: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    // It ends with another code where a case fails; its report says which.
    execFile(program, ['-h', '127.0.0.1', '-p', String(port), '-o', '5'], (_error, stdout) => {
      resolve(stdout);
    });
  });
}

/** Cases that fail are listed at the end, each below its section, with what was expected and what came. */
function failures(report: string): string[] {
  const at = report.indexOf('\nFailures:');
  return at < 0 ? [] : report.slice(at).split('\n').slice(2);
}
