import { readFileSync } from 'node:fs';
import type { SelinuxPlan } from '../../compatibility/index.ts';
import type { InspectedContainer } from '../../engine/index.ts';
import { withCreationContexts } from '../../linux/creation-context.ts';
import { atLowestLevel, formatContext, parseContext } from '../../linux/selinux-context.ts';
import type { MakeSocket } from '../../goplugin/index.ts';

const ownContext = '/proc/thread-self/attr/current';

/**
 * Makes the host's sockets for one container, with the SELinux contexts that they need. `undefined` where nothing is to be done: the engine labels nothing, the
 * container has no label, or SELinux is off.
 *
 * - A socket that the plugin connects to gets the label of the plugin's container, with its categories: no other
 *   container may connect to it. Its file gets that of the container's files.
 * - A socket that connects to the plugin keeps the context of this process, at its lowest level. The plugin's end of the
 *   connection takes over that level, and a plugin may not read from a connection whose level is above its own.
 */
export function socketLabels(
  plan: SelinuxPlan | undefined,
  { processLabel, mountLabel }: Pick<InspectedContainer, 'processLabel' | 'mountLabel'>,
  { own = readContext(), attributes }: { own?: string; attributes?: string } = {},
): MakeSocket | undefined {
  const context = parseContext(own);
  if (plan?.label !== 'own' || processLabel === '' || context === undefined) return undefined;
  const connecting = formatContext(atLowestLevel(context));
  return (purpose, make) => {
    if (purpose === 'connect') {
      return connecting === own ? make() : whereAllowed({ socket: connecting }, make, attributes);
    }
    if (!plan.labelSockets) return make();
    const contexts = { socket: processLabel, file: mountLabel === '' ? undefined : mountLabel };
    return withCreationContexts(contexts, make, attributes);
  };
}

/** Policies that do not let this process choose the level may not need it either, so that it is tried without. */
function whereAllowed<T>(contexts: { socket: string }, make: () => T, attributes: string | undefined): T {
  const attempt = { begun: false };
  const begin = (): T => {
    attempt.begun = true;
    return make();
  };
  try {
    return withCreationContexts(contexts, begin, attributes);
  } catch (error) {
    if (attempt.begun) throw error;
    return make();
  }
}

function readContext(): string {
  try {
    return readFileSync(ownContext, 'utf8').replace(/[\0\n]+$/, '');
  } catch {
    return ''; // a kernel without such modules
  }
}
