import {
  atLowestLevel,
  formatContext,
  parseContext,
  type SelinuxContext,
} from '../../linux/selinux-context.ts';
import type { AskPolicy, PolicyQuestion } from '../../linux/selinux-policy.ts';
import type { PolicyDenial, PolicyNeed } from '../selinux-facts.ts';

/** The contexts that a policy is asked about. */
export interface PolicyContexts {
  /** Context of this process. */
  readonly own: string;
  /** Context of a Podman that this process starts. */
  readonly podman: string;
  /** Contexts that engines derive those of a container's processes and files from. */
  readonly process: string;
  readonly file: string;
}

/** Engines give each container two categories of its own. Any two stand for those. */
const someCategories = 'c1,c2';

/** Asks the policy for everything that a plugin and its host need of each other. Rejects where it can't be asked. */
export async function policyDenials(
  ask: AskPolicy,
  contexts: PolicyContexts,
): Promise<readonly PolicyDenial[]> {
  const own = context(contexts.own);
  const container = ofOneContainer(context(contexts.process));
  const file = ofOneContainer(context(contexts.file));
  const deniedOf = async (need: PolicyNeed, questions: readonly Question[]): Promise<PolicyDenial[]> => {
    const denied = await Promise.all(questions.map((question) => denialOf(ask, question)));
    return denied.flatMap((denial) => (denial === undefined ? [] : [{ need, denial }]));
  };
  const mayLabel = (await denialOf(ask, [own, own, 'process', ['setsockcreate']])) === undefined;
  // The plugin's end of a connection has the type of the plugin's socket, and the levels of the host's end.
  const accepted = { ...container, level: (mayLabel ? atLowestLevel(own) : own).level };
  return [
    ...(await deniedOf('folder', [
      [container, file, 'dir', ['search', 'write', 'add_name', 'remove_name']],
      [container, file, 'sock_file', ['create', 'setattr', 'unlink']],
    ])),
    ...(await deniedOf('call', [
      [own, file, 'dir', ['search']],
      [own, file, 'sock_file', ['write']],
      [own, container, 'unix_stream_socket', ['connectto']],
      [container, accepted, 'unix_stream_socket', ['read', 'write']],
    ])),
    ...(await deniedOf('broker', [
      [own, own, 'process', ['setsockcreate', 'setfscreate']],
      [own, container, 'unix_stream_socket', ['create', 'bind', 'listen', 'accept', 'read', 'write']],
      [own, file, 'sock_file', ['create', 'setattr', 'rename', 'unlink']],
      [own, file, 'dir', ['search', 'write', 'add_name', 'remove_name']],
      [container, file, 'sock_file', ['write']],
      [container, container, 'unix_stream_socket', ['connectto']],
    ])),
    ...(await deniedOf('output', [[container, context(contexts.podman), 'fifo_file', ['write']]])),
    ...(await deniedOf('lock', [[container, container, 'capability', ['ipc_lock']]])),
  ];
}

type Question = readonly [SelinuxContext, SelinuxContext, string, readonly string[]];

async function denialOf(ask: AskPolicy, [from, to, objectClass, permissions]: Question) {
  const [source, target] = [formatContext(from), formatContext(to)];
  const question: PolicyQuestion = { source, target, objectClass, permissions };
  const denied = await ask(question);
  return denied.length === 0
    ? undefined
    : `denied { ${denied.join(' ')} } scontext=${source} tcontext=${target} tclass=${objectClass}`;
}

function context(text: string): SelinuxContext {
  const parsed = parseContext(text);
  if (parsed === undefined) throw new Error(`${text} is no SELinux context`);
  return parsed;
}

function ofOneContainer(of: SelinuxContext): SelinuxContext {
  const { level } = atLowestLevel(of);
  return level === '' || level.includes(':') ? of : { ...of, level: `${level}:${someCategories}` };
}
