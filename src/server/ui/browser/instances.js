/** The view of the instances: what they are, their state, and the last line that each has written. */
import { element, fill, foreign, say } from './dom.js';
import { openInstance } from './instance-panel.js';
import { followLive } from './live.js';
import { stateBadge } from './states.js';
import { age, counted } from './text.js';

/** @typedef {import('../../operations/instance-json.ts').InstanceData} Instance */

/**
 * @typedef {object} Row
 * @property {HTMLTableRowElement} line
 * @property {(instance: Instance) => void} update
 * @property {() => void} tick shows how much time has passed
 */

/**
 * Shows the instances and keeps them as they are, until the abort.
 *
 * @param {HTMLElement} view
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {(state: 'connecting' | 'live' | 'lost', why?: string) => void} options.onLink told how the connection is
 */
export async function showInstances(view, { signal, onLink }) {
  /** @type {Map<string, Instance>} */
  const instances = new Map();
  /** @type {Map<string, Row>} */
  const rows = new Map();
  const body = element('tbody');
  const summary = element('p', { class: 'meta', 'aria-live': 'polite' });
  const empty = element('p', { class: 'empty', hidden: true }, 'No plugin runs.');
  const table = element(
    'table',
    { class: 'list' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['Plugin', 'State', 'Restarts', 'Mounts', 'Calls', 'Last output'].map((title) =>
          element('th', { scope: 'col', class: title.toLowerCase().replace(' ', '-') }, title),
        ),
      ),
    ),
    body,
  );
  const scroll = element('div', { class: 'scroll', hidden: true }, table);
  fill(view, element('h1', {}, 'Instances'), summary, empty, scroll);

  const arrange = () => {
    const sorted = [...instances.values()].sort(inOrder);
    for (const [at, { id }] of sorted.entries()) {
      const line = rows.get(id)?.line;
      // A line that stands where it belongs is not moved: it would lose the focus.
      if (line !== undefined && body.children[at] !== line)
        body.insertBefore(line, body.children[at] ?? null);
    }
    say(summary, summaryOf(sorted));
    empty.hidden = sorted.length > 0;
    scroll.hidden = sorted.length === 0;
  };
  const forget = (/** @type {string} */ id) => {
    instances.delete(id);
    rows.get(id)?.line.remove();
    rows.delete(id);
  };

  const ticks = setInterval(() => {
    for (const row of rows.values()) row.tick();
  }, 1000);
  signal.addEventListener('abort', () => clearInterval(ticks), { once: true });

  /** Instances that the present connection has told of. @type {Set<string>} */
  let told = new Set();
  onLink('connecting');
  await followLive(
    'sys/bulkhead/events',
    {
      onOpen: () => {
        told = new Set();
      },
      onEvent: ({ name, data }) => {
        if (name === 'instance') {
          const instance = /** @type {Instance} */ (data);
          told.add(instance.id);
          instances.set(instance.id, instance);
          const row = rows.get(instance.id) ?? rowOf(() => instances.get(instance.id));
          rows.set(instance.id, row);
          row.update(instance);
        }
        if (name === 'gone') forget(data.id);
        if (name === 'ready') {
          for (const id of instances.keys()) if (!told.has(id)) forget(id);
          onLink('live');
        }
        arrange();
      },
      onLost: (why) => onLink('lost', why),
    },
    { signal },
  );
}

/**
 * @param {() => Instance | undefined} current
 * @returns {Row}
 */
function rowOf(current) {
  const name = foreign('', 'name');
  const version = foreign('', 'soft');
  const open = element('button', { type: 'button', class: 'open' }, name, ' ', version);
  open.addEventListener('click', () => {
    const instance = current();
    if (instance !== undefined) openInstance(instance, current);
  });
  const state = element('td', { class: 'state' });
  const [restarts, mounts, calls] = [element('td'), element('td'), element('td')];
  const text = foreign('');
  const time = element('time', { class: 'soft' });
  const output = element('td', { class: 'last-output' }, time, text);
  const line = element(
    'tr',
    {},
    element('th', { scope: 'row' }, open),
    state,
    restarts,
    mounts,
    calls,
    output,
  );
  const since = element('small', { class: 'soft' });
  let shown = '';
  const tick = () => {
    const instance = current();
    if (instance === undefined) return;
    say(since, age(instance.since, Date.now()));
    say(time, instance.last_output === null ? '' : age(instance.last_output.at, Date.now()));
  };
  return {
    line,
    tick,
    update(instance) {
      say(name, `${instance.type}/${instance.name}`);
      say(version, instance.version);
      if (shown !== instance.state) fill(state, stateBadge(instance.state), since);
      shown = instance.state;
      say(restarts, String(instance.restarts));
      restarts.classList.toggle('many', instance.restarts > 0);
      say(mounts, String(instance.mounts.length));
      say(
        calls,
        instance.waiting > 0 ? `${instance.calls} (${instance.waiting} wait)` : String(instance.calls),
      );
      say(text, instance.last_output?.text ?? '');
      output.dataset['level'] = instance.last_output?.level ?? '';
      line.dataset['id'] = instance.id;
      tick();
    },
  };
}

/** @param {Instance} a @param {Instance} b */
function inOrder(a, b) {
  const [one, other] = [a, b].map(({ type, name, version, id }) => `${type}/${name}/${version}/${id}`);
  return (one ?? '') < (other ?? '') ? -1 : 1;
}

/** @param {readonly Instance[]} instances */
function summaryOf(instances) {
  if (instances.length === 0) return '';
  const having = (/** @type {readonly string[]} */ states) =>
    instances.filter(({ state }) => states.includes(state)).length;
  const ready = having(['ready']);
  const failed = having(['failed']);
  const moving = instances.length - ready - failed;
  const restarts = instances.reduce((sum, each) => sum + each.restarts, 0);
  return [
    `${counted(instances.length, 'instance')}: ${ready} ready`,
    moving > 0 && `${moving} between states`,
    failed > 0 && `${failed} failed`,
    counted(restarts, 'restart'),
  ]
    .filter((part) => part !== false)
    .join(', ');
}
