import {
  cellWords,
  findingsOf,
  gridOf,
  numbersOf,
  outcomeOf,
  rowWords,
  type Finding,
  type GridLine,
  type MatrixReport,
  type Outcome,
} from '../report.ts';
import type { MatrixRow } from '../../../compatibility/index.ts';
import { html, inLines, Markup } from './markup.ts';
import { panel, reality, signs } from './panel.ts';
import { reasonList } from './reason-list.ts';
import { pageStyle } from '../../../page-style.ts';

/**
 * A self-contained page: it has no script, font or image, and fetches nothing. Its content security policy forbids all
 * of that, so that even an error in the escaping could not run anything.
 */
export function matrixHtml(report: MatrixReport): string {
  const findings = findingsOf(report.result);
  const numbered = new Map(report.result.cells.map((row, at) => [row, `cell-${at + 1}`]));
  const title = report.image === undefined ? 'Compatibility matrix' : `Compatibility of ${report.image}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - Bulkhead</title>
        <style>
          ${new Markup(pageStyle)}
        </style>
      </head>
      <body>
        <main>
          ${head(report, title)} ${filters(report)} ${grid(report, findings, numbered)}
          ${findings.length === 0 ? undefined : knowledge(findings)}
          <footer>
            Made by Bulkhead ${report.version}. A cell is one combination of engine, mode, OCI runtime,
            container user and locked memory (mlock).
          </footer>
        </main>
        <div class="panels">
          ${report.result.cells.map((row) => panel(row, numbered.get(row) ?? '', findings))}
        </div>
      </body>
    </html> `.text;
}

const outcomes: readonly Outcome[] = ['works', 'refused', 'unknown', 'differs'];
const tileWords = {
  works: 'work',
  refused: 'refused',
  unknown: 'unknown',
  differs: 'not as predicted',
} as const;

