/** Attacks by what is written to stderr, and through go-plugin's own stream for prints. */
import { once } from 'node:events';
import { attackMs, begin, field, flood, frame, number, pause, report, serve } from './grpc.ts';

type Attacks = Readonly<Record<string, () => unknown>>;

/** As hclog writes it; with any other form of time a line is text, and its fields are never read. */
const line = (message: string, more = ''): string =>
  `{"@level":"info","@message":${JSON.stringify(message)},"@timestamp":"2026-01-01T00:00:00.000000Z"${more}}\n`;

export const outputAttacks: Attacks = {
  'log-deep': () =>
    lines(
      1,
      `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}\n`.replace(
        '{"a":',
        '{"@message":"m","@level":"info","@timestamp":"2026-01-01T00:00:00.000000Z","a":',
      ),
    ),
  'log-flood': () => lines(400_000, line('x'.repeat(150))),
  'log-controls': () =>
    lines(100, line('\u001b[2J\u009b31m\u202eevil\u200b\u2028\u061c\u200f', ',"\u202e":"\u0085"')),
  'log-prototype': () =>
    lines(100, line('m', ',"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}')),
  'log-wide': () => lines(20, line('m', Array.from({ length: 20_000 }, (_, i) => `,"k${i}":${i}`).join(''))),
  'stdio-flood': () =>
    serve({
      Get: async (stream) => {
        await pause(attackMs);
        report(stream);
      },
      StreamStdio: async (stream) => {
        begin(stream);
        const piece = frame(Buffer.concat([number(1, 1), field(2, Buffer.alloc(2 ** 20, 'x'))]));
        await flood(stream, piece, { bytes: 2 ** 31 });
      },
    }),
  'stdio-huge': () =>
    serve({
      Get: async (stream) => {
        await pause(attackMs);
        report(stream);
      },
      StreamStdio: async (stream) => {
        begin(stream);
        stream.write(frame(Buffer.alloc(0), 2 ** 30));
        await flood(stream, Buffer.alloc(2 ** 20, 'x'), { bytes: 2 ** 30 });
      },
    }),
};

/** So many lines when it is called; the reply comes when they were taken. */
function lines(count: number, text: string): Promise<unknown> {
  return serve({
    Get: async (stream) => {
      const end = Date.now() + attackMs;
      for (let written = 0; written < count && Date.now() < end; written += 1) {
        if (!process.stderr.write(text))
          await Promise.race([once(process.stderr, 'drain'), pause(end - Date.now())]);
      }
      process.stderr.write(line('still heard'));
      report(stream);
    },
  });
}
