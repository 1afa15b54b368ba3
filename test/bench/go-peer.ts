/** HashiCorp's plugincontainer with go-plugin, in a process that launches a plugin whenever it is told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { goProgram } from '../goplugin/fixtures/go-host.ts';

export interface GoPeer extends AsyncDisposable {
  /** Milliseconds to the first reply, and until the plugin was gone. */
  launch(): Promise<{ readonly launchMs: number; readonly closeMs: number }>;
  /** The same of this many at once: until the last was there, and until the last was gone. */
  launchAtOnce(count: number): Promise<{ readonly launchMs: number; readonly closeMs: number }>;
  /** Calls `probe.Probe/Echo` of a plugin that it keeps for all such calls. */
  calls(
    size: number,
    inFlight: number,
    seconds: number,
  ): Promise<{ readonly perSecond: number; readonly cpuMicrosPerCall: number }>;
}

export interface PeerSettings {
  readonly image: string;
  readonly runtime: string;
  /** For sockets. */
  readonly directory: string;
  readonly rootless: boolean;
}

/** It finds the engine as the Docker command does, and speaks the handshake of the fixture plugins. */
export async function startGoPeer(
  socketPath: string,
  { image, runtime, directory, rootless }: PeerSettings,
): Promise<GoPeer> {
  const program = await goProgram('peer', new URL('go-peer', import.meta.url));
  const child = spawn(program, [image, runtime, directory, rootless ? 'rootless' : 'rootful'], {
    env: { ...process.env, DOCKER_HOST: `unix://${socketPath}` },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<readonly number[]> => {
    child.stdin.write(`${question}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(said.trim().split('\n')[0]);
    return line.value.split(' ').map(Number);
  };
  return {
    async launch() {
      const [launchMs = NaN, closeMs = NaN] = await ask('');
      return { launchMs, closeMs };
    },
    async launchAtOnce(count) {
      const [launchMs = NaN, closeMs = NaN] = await ask(String(count));
      return { launchMs, closeMs };
    },
    async calls(size, inFlight, seconds) {
      const [perSecond = NaN, cpuMicrosPerCall = NaN] = await ask(`${size} ${inFlight} ${seconds}`);
      return { perSecond, cpuMicrosPerCall };
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exit;
    },
  };
}
