import { BulkheadError } from '../errors.ts';
import { PluginError } from '../goplugin/index.ts';

/** An error as lines for a person: what happened, what was seen, what to do. No stack, no secrets. */
export function describeError(error: unknown): string[] {
  if (!(error instanceof BulkheadError)) return [error instanceof Error ? error.message : String(error)];
  const lines = [`${error.code}: ${error.message}`];
  if (error instanceof PluginError) lines.push(...describePluginError(error));
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  return lines;
}

function describePluginError(error: PluginError): string[] {
  const lines = [`phase: ${error.phase}`];
  if (error.exit?.code !== undefined) lines.push(`exit code: ${error.exit.code}`);
  for (const { name, value } of error.diagnosis?.facts ?? []) lines.push(`${name}: ${value}`);
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = error.output[stream].trimEnd();
    if (text !== '') lines.push(`last output on ${stream}:`, ...text.split('\n').map((line) => `  ${line}`));
  }
  return lines;
}
