/** Makes elements. Every text goes in as a text, with what is unsafe in it made visible: nothing here reads HTML. */
import { visible } from './text.js';

/** @typedef {Node | string | number | undefined | false} Child */

/**
 * `element('td', { class: 'soft' }, name, ' of ', count)`
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string | boolean | undefined>>} attributes those that are undefined or false are left out
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? '' : visible(value));
  }
  fill(made, ...children);
  return made;
}

/**
 * Replaces what an element holds.
 *
 * @param {Element} parent
 * @param {...(Child | readonly Child[])} children
 */
export function fill(parent, ...children) {
  /** @type {Node[]} */
  const nodes = [];
  for (const child of children.flat()) {
    if (child === undefined || child === false) continue;
    nodes.push(child instanceof Node ? child : document.createTextNode(visible(String(child))));
  }
  parent.replaceChildren(...nodes);
}

/**
 * Changes a text only where it differs, so that what a reader has selected stays selected.
 *
 * @param {Element} target
 * @param {string} text
 */
export function say(target, text) {
  const shown = visible(text);
  if (target.textContent !== shown) target.textContent = shown;
}

/**
 * A text that somebody else wrote: whatever its direction of writing, it does not reorder what stands beside it.
 *
 * @param {string} text
 * @param {string} [look] class
 */
export function foreign(text, look) {
  return element('bdi', { class: look }, text);
}

/**
 * A list of terms with what they mean; those without a meaning are left out.
 *
 * @param {readonly (readonly [string, Child])[]} entries
 * @param {string} [look] class
 */
export function terms(entries, look) {
  const list = element('dl', { class: look });
  for (const [term, meaning] of entries) {
    if (meaning === undefined || meaning === '' || meaning === false) continue;
    list.append(element('dt', {}, term), element('dd', {}, meaning));
  }
  return list;
}

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * What is shown in place of what could not be read.
 *
 * @param {unknown} error
 */
export function failure(error) {
  return element(
    'p',
    { class: 'unmet', role: 'alert' },
    foreign(String(/** @type {Error} */ (error).message)),
  );
}
