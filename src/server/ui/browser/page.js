/** The page: asks for a token, and shows one of the views. */
import { read, RequestError, useToken } from './api.js';
import { showCatalog } from './catalog.js';
import { byId, element, fill, foreign, say } from './dom.js';
import { showInstances } from './instances.js';
import { showMatrix } from './matrix.js';
import { closePanel } from './panel.js';

const view = byId('view', HTMLElement);
const bar = byId('bar', HTMLElement);
const link = byId('link', HTMLElement);
const signIn = byId('sign-in', HTMLFormElement);
const tokenField = byId('token', HTMLInputElement);
const problem = byId('problem', HTMLElement);

const views = { instances: showInstances, matrix: showMatrix, catalog: showCatalog };

/** The view that is open. */
let open = new AbortController();
let isSignedIn = false;

/** @param {string} [why] */
function signOut(why = '') {
  open.abort();
  closePanel();
  useToken('');
  isSignedIn = false;
  bar.hidden = true;
  fill(view);
  view.hidden = true;
  signIn.hidden = false;
  say(problem, why);
  tokenField.value = '';
  tokenField.focus();
}

/**
 * Handles what a view could not do: a token that is not accepted at all is asked for again; one that is too narrow for this
 * view may do for another.
 *
 * @param {unknown} error
 * @param {AbortSignal} signal
 */
async function onRefused(error, signal) {
  if (!(error instanceof RequestError && error.isRefused)) return;
  const isAccepted = await read('auth/token/lookup-self', { signal }).then(
    () => true,
    (why) => !(why instanceof RequestError && why.isRefused),
  );
  if (!isAccepted && !signal.aborted)
    signOut('This token is not accepted: it is unknown, was revoked, or has ended.');
}

/** @param {'connecting' | 'live' | 'lost' | ''} state @param {string} [why] */
function onLink(state, why) {
  link.dataset['state'] = state;
  const words = {
    connecting: 'connecting',
    live: 'live',
    lost: `connection lost, trying again: ${why ?? ''}`,
    '': '',
  };
  say(link, words[state]);
}

async function showView() {
  if (!isSignedIn) return;
  open.abort();
  closePanel();
  const opened = new AbortController();
  open = opened;
  const wanted = location.hash.slice(1);
  const name = Object.hasOwn(views, wanted) ? /** @type {keyof typeof views} */ (wanted) : 'instances';
  for (const each of bar.querySelectorAll('nav a')) {
    if (each.getAttribute('href') === `#${name}`) each.setAttribute('aria-current', 'page');
    else each.removeAttribute('aria-current');
  }
  onLink('');
  const { signal } = opened;
  // Each view writes into an element of its own: what an older one still does is not seen.
  const place = element('div');
  fill(view, place);
  const fail = (/** @type {unknown} */ error) => {
    if (signal.aborted) return;
    onLink('');
    const why = error instanceof Error ? error.message : String(error);
    fill(
      place,
      element('h1', {}, 'This can not be shown'),
      element('p', { class: 'unmet', role: 'alert' }, foreign(why)),
    );
    void onRefused(error, signal);
  };
  try {
    await views[name](place, {
      signal,
      onRefused: fail,
      onLink: (/** @type {any} */ state, /** @type {string | undefined} */ why) => {
        if (!signal.aborted) onLink(state, why);
      },
    });
  } catch (error) {
    fail(error);
  }
}

signIn.addEventListener('submit', (event) => {
  event.preventDefault();
  const given = tokenField.value.trim();
  if (given === '') return;
  tokenField.value = '';
  useToken(given);
  isSignedIn = true;
  say(problem, '');
  signIn.hidden = true;
  bar.hidden = false;
  view.hidden = false;
  void showView();
});
byId('sign-out', HTMLButtonElement).addEventListener('click', () => signOut());
addEventListener('hashchange', () => void showView());
signOut();
