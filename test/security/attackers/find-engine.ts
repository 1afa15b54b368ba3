/** Prints what is found out about the process of a Docker with this socket, whoever runs the program. */
import { findEngineProcess } from '../../../src/compatibility/gather/engine-process.ts';

const [socketPath = ''] = process.argv.slice(2);
process.stdout.write(
  JSON.stringify(await findEngineProcess({ kind: 'docker', rootless: false, socketPath })),
);
