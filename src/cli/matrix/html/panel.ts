import { passedSettings, snakeCase } from '../../../settings/setting-list.ts';
import type { LaunchStrategy, MatrixRow } from '../../../compatibility/index.ts';
import { cellWords, channelWords, numberOf, outcomeOf, type Finding } from '../report.ts';
import { html, inLines, type Markup } from './markup.ts';
import { reasonList } from './reason-list.ts';

export const signs = { works: '✓', refused: '✕', unknown: '?', differs: '≠' } as const;

/** Describes the outcome of a launch in a few words. */
export function reality({ live }: MatrixRow): string {
  if (live === undefined) return 'not launched';
  return `${live.ok ? 'launched' : 'launch failed'}, ${(live.milliseconds / 1000).toFixed(1)} s`;
}

/**
 * The panel that a cell opens: prediction beside reality, reasons, and how the plugin is launched. It is a popover of
 * the browser: Escape closes it and returns the focus to the cell. Only panels that say more than the list of reasons
 * are printed on paper.
 */
export function panel(row: MatrixRow, id: string, findings: readonly Finding[]): Markup {
  const outcome = outcomeOf(row);
  const told = row.live?.error !== undefined && row.verdict !== 'refused';
  return html`<section
    popover
    class="panel${told ? ' told' : ''}"
    id="${id}"
    role="dialog"
    aria-labelledby="${id}-name"
  >
    <header>
      <h2 id="${id}-name">${cellWords(row)}</h2>
      <button
        type="button"
        class="close"
        popovertarget="${id}"
        popovertargetaction="hide"
        aria-label="Close"
        autofocus
      >
        ✕
      </button>
    </header>
    <p class="meta">${row.engine} ${row.version} at ${row.socketPath}</p>
    <div class="sides">
      <div class="side">
        <small>Predicted</small><span class="badge ${row.verdict}">${signs[row.verdict]} ${row.verdict}</span>
      </div>
      <div class="side"><small>Real</small>${real(row, outcome === 'differs')}</div>
    </div>
    ${
      row.reasons.length === 0
        ? undefined
        : html`<h3>${row.verdict === 'works' ? 'Worth knowing' : 'Why'}</h3>
            ${row.reasons.map(
              (reason) =>
                html`<div class="reason">
                  <b>${numberOf(reason, findings)}. ${reason.requirement}</b>
                  ${reasonList(reason, inLines(reason.observed), row.verdict !== 'works')}
                </div>`,
            )}`
    }
    <h3>${row.verdict === 'works' ? 'How it is launched' : 'How a forced launch is tried'}</h3>
    ${strategy(row.strategy)}
  </section> `;
}

function real(row: MatrixRow, differs: boolean): Markup {
  const { live } = row;
  if (live === undefined) return html`<span class="soft">not launched</span>`;
  const kind = differs ? 'differs' : live.ok ? 'works' : 'refused';
  return html`<span class="badge ${kind}"
      >${live.ok ? `${signs.works} works` : `${signs.refused} fails`}</span
    >
    <span class="soft">${(live.milliseconds / 1000).toFixed(2)} s</span>${
      live.error === undefined
        ? undefined
        : html`<p>
            <code>${live.error.code}</code>
            ${inLines(`${live.error.message}\n${live.error.hint ?? ''}`)}
          </p>`
    }${channelWords(row) === '' ? undefined : html`<p class="soft">${channelWords(row)}</p>`}`;
}

function strategy(launch: LaunchStrategy): Markup {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Socket shared by', launch.recipe.replaceAll('-', ' ')],
    ['Service', launch.service === 'given' ? 'the engine itself' : 'a Podman service of our own'],
    ['User', launch.user ?? "the image's own"],
    ['Groups', launch.groups.join(', ') || 'none'],
    ['Capabilities', launch.capabilities.join(', ') || 'none'],
    ['New privileges', launch.noNewPrivileges ? 'forbidden' : 'allowed'],
    [
      'Ulimits',
      launch.ulimits.map(({ name, soft, hard }) => `${name}=${amount(soft)}:${amount(hard)}`).join(', ') ||
        undefined,
    ],
    ['Memory', launch.memoryBytes === undefined ? undefined : `${launch.memoryBytes} bytes`],
    ['Processes', launch.pidsLimit === undefined ? undefined : String(launch.pidsLimit)],
    ...Object.entries(passedSettings(launch)).map(
      ([name, value]) => [snakeCase(name), shown(value)] as const,
    ),
  ];
  return html`<dl class="strategy">
    ${rows.map(([name, value]) =>
      value === undefined
        ? undefined
        : html`<dt>${name}</dt>
            <dd>${value}</dd>`,
    )}
  </dl>`;
}

/** Shows a setting as it was requested. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function amount(limit: number): string {
  return limit === -1 ? 'unlimited' : String(limit);
}
