import { plainText } from '../../output/plain-text.ts';

/** HTML that a value can't break out of: every value in a template is escaped, unless it is markup itself. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | undefined | readonly Value[];

/** ``html`<p title="${title}">${parts}</p>` `` */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.map((part, at) => (at === 0 ? '' : rendered(values[at - 1])) + part).join(''));
}

function rendered(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(rendered).join('');
  // Characters that HTML does not allow, or that would hide or reverse other text, are shown by their numbers.
  return plainText(String(value)).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Shows a text with several lines. */
export function inLines(text: string): Markup {
  const [first = '', ...rest] = text.trim().split('\n');
  return html`${first}${rest.map((line) => html`<br />${line}`)}`;
}