function head({ result, image, generatedAt, unmet = [] }: MatrixReport, title: string): Markup {
  const counts = new Map(outcomes.map((outcome) => [outcome, 0]));
  for (const row of result.cells) {
    const outcome = outcomeOf(row);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const time = generatedAt.toISOString();
  const shown = outcomes.filter(
    (outcome) =>
      ['works', 'refused'].includes(outcome) ||
      (counts.get(outcome) ?? 0) > 0 ||
      (outcome === 'differs' && result.summary.launched > 0),
  );
  return html`<header>
    <h1>${title}</h1>
    <p class="meta">
      ${image === undefined ? 'For a plugin image as it should be. ' : ''}${cellsInWords(result)}
      <time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>
    </p>
    <ul class="tiles">
      ${shown.map(
        (outcome) =>
          html`<li class="tile ${outcome}"><b>${counts.get(outcome)}</b>${tileWords[outcome]}</li>`,
      )}
    </ul>
    ${
      unmet.length === 0
        ? undefined
        : html`<div class="unmet" role="alert">
            <b>Required, and does not work:</b>
            <ul>
              ${unmet.map((cell) => html`<li>${cellWords(cell)}</li>`)}
            </ul>
          </div>`
    }
  </header>`;
}

/** Summarises the cells; the tiles show the rest. */
function cellsInWords({ summary: { cells, launched } }: MatrixReport['result']): string {
  const reality =
    launched === 0
      ? 'predicted from facts, none launched'
      : `predicted from facts, ${launched === cells ? 'all' : launched} really launched`;
  return `${cells} cells, ${reality}.`;
}

/** Filters as radio buttons that the style sheet evaluates, so that they need no script. */
function filters({ result }: MatrixReport): Markup | undefined {
  const present = outcomes.filter((outcome) => result.cells.some((row) => outcomeOf(row) === outcome));
  if (present.length < 2) return undefined;
  const option = (name: string, word: string, checked = false): Markup =>
    html`<label
      ><input type="radio" name="show" id="show-${name}" ${checked ? new Markup(' checked') : ''} /><span
        >${word}</span
      ></label
    >`;
  return html`<fieldset class="show">
    <legend>Show</legend>
    ${option('all', 'all', true)}${present.map((outcome) => option(outcome, tileWords[outcome]))}
  </fieldset>`;
}

function grid(
  { result }: MatrixReport,
  findings: readonly Finding[],
  ids: ReadonlyMap<MatrixRow, string>,
): Markup {
  const { columns, lines } = gridOf(result);
  return html`<div class="scroll">
    <table class="grid">
      <thead>
        <tr>
          <th scope="col" class="engine">Engine</th>
          <th scope="col" class="runtime">Runtime</th>
          ${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      ${engines(lines).map(
        (inEngine) =>
          html`<tbody>
            ${inEngine.map(
              (line, at) =>
                html`<tr>
                  ${
                    at > 0
                      ? undefined
                      : html`<th class="engine" scope="rowgroup" rowspan="${inEngine.length}">
                          ${nameOf(line.engine)} ${line.mode}<small>${line.version}</small>
                        </th>`
                  }
                  <th class="runtime" scope="row">${line.runtime}</th>
                  ${line.cells.map((row) =>
                    row === undefined
                      ? html`<td class="none">-</td>`
                      : html`<td>${cell(row, ids.get(row) ?? '', findings)}</td>`,
                  )}
                </tr> `,
            )}
          </tbody> `,
      )}
    </table>
  </div>`;
}

function cell(row: MatrixRow, id: string, findings: readonly Finding[]): Markup {
  const outcome = outcomeOf(row);
  const numbers = numbersOf(row, findings);
  return html`<button
    type="button"
    class="cell ${outcome}"
    popovertarget="${id}"
    aria-label="${rowWords(row)}: ${row.verdict}${row.live === undefined ? '' : `; ${reality(row)}`}"
  >
    <span class="sign" aria-hidden="true">${signs[outcome]}</span
    ><span class="word"
      >${outcome === 'differs' ? `predicted ${row.verdict}` : row.verdict}${numbers.length === 0 ? undefined : html`<sup>${numbers.join(' ')}</sup>`}</span
    ><span class="real">${row.live === undefined ? '' : reality(row)}</span>
  </button>`;
}

/** Groups the lines by engine. */
function engines(lines: readonly GridLine[]): GridLine[][] {
  const groups: GridLine[][] = [];
  for (const line of lines) {
    const last = groups.at(-1)?.[0];
    const same = last?.engine === line.engine && last.mode === line.mode && last.version === line.version;
    if (same) groups.at(-1)?.push(line);
    else groups.push([line]);
  }
  return groups;
}

function nameOf(engine: MatrixRow['engine']): string {
  return engine === 'docker' ? 'Docker' : 'Podman';
}

function knowledge(findings: readonly Finding[]): Markup {
  return html`<section aria-labelledby="reasons">
    <h2 id="reasons">Reasons and remedies</h2>
    <ol class="findings">
      ${findings.map(
        ({ number, reason, observed, hinders, cells }) =>
          html`<li class="finding${hinders ? ' hinders' : ''}" id="reason-${number}">
            <span class="number">${number}</span>
            <div>
              <h3>${reason.requirement}</h3>
              ${reasonList(reason, html`${inLines(observed[0] ?? '')}${others(observed.length - 1)}`, hinders)}
              <details>
                <summary>${cells.length === 1 ? '1 cell' : `${cells.length} cells`}</summary>
                <ul>
                  ${cells.map((row) => html`<li>${rowWords(row)}</li>`)}
                </ul>
              </details>
            </div>
          </li> `,
      )}
    </ol>
  </section>`;
}

/** Says how many other observations there are: evidence differs from engine to engine, and is shown in the cells. */
function others(count: number): Markup | undefined {
  if (count === 0) return undefined;
  return html` <span class="soft">and ${count} more alike, each with its evidence in the cell</span>`;
}
