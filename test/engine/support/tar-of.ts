import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';

/** An archive of small files. */
export function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(files)) pack.entry({ name }, content);
  pack.finalize();
  return buffer(pack);
}
