/** Attacks on what the host does in the folder that it shares with the plugin, and on who looks at processes. */
import { renameSync, symlinkSync, unlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { folder, report, serve, socketPath } from './grpc.ts';

type Attacks = Readonly<Record<string, () => unknown>>;

export const folderAttacks: Attacks = {
  'names-many': () => {
    for (let i = 0; i < 100_000; i += 1) writeFileSync(`${folder}/${'n'.repeat(200)}${i}`, '');
    process.exit(9); // the host looks into the folder when it says why
  },
  'socket-replaced': async () => {
    const before = (): void => {
      unlinkSync(socketPath);
      symlinkSync(process.env['ATTACK_SOCKET'] ?? '/run/x', `${folder}/l`);
      renameSync(`${folder}/l`, socketPath);
    };
    await serve({ Get: report }, { before });
  },
  'links-left': () =>
    serve({
      Get: (stream) => {
        const victim = process.env['ATTACK_VICTIM'] ?? '/etc';
        for (const name of ['a', 'b', 'owner.json']) symlinkSync(victim, `${folder}/${name}`);
        mkdirSync(`${folder}/deep`);
        symlinkSync(victim, `${folder}/deep/c`);
        report(stream);
      },
    }),
  'engine-forged': async () => {
    const path = process.env['ATTACK_ENGINE'] ?? '';
    process.title = process.env['ATTACK_TITLE'] ?? 'dockerd';
    let held = 'no';
    try {
      // The way of the engine's socket leads through a link of the image into the shared folder.
      mkdirSync(dirname(path), { recursive: true });
      createServer()
        .on('error', () => undefined)
        .listen(path);
      held = 'held';
    } catch {
      // it may not be writable
    }
    await serve({
      Get: (stream) => {
        report(stream, held === 'held' ? [] : ['could not listen']);
      },
    });
  },
};
