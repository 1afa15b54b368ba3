/** How the states of an instance look: a word, a sign and a colour, so that no reader needs the colour. */
import { element } from './dom.js';

/** @type {Readonly<Record<string, readonly [look: string, sign: string]>>} */
const looks = {
  starting: ['unknown', '↻'],
  ready: ['works', '✓'],
  restarting: ['unknown', '↻'],
  'backing-off': ['unknown', '⏸'],
  failed: ['refused', '✕'],
  draining: ['', '↓'],
  stopped: ['', '■'],
};

/** @param {string} state */
export function stateBadge(state) {
  const [look, sign] = looks[state] ?? ['', ''];
  return element(
    'span',
    { class: `badge ${look}` },
    element('span', { 'aria-hidden': 'true' }, sign),
    ` ${state}`,
  );
}
