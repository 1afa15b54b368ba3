/** Reads the query of a request. What no handler knows is refused, so that a misspelt name is not silently ignored. */
import { boundedLine } from '../../foreign-text.ts';
import { ApiError } from '../http/api-error.ts';

/** What each name of a query may be. */
export type QueryForm = Readonly<Record<string, 'text' | 'flag' | 'number'>>;

type ValueOf<Kind> = Kind extends 'flag' ? boolean : Kind extends 'number' ? number : string;
export type QueryValues<Form extends QueryForm> = { readonly [Name in keyof Form]?: ValueOf<Form[Name]> };

const longestValue = 4096;

/** @throws ApiError 400 that names what is wrong */
export function readQuery<const Form extends QueryForm>(
  query: URLSearchParams,
  form: Form,
): QueryValues<Form> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of query) {
    const kind = Object.hasOwn(form, name) ? form[name] : undefined;
    if (kind === undefined) throw refused(`there is no ${shown(name)}; ${knownOf(form)}`);
    if (Object.hasOwn(values, name)) throw refused(`${name} is given twice`);
    if (text === '' || text.length > longestValue) throw refused(`${name} is empty or too long`);
    values[name] = valueOf(name, kind, text);
  }
  return values as QueryValues<Form>;
}

function knownOf(form: QueryForm): string {
  const names = Object.keys(form);
  return names.length === 0 ? 'this path takes none' : `known are ${names.join(', ')}`;
}

function valueOf(name: string, kind: QueryForm[string], text: string): string | boolean | number {
  if (kind === 'text') return text;
  if (kind === 'flag') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw refused(`${name} is true or false, not ${shown(text)}`);
  }
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw refused(`${name} is a whole number, not ${shown(text)}`);
}

function refused(why: string): ApiError {
  return new ApiError(400, `the query of the request is refused: ${why}`, { code: 'INVALID_OPTION' });
}

function shown(text: string): string {
  return JSON.stringify(boundedLine(text, 100));
}
