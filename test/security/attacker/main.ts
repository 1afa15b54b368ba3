/** A plugin that attacks its host in the way that its first argument names; see ../attacks.ts. */
import { writeSync } from 'node:fs';
import { folderAttacks } from './folder.ts';
import { printLine, report, serve, socketPath } from './grpc.ts';
import { messageAttacks } from './messages.ts';
import { outputAttacks } from './output.ts';

process.on('uncaughtException', () => undefined); // an attacker goes on

const attack = process.argv[2] ?? '';
const handshakes: Readonly<Record<string, () => unknown>> = {
  'handshake-endless': () => {
    endless(1);
  },
  'handshake-controls': () => {
    process.stdout.write(`1|1|unix|\0\u001b]0;owned\u0007\u009b31m\u202e${socketPath}|grpc|\n`);
  },
  'handshake-elsewhere': () => serve({ Get: report }, { address: process.env['ATTACK_SOCKET'] ?? '/run/x' }),
  'handshake-upwards': () =>
    serve({ Get: report }, { address: `/run/bulkhead/../..${process.env['ATTACK_SOCKET'] ?? ''}` }),
  'handshake-certificate': () => serve({ Get: report }, { certificate: 'MIIB'.repeat(500_000) }),
  'handshake-another-certificate': async () => {
    const { createIdentity } = await import('../../../src/goplugin/tls/identity.ts');
    const { certificateDer } = await createIdentity();
    await serve({ Get: report }, { certificate: certificateDer.toString('base64').replace(/=+$/, '') });
  },
  'handshake-no-socket': () => {
    printLine(socketPath, '');
  },
  'stderr-endless': () => {
    endless(2);
  },
  'exit-in-handshake': () => {
    writeSync(1, '1|1|unix|');
    process.exit(0);
  },
};

/** Bytes without the end of a line, as fast as they are taken. */
function endless(descriptor: number): void {
  const piece = Buffer.alloc(65_536, 'x');
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  const more = (): void => {
    while (stream.write(piece));
    stream.once('drain', more);
  };
  more();
}

const chosen = { ...handshakes, ...outputAttacks, ...messageAttacks, ...folderAttacks }[attack];
if (chosen === undefined) {
  process.stderr.write(`there is no attack ${attack}\n`);
  process.exitCode = 64;
} else {
  setInterval(() => undefined, 3_600_000);
  await chosen();
}
