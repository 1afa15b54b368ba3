/** `bulkhead/engine` by itself: runs a program in a container, prints what it writes, and removes the container. */
import { connectEngine } from 'bulkhead/engine';

const [image = '', ...command] = process.argv.slice(2);
if (image === '') throw new Error('usage: run-once IMAGE [COMMAND...]');

const engine = await connectEngine();
try {
  console.error(`${engine.kind} ${engine.version}, ${engine.rootless ? 'rootless' : 'rootful'}`);
  const { id } = await engine.containers.create({
    image,
    ...(command.length > 0 && { entrypoint: command }), // in place of the image's own
    network: 'none',
    readOnlyRootFilesystem: true,
    capDrop: ['ALL'],
  });
  try {
    // Attached before the start, so that no output is lost.
    const output = await engine.containers.attach(id, { stdout: true, stderr: true });
    await engine.containers.start(id);
    const print = async (from: AsyncIterable<Uint8Array>, to: NodeJS.WriteStream): Promise<void> => {
      for await (const bytes of from) to.write(bytes);
    };
    await Promise.all([print(output.stdout, process.stdout), print(output.stderr, process.stderr)]);
    process.exitCode = (await engine.containers.wait(id)).exitCode;
  } finally {
    await engine.containers.remove(id, { force: true, volumes: true });
  }
} finally {
  await engine[Symbol.asyncDispose]();
}
