import { resolve } from 'node:path';
import { parseSocketAddress } from '../../settings/socket-address.ts';
import { beginsWithTilde, onlyShellsExpand } from '../../settings/user-path.ts';
import { text, texts, type Flag } from '../flags.ts';
import { UsageError } from '../usage-error.ts';

/** Flag for the engine that a command works on. */
export const engineFlag = socketFlag("the engine's socket (default: the first that is found; see doctor)", {
  alias: 'socket',
});

/** A flag for one socket: a path, which shells complete, or `unix:///path` as in DOCKER_HOST. */
export function socketFlag(
  summary: string,
  extras: Pick<Flag<unknown>, 'alias'> = {},
): Flag<string | undefined> {
  return {
    ...text('SOCKET', summary, { path: true, ...extras }),
    convert(given, name) {
      const last = given.at(-1);
      return last === undefined ? undefined : socketPathOf(last, name);
    },
  };
}

/** A flag for several sockets. Without it, every engine that is found is used. */
export function enginesFlag(summary: string): Flag<readonly string[]> {
  return {
    ...texts('SOCKET', summary, { path: true }),
    convert: (given, name) => given.map((each) => socketPathOf(each, name)),
  };
}

function socketPathOf(given: string, name: string): string {
  const address = parseSocketAddress(given);
  if ('scheme' in address) {
    throw new UsageError(
      `${name} takes the path of a unix socket, and ${address.scheme} is another way to reach an engine`,
    );
  }
  const { path } = address;
  if (path === '') throw new UsageError(`${name} takes the path of a unix socket, not nothing`);
  if (beginsWithTilde(path)) throw new UsageError(`${name} has to be written out: ${onlyShellsExpand}`);
  return resolve(path);
}
