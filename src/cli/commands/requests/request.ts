/** `bulkhead read`, `write`, `patch`, `delete` and `list`: requests to mounts that the directory keeps. */
import type { KeptAnswer, KeptOperation } from '../../../vault/internal.ts';
import { command, type Command, type Context } from '../../command.ts';
import { exitCodes, type ExitCode } from '../../exit-codes.ts';
import { toggle } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { UsageError } from '../../usage-error.ts';
import { answerFlags, printAnswer, printNames } from '../../vault/print-answer.ts';
import { withoutValues } from '../../vault/without-values.ts';
import { mountsFlags, withMounts } from '../../vault/with-mounts.ts';

export interface RequestCommand {
  readonly name: KeptOperation;
  readonly summary: string;
  readonly details?: readonly string[];
  readonly examples: readonly string[];
  /** The sentence that is printed when the plugin answers nothing. Without it, such an answer means no. */
  readonly success?: string;
}

const about =
  'PATH begins with the path of a mount, as secret list and auth list show it. The plugin is started for the command and ended again, unless bulkhead serve has it running.';
const aboutData =
  'A value is a text, @FILE for the content of a file, or - for the standard input; a lone - or @FILE is an object of JSON. Other users of the machine can read arguments (ps), so give a secret by a file or the standard input.';

const plainFlags = { ...answerFlags, ...mountsFlags };
const withForce = { force: toggle('send it without data too', { short: 'f' }), ...plainFlags };

/** @param refusesNothing whether data are needed, unless -force is given */
export function requestCommand(definition: RequestCommand, refusesNothing = false): Command {
  const { name, summary, details = [], examples } = definition;
  return command({
    name,
    summary,
    details: [about, ...details, aboutData],
    examples,
    positionals: [{ name: 'PATH' }, { name: 'KEY=VALUE', rest: true }],
    flags: refusesNothing ? withForce : (plainFlags as typeof withForce),
    async run({ args: [path, words], flags }, context) {
      if (refusesNothing && words.length === 0 && !flags.force)
        throw new UsageError(`${name} needs data: KEY=VALUE, or -force to send none`);
      const asked = path.replace(/^\/+/, '');
      if (asked === '') throw new UsageError('PATH is empty: it begins with the path of a mount');
      const { processSources, requestData } = await import('../../vault/request-data.ts');
      const data = await requestData(words, processSources(context.signal));
      const answer = await withMounts(flags, context, {}, (mounts) =>
        mounts.request({ operation: name, path: asked, data }, { signal: context.signal }),
      ).catch((error: unknown) => {
        context.signal.throwIfAborted();
        throw withoutValues(error, data);
      });
      return tell(definition, asked, answer, flags, context);
    },
  });
}

async function tell(
  { name, success }: RequestCommand,
  path: string,
  answer: KeptAnswer | undefined,
  wanted: { readonly field: string | undefined; readonly format: 'table' | 'json' | 'yaml' },
  { terminal, did }: Context,
): Promise<ExitCode> {
  if (name !== 'read' && name !== 'list') did('the request was carried out');
  if (answer === undefined) {
    if (success === undefined) {
      terminal.err(plainText(`No value found at ${path}`));
      return exitCodes.no;
    }
    terminal.out(plainText(`Success! ${success}: ${path}`));
    return exitCodes.ok;
  }
  if (name === 'list') printNames(terminal, answer.data['keys'] as readonly string[], wanted);
  else if (success !== undefined && isEmpty(answer)) {
    for (const warning of answer.warnings) terminal.err(`Warning: ${plainText(warning)}`);
    terminal.out(plainText(`Success! ${success}: ${path}`));
  } else await printAnswer(terminal, answer, wanted);
  return answer.status < 400 ? exitCodes.ok : exitCodes.no;
}

/** Whether an answer says nothing but that it is one. */
function isEmpty({ data, auth, wrap_info, body }: KeptAnswer): boolean {
  return Object.keys(data).length === 0 && auth === null && wrap_info === null && body === null;
}
