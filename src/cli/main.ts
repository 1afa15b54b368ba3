#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { BulkheadError } from '../errors.ts';
import { exitCodes, UsageError, type Command, type ExitCode, type Output } from './command.ts';
import { doctor } from './commands/doctor.ts';
import { run } from './commands/run.ts';
import { describeError } from './describe-error.ts';

const commands: readonly Command[] = [doctor, run];

const output: Output = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    (name === undefined ? output.err : output.out)(usage());
    return name === undefined ? exitCodes.usage : exitCodes.ok;
  }
  if (name === '--version') {
    output.out(version());
    return exitCodes.ok;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    output.err(`bulkhead: no command ${name}\n${usage()}`);
    return exitCodes.usage;
  }
  if (rest.includes('--help')) {
    output.out(`usage: bulkhead ${command.name} ${command.synopsis}\n\n${command.summary}`);
    return exitCodes.ok;
  }
  return runCommand(command, rest);
}

async function runCommand(command: Command, args: readonly string[]): Promise<ExitCode> {
  const interrupt = new AbortController();
  const abort = () => {
    interrupt.abort(new Error('interrupted'));
  };
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    return await command.run(args, output, interrupt.signal);
  } catch (error) {
    if (error instanceof UsageError) {
      output.err(`bulkhead ${command.name}: ${error.message}`);
      output.err(`usage: bulkhead ${command.name} ${command.synopsis}`);
      return exitCodes.usage;
    }
    for (const line of describeError(error)) output.err(line);
    return error instanceof BulkheadError && error.code.startsWith('PLUGIN_')
      ? exitCodes.no
      : exitCodes.environment;
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}

function usage(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'usage: bulkhead COMMAND',
    '',
    ...lines,
    '',
    'bulkhead COMMAND --help tells more; bulkhead --version',
  ].join('\n');
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version: text } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return `bulkhead ${text}`;
}
