/** Shows the lines that a plugin writes: the last ones, however fast they come. */
import { element, foreign } from './dom.js';
import { bounded } from './text.js';

/** @typedef {import('../../operations/instance-json.ts').LogLineData} Line */

/** How many lines are shown. The server keeps more. */
export const mostLines = 500;
/** How much of a line is shown. */
export const longestLine = 4000;

export class Output {
  list = element('ol', { class: 'output', tabindex: '0', 'aria-label': 'Output of the plugin' });
  /** Lines that wait for the next picture of the screen. @type {HTMLLIElement[]} */
  #waiting = [];
  #isAsked = false;

  clear() {
    this.#waiting = [];
    this.list.replaceChildren();
  }

  /** @param {Line} line */
  add({ at, level, stream, generation, text }) {
    const moment = new Date(at);
    const time = element(
      'time',
      { datetime: at, title: at },
      moment.toLocaleTimeString([], { hour12: false }),
    );
    const mark = stream === 'stdout' ? 'stdout' : level;
    const title = `${stream}, ${level}, generation ${generation}`;
    this.#show(
      element(
        'li',
        { class: level },
        time,
        element('span', { class: 'mark', title }, mark),
        foreign(bounded(text, longestLine)),
      ),
    );
  }

  /** @param {number} count */
  leaveOut(count) {
    this.#show(
      element(
        'li',
        { class: 'left-out' },
        `${count} lines are left out: they came faster than they were read.`,
      ),
    );
  }

  /** @param {HTMLLIElement} line */
  #show(line) {
    this.#waiting.push(line);
    if (this.#waiting.length > mostLines) this.#waiting.shift();
    if (this.#isAsked) return;
    this.#isAsked = true;
    // A page that nobody looks at is drawn seldom; the lines wait in a list that has a limit.
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#isAsked = false;
    const { list } = this;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
    list.append(...this.#waiting);
    this.#waiting = [];
    while (list.childElementCount > mostLines) list.firstElementChild?.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }
}
