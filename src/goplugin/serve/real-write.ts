/** Writes to the process's own stdout and stderr although their `write` may have been redirected. */

/** Marks a redirected `write` with the one it stands for. */
export const original = Symbol('the write before it was redirected');

export type Write = NodeJS.WriteStream['write'] & { [original]?: NodeJS.WriteStream['write'] };

/** Writes past any redirection. */
export function realWrite(stream: NodeJS.WriteStream, text: string, done?: () => void): boolean {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its stream below
  const write: Write = stream.write;
  return (write[original] ?? write).call(stream, text, undefined, done);
}
