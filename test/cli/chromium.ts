/** A real, headless Chromium, driven through its DevTools protocol. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'undici';

const program = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], { timeout: 30_000 }).status === 0,
);

/** Why there is none, or false. */
export const noChromium =
  program === undefined ? 'chromium is not installed (Debian: apt install chromium)' : false;

export interface Page extends AsyncDisposable {
  open(html: string): Promise<void>;
  /** Opens the page of a server. What it asks of the same server is no complaint. */
  visit(url: string): Promise<void>;
  /** The value of an expression of the page, as JSON could carry it. */
  evaluate<T>(expression: string): Promise<T>;
  press(key: 'Tab' | 'Enter' | 'Escape' | 'ArrowRight' | 'Space'): Promise<void>;
  /** Puts a text where the focus is, as a keyboard would. */
  type(text: string): Promise<void>;
  /** A picture of the page as PNG. */
  picture(): Promise<Buffer>;
  emulate(media: { scheme: 'light' | 'dark'; print?: boolean; width?: number }): Promise<void>;
  /** The number of pages when printed, and the file. */
  print(): Promise<Buffer>;
  /** What the page asked for beside itself, and what the browser complained about. */
  readonly complaints: readonly string[];
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly request?: { readonly url: string };
    readonly entry?: { readonly level: string; readonly text: string };
  };
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts a browser with one page. Closing it leaves nothing. */
export async function openPage(): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), 'bulkhead-chromium-'));
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
  ];
  const browser = spawn(
    program ?? 'chromium',
    [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      env: { PATH: process.env['PATH'], HOME: profile },
    },
  );
  const ended = once(browser, 'exit');
  const close = async (): Promise<void> => {
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    let said = '';
    for await (const chunk of browser.stderr) {
      said += String(chunk);
      const address = /ws:\/\/([^/\s]+)\//.exec(said)?.[1];
      if (address !== undefined) return await connect(address, close);
    }
    throw new Error(`chromium ended: ${said}`);
  } catch (error) {
    await close();
    throw error;
  }
}

async function connect(address: string, close: () => Promise<void>): Promise<Page> {
  const targets = (await (await fetch(`http://${address}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl ?? '');
  await once(socket, 'open');
  const complaints: string[] = [];
  const waiting = new Map<number | string, (message: Message) => void>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    const { id, method, params } = message;
    waiting.get(id ?? method ?? '')?.(message);
    const url = params?.request?.url;
    if (method === 'Network.requestWillBeSent' && url?.startsWith(origin) === false) complaints.push(url);
    if (method === 'Log.entryAdded' && params?.entry?.level === 'error') complaints.push(params.entry.text);
  });
  let origin = 'data:text/html';
  let lastId = 0;
  const send = async (method: string, params: object = {}): Promise<Record<string, unknown>> => {
    const id = (lastId += 1);
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  };
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`);

  return {
    complaints,
    async open(html) {
      origin = 'data:text/html';
      const loaded = new Promise((resolve) => waiting.set('Page.loadEventFired', resolve));
      await send('Page.navigate', { url: `data:text/html;base64,${Buffer.from(html).toString('base64')}` });
      await loaded;
    },
    async visit(url) {
      origin = new URL(url).origin;
      const loaded = new Promise((resolve) => waiting.set('Page.loadEventFired', resolve));
      await send('Page.navigate', { url });
      await loaded;
    },
    async type(text) {
      await send('Input.insertText', { text });
    },
    async picture() {
      const { data } = await send('Page.captureScreenshot', { format: 'png' });
      return Buffer.from(String(data), 'base64');
    },
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = (await send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
        userGesture: true,
      })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
      if (exceptionDetails !== undefined)
        throw new Error(exceptionDetails.exception?.description ?? expression);
      return result.value;
    },
    async press(key) {
      const code = { Tab: 9, Enter: 13, Escape: 27, Space: 32, ArrowRight: 39 }[key];
      const text = { Enter: '\r', Space: ' ' }[key as string];
      const event = { key: key === 'Space' ? ' ' : key, code: key, windowsVirtualKeyCode: code, text };
      await send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    },
    async emulate({ scheme, print = false, width = 1280 }) {
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await send('Emulation.setEmulatedMedia', { media: print ? 'print' : 'screen', features });
      await send('Emulation.setDeviceMetricsOverride', {
        width,
        height: 900,
        deviceScaleFactor: 1,
        mobile: false,
      });
    },
    async print() {
      const { data } = await send('Page.printToPDF', { preferCSSPageSize: true });
      return Buffer.from(String(data), 'base64');
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await close();
    },
  };
}
