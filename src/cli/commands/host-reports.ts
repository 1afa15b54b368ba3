/** What commands that keep a host running tell of it, and how they keep their process running. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HostEvents, HostLogger, PluginHost } from '../../host/index.ts';
import { plainText } from '../output/plain-text.ts';
import type { Terminal } from '../output/terminal.ts';

/** Passes on what concerns the socket over which other commands find this host. */
export function controlLogger({ err }: Terminal): HostLogger {
  const silent = (): void => undefined;
  return {
    debug: silent,
    info: silent,
    warn: (message, { concerns }) => {
      if (concerns === 'control') err(plainText(message));
    },
    error: silent,
  };
}

/** Keeps the process running while it waits for the next start of the plugin, when nothing else does. */
export function keepAlive(): Disposable {
  const timer = setInterval(() => undefined, 2 ** 30);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

/** Reports the changes of the plugin's state. */
export function tellStates(host: PluginHost, terminal: Terminal): AsyncDisposable {
  const tell = (message: unknown): void => {
    const { host: id, instance } = message as HostEvents['bulkhead:instance'];
    if (id !== host.id) return;
    const { state } = instance;
    const why = 'reason' in state ? `: ${state.reason}` : '';
    terminal.err(plainText(`${instance.type} ${instance.name} is ${state.name}${why}`));
  };
  subscribe('bulkhead:instance', tell);
  return {
    [Symbol.asyncDispose]() {
      unsubscribe('bulkhead:instance', tell);
      return Promise.resolve();
    },
  };
}
