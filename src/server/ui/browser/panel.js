/** The panel at the side. It is a popover of the browser: Escape closes it and returns the focus. One is open at a time. */
import { element } from './dom.js';

/**
 * Opens the panel, in the place of the one that is open.
 *
 * @param {import('./dom.js').Child} title
 * @param {...import('./dom.js').Child} content
 * @returns {{ readonly signal: AbortSignal }} aborted when the panel is closed
 */
export function openPanel(title, ...content) {
  const closed = new AbortController();
  const close = element(
    'button',
    { type: 'button', class: 'close', 'aria-label': 'Close', autofocus: true },
    '✕',
  );
  const panel = element(
    'section',
    { class: 'panel', popover: 'auto', role: 'dialog', 'aria-labelledby': 'panel-title' },
    element('header', {}, element('h2', { id: 'panel-title' }, title), close),
    ...content,
  );
  close.addEventListener('click', () => panel.hidePopover());
  panel.addEventListener('toggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== 'closed') return;
    closed.abort();
    panel.remove();
  });
  document.body.append(panel);
  panel.showPopover();
  return { signal: closed.signal };
}

/** Closes the panel that is open. */
export function closePanel() {
  for (const panel of document.querySelectorAll('.panel')) /** @type {HTMLElement} */ (panel).hidePopover();
}
