/** Mounts a plugin that writes what it is told. */
import type { KeyValue } from '../../host/cell.ts';
import type { Mount } from '../../../src/index.ts';
import { fixtureHandshake } from '../../plugins/images.ts';
import { kvDefinition } from '../../plugins/kv-service.ts';
import type { ServerWorld } from './with-server.ts';

export interface Writer {
  readonly mount: Mount;
  readonly write: (text: string) => Promise<unknown>;
  readonly flood: (mebibytes: number) => Promise<unknown>;
}

/** @param world with the fixture `node-output-attacker` */
export async function mountWriter({ host, image }: ServerWorld): Promise<Writer> {
  const mount = await host.mount({
    ...{ type: 'secret', name: 'writer' },
    launch: { image, runtime: 'runc', handshake: fixtureHandshake, protocolVersions: [1] },
  });
  const kv = mount.client<KeyValue>(kvDefinition);
  const value = Buffer.from('v');
  return {
    mount,
    write: (text) => kv.put({ key: `write ${text}`, value }),
    flood: (mebibytes) => kv.put({ key: `log-flood ${mebibytes}`, value }),
  };
}
