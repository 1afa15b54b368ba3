/** Lists of texts are sent as repeated parameters, other objects as JSON text; what is `undefined` is left out. */
export type Query = Readonly<Record<string, unknown>>;

/** `?a=1&b=2`, or nothing. */
export function encodeQuery(query: Query | undefined): string {
  if (query === undefined) return '';
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(valueText(one))}`);
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Encodes a reference as part of a path: its slashes stay, the rest is encoded. */
export function encodeReference(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/');
}
