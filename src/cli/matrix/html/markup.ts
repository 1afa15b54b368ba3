/** HTML that can't be broken out of: every value in a template is escaped, unless it is markup itself. */
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
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return String(value).replace(/[&<>"'`\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, entity);
}

/** What HTML has no place for is shown as the sign for what can't be shown. */
function entity(character: string): string {
  return /[&<>"'`]/.test(character) ? `&#${character.charCodeAt(0)};` : '\ufffd';
}

/** A text of several lines. */
export function inLines(text: string): Markup {
  const [first = '', ...rest] = text.trim().split('\n');
  return html`${first}${rest.map((line) => html`<br />${line}`)}`;
}
