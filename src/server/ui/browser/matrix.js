/** The view of the predicted matrix: in which cells an image can run here, and why not in the others. */
import { read, RequestError } from './api.js';
import { element, failure, fill, foreign, terms } from './dom.js';
import { cellWords, columns, enginesOf, findingsOf, numberOf } from './matrix-grid.js';
import { openPanel } from './panel.js';
import { counted } from './text.js';

/** @typedef {import('./matrix-grid.js').MatrixRow} MatrixRow */
/** @typedef {import('./matrix-grid.js').Reason} Reason */
/** @typedef {import('./matrix-grid.js').Finding} Finding */

const signs = { works: '✓', refused: '✕', unknown: '?' };

/**
 * @param {HTMLElement} view
 * @param {{ readonly signal: AbortSignal, readonly onRefused: (error: Error) => void }} options
 */
export async function showMatrix(view, { signal, onRefused }) {
  const image = element('input', {
    id: 'image',
    type: 'text',
    placeholder: 'localhost/my-plugin:1.0',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '1000',
  });
  const ask = element('button', { type: 'submit' }, 'Predict');
  const form = element(
    'form',
    { class: 'ask' },
    element('label', { for: 'image' }, 'Image'),
    image,
    ask,
    element(
      'span',
      { class: 'soft' },
      'Without an image, one as it should be is assumed. Nothing is launched.',
    ),
  );
  const result = element('div', { id: 'matrix-result' });
  fill(view, element('h1', {}, 'Compatibility matrix'), form, result);
  const show = async () => {
    const name = image.value.trim();
    ask.disabled = true;
    fill(result, element('p', { class: 'meta' }, 'The facts are being gathered ...'));
    try {
      const query = name === '' ? '' : `?image=${encodeURIComponent(name)}`;
      const { cells } = await read(`sys/bulkhead/matrix${query}`, { signal });
      fill(result, ...matrixOf(cells, name));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RequestError && error.isRefused) onRefused(error);
      fill(result, failure(error));
    } finally {
      ask.disabled = false;
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void show();
  });
  await show();
}

/** @param {readonly MatrixRow[]} cells @param {string} image */
function matrixOf(cells, image) {
  const findings = findingsOf(cells);
  const having = (/** @type {string} */ verdict) => cells.filter((row) => row.verdict === verdict).length;
  const tiles = /** @type {const} */ (['works', 'refused', 'unknown'])
    .filter((verdict) => verdict !== 'unknown' || having(verdict) > 0)
    .map((verdict) =>
      element(
        'li',
        { class: `tile ${verdict}` },
        element('b', {}, having(verdict)),
        verdict === 'works' ? 'work' : verdict,
      ),
    );
  return [
    element(
      'p',
      { class: 'meta' },
      image === '' ? 'A plugin image as it should be: ' : foreign(image),
      `${image === '' ? '' : ': '}${counted(cells.length, 'cell')}, predicted from facts.`,
    ),
    element('ul', { class: 'tiles' }, ...tiles),
    element('div', { class: 'scroll' }, gridOf(cells, findings)),
    ...(findings.length === 0 ? [] : [element('h2', {}, 'Reasons and remedies'), listOf(findings)]),
  ];
}

/** @param {readonly MatrixRow[]} cells @param {readonly Finding[]} findings */
function gridOf(cells, findings) {
  const head = ['Engine', 'Runtime'].map((title) =>
    element('th', { scope: 'col', class: title.toLowerCase() }, title),
  );
  return element(
    'table',
    { class: 'grid' },
    element(
      'thead',
      {},
      element('tr', {}, ...head, ...columns.map(({ title }) => element('th', { scope: 'col' }, title))),
    ),
    ...enginesOf(cells).map((lines) =>
      element(
        'tbody',
        {},
        ...lines.map(({ first, cells: inLine }, at) =>
          element(
            'tr',
            {},
            at === 0 &&
              element(
                'th',
                { scope: 'rowgroup', class: 'engine', rowspan: String(lines.length) },
                `${first.engine === 'docker' ? 'Docker' : 'Podman'} ${first.mode}`,
                element('small', {}, foreign(first.version)),
              ),
            element('th', { scope: 'row', class: 'runtime' }, foreign(first.runtime)),
            ...inLine.map((row) =>
              row === undefined
                ? element('td', { class: 'none' }, '-')
                : element('td', {}, cellOf(row, findings)),
            ),
          ),
        ),
      ),
    ),
  );
}

/** @param {MatrixRow} row @param {readonly Finding[]} findings */
function cellOf(row, findings) {
  const numbers = row.reasons.map((reason) => numberOf(reason, findings)).join(' ');
  const cell = element(
    'button',
    { type: 'button', class: `cell ${row.verdict}`, 'aria-label': `${cellWords(row)}: ${row.verdict}` },
    element('span', { class: 'sign', 'aria-hidden': 'true' }, signs[row.verdict]),
    element('span', { class: 'word' }, row.verdict, numbers !== '' && element('sup', {}, numbers)),
  );
  cell.addEventListener('click', () => openCell(row));
  return cell;
}

/** @param {MatrixRow} row */
function openCell(row) {
  const { reasons, strategy, verdict } = row;
  const works = verdict === 'works';
  openPanel(
    foreign(cellWords(row)),
    element('p', { class: 'meta' }, foreign(`${row.engine} ${row.version} at ${row.socketPath}`)),
    element('p', {}, element('span', { class: `badge ${verdict}` }, `${signs[verdict]} ${verdict}`)),
    reasons.length > 0 && element('h3', {}, works ? 'Worth knowing' : 'Why'),
    ...reasons.map((reason) =>
      element('div', { class: 'reason' }, element('b', {}, reason.requirement), reasonOf(reason, !works)),
    ),
    element('h3', {}, works ? 'How it is launched' : 'How a forced launch is tried'),
    terms(
      [
        ['Socket shared by', strategy.recipe.replaceAll('-', ' ')],
        ['Service', strategy.service === 'given' ? 'the engine itself' : 'a Podman service of its own'],
        ['User', foreign(strategy.user ?? "the image's own")],
        ['Groups', strategy.groups.join(', ') || 'none'],
        ['Capabilities', strategy.capabilities.join(', ') || 'none'],
        ['New privileges', strategy.noNewPrivileges ? 'forbidden' : 'allowed'],
        ['Ulimits', strategy.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`).join(', ')],
      ],
      'strategy',
    ),
  );
}

/** @param {readonly Finding[]} findings */
function listOf(findings) {
  return element(
    'ol',
    { class: 'findings' },
    ...findings.map(({ number, reason, hinders, cells }) =>
      element(
        'li',
        { class: `finding${hinders ? ' hinders' : ''}` },
        element('span', { class: 'number' }, number),
        element(
          'div',
          {},
          element('h3', {}, reason.requirement),
          reasonOf(reason, hinders),
          element(
            'details',
            {},
            element('summary', {}, counted(cells.length, 'cell')),
            element('ul', {}, ...cells.map((row) => element('li', {}, cellWords(row)))),
          ),
        ),
      ),
    ),
  );
}

/** @param {Reason} reason @param {boolean} hinders */
function reasonOf({ observed, remedy, source, rule }, hinders) {
  return terms([
    ['Seen', foreign(observed, 'lines')],
    [hinders ? 'To do' : 'Advice', foreign(remedy, 'lines todo')],
    ['Source', foreign(source, 'lines soft')],
    ['Rule', element('code', {}, rule)],
  ]);
}
