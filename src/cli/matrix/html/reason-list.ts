import type { Reason } from '../../../compatibility/index.ts';
import { html, inLines, type Markup } from './markup.ts';

/** Lists the details of a reason: the observation, the remedy and the source. */
export function reasonList(
  { remedy, source, rule }: Reason,
  seen: Markup | readonly Markup[] | string,
  hinders: boolean,
): Markup {
  return html`<dl>
    <dt>Seen</dt>
    <dd>${seen}</dd>
    <dt>${hinders ? 'To do' : 'Advice'}</dt>
    <dd class="todo">${inLines(remedy)}</dd>
    <dt>Source</dt>
    <dd class="soft">${inLines(source)}</dd>
    <dt>Rule</dt>
    <dd><code>${rule}</code></dd>
  </dl>`;
}
