/** The panel of one instance: everything that is known of it, and what it writes, as it writes it. */
import { RequestError } from './api.js';
import { element, fill, foreign, terms } from './dom.js';
import { followLive } from './live.js';
import { Output } from './output.js';
import { openPanel } from './panel.js';
import { stateBadge } from './states.js';
import { counted } from './text.js';

/** @typedef {import('../../operations/instance-json.ts').InstanceData} Instance */

/**
 * @param {Instance} instance
 * @param {() => Instance | undefined} current the instance as it is by now; `undefined` when it is gone
 */
export function openInstance(instance, current) {
  const facts = element('div', { class: 'facts' });
  const output = new Output();
  const note = element('p', { class: 'soft note', role: 'status' });
  const { signal } = openPanel(
    foreign(`${instance.type}/${instance.name}`),
    facts,
    element('h3', {}, 'Output'),
    output.list,
    note,
  );
  let shown = '';
  const update = () => {
    const now = current();
    const words = JSON.stringify({ ...now, last_output: null });
    if (words === shown) return;
    shown = words;
    fill(facts, now === undefined ? element('p', { class: 'soft' }, 'It is gone.') : factsOf(now));
  };
  update();
  const ticks = setInterval(update, 500);
  signal.addEventListener('abort', () => clearInterval(ticks), { once: true });
  followLive(
    `sys/bulkhead/instances/${encodeURIComponent(instance.id)}/follow?lines=500`,
    {
      onOpen: () => {
        output.clear();
        fill(note);
      },
      onEvent: ({ name, data }) => {
        if (name === 'line') output.add(/** @type {any} */ (data));
        if (name === 'left-out') output.leaveOut(data.count);
        if (name === 'end') fill(note, `The output has ended: ${data.reason}.`);
      },
      onLost: (why) => fill(note, `The connection was lost and is made anew: ${why}`),
    },
    { signal },
  ).catch((error) => {
    const isGone = error instanceof RequestError && error.status === 404;
    fill(note, isGone ? 'The instance is gone.' : `The output can't be read: ${error.message}`);
  });
}

/** @param {Instance} instance */
function factsOf(instance) {
  const { last_end: end, until } = instance;
  const local = (/** @type {string} */ moment) => new Date(moment).toLocaleString();
  /** @type {(readonly [string, import('./dom.js').Child | null])[]} */
  const entries = [
    ['State', element('span', {}, stateBadge(instance.state), ` since ${local(instance.since)}`)],
    ['Next start', until && local(until)],
    ['Reason', instance.reason && foreign(instance.reason)],
    ['Version', instance.version && foreign(instance.version)],
    ['Image', foreign(instance.image)],
    ['Image id', foreign(instance.image_id, 'id')],
    ['Runtime', foreign(instance.runtime)],
    ['Container', instance.container_id && foreign(instance.container_id.slice(0, 12), 'id')],
    [
      'Protocol',
      instance.protocol_version && `version ${instance.protocol_version}, ${instance.tls ? 'TLS' : 'no TLS'}`,
    ],
    ['Restarts', instance.restarts],
    ['Last end', end && foreign(`${local(end.at)}: ${end.reason}`)],
    ['Calls', `${instance.calls} under way, ${instance.waiting} waiting`],
    [
      'Mounts',
      `${counted(instance.mounts.length, 'mount')}${instance.shared === false ? ', not shared' : ''}`,
    ],
    ['Spare', instance.spare === null ? undefined : instance.spare ? 'ready' : 'not ready'],
    ['Drift', instance.drift.length > 0 && foreign(`${instance.drift.join(', ')}; a reload removes it`)],
    ['Instance', foreign(instance.id, 'id')],
  ];
  return terms(entries.map(([term, meaning]) => [term, meaning ?? undefined]));
}
