/** The counters of the host and of this process, in Prometheus' text format. */
import type { PluginHost } from '../../host/index.ts';

/** Version 0.0.4 of the format. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

/** The names of what is the same for every process are those that Prometheus' own clients use. */
export function prometheus(host: Pick<PluginHost, 'prometheus'>): string {
  const started = (Date.now() - process.uptime() * 1000) / 1000;
  const { user, system } = process.cpuUsage();
  return [
    host.prometheus().trimEnd(),
    ...metric('process_resident_memory_bytes', 'gauge', 'Memory of the server.', process.memoryUsage.rss()),
    ...metric('process_cpu_seconds_total', 'counter', 'CPU time of the server.', (user + system) / 1e6),
    ...metric('process_start_time_seconds', 'gauge', 'When the server was started.', started),
    '',
  ].join('\n');
}

function metric(name: string, kind: 'counter' | 'gauge', help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, `${name} ${value}`];
}
