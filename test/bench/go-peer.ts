/** HashiCorp's plugincontainer with go-plugin, in a process that launches a plugin whenever it is told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { goProgram } from '../goplugin/fixtures/go-host.ts';

export interface GoPeer extends AsyncDisposable {
  /** Milliseconds to the first reply, and until the container was gone, which the library's own `Kill` does not wait for. */
  launch(): Promise<PeerLaunch>;
  /** The same of this many at once: until the last was there, and until the last was gone. */
  launchAtOnce(count: number): Promise<PeerLaunch>;
  /** Calls `probe.Probe/Echo` of a plugin that it keeps for all such calls. */
  calls(
    size: number,
    inFlight: number,
    seconds: number,
  ): Promise<{ readonly perSecond: number; readonly cpuMicrosPerCall: number }>;
}

export interface PeerLaunch {
  readonly launchMs: number;
  readonly closeMs: number;
  /** Until the library's `Kill` has returned; of many, the longest. */
  readonly killMs: number;
}

export interface PeerSettings {
  readonly image: string;
  readonly runtime: string;
  /** For sockets. */
  readonly directory: string;
  readonly rootless: boolean;
  readonly kind: 'docker' | 'podman';
}

/** It finds the engine as the Docker command does, and speaks the handshake of the fixture plugins. */
export async function startGoPeer(
  socketPath: string,
  { image, runtime, directory, rootless, kind }: PeerSettings,
): Promise<GoPeer> {
  const program = await goProgram('peer', new URL('go-peer', import.meta.url));
  const child = spawn(program, [image, runtime, directory, rootless ? 'rootless' : 'rootful', kind], {
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
      const [launchMs = NaN, closeMs = NaN, killMs = NaN] = await ask('');
      return { launchMs, closeMs, killMs };
    },
    async launchAtOnce(count) {
      const [launchMs = NaN, closeMs = NaN, killMs = NaN] = await ask(String(count));
      return { launchMs, closeMs, killMs };
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
