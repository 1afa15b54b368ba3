/** Finds the route of a path in the table. The first that fits counts. */
import type { ApiMethod, Route } from './route.ts';

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export class RouteTable {
  readonly #routes: readonly { readonly route: Route; readonly parts: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, parts: partsOf(route.pattern) }));
  }

  /** @returns the route, or else the methods that the path has, of which there may be none */
  find(method: ApiMethod | undefined, path: string): Found | { readonly allowed: readonly ApiMethod[] } {
    const given = partsOf(path);
    const allowed = new Set<ApiMethod>();
    let pattern: string | undefined;
    for (const { route, parts } of this.#routes) {
      // What a more special pattern stands for is not looked for in a more general one.
      if (pattern !== undefined && route.pattern !== pattern) continue;
      const params = match(parts, given);
      if (params === undefined) continue;
      if (route.method === method) return { route, params };
      pattern = route.pattern;
      allowed.add(route.method);
    }
    return { allowed: [...allowed] };
  }
}

/** The parts of a path. A slash at the end does not count. */
function partsOf(path: string): string[] {
  return path.replace(/^\/|\/$/g, '').split('/');
}

function match(
  pattern: readonly string[],
  given: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    const there = given[at];
    if (there === undefined || there === '') return undefined;
    if (part.startsWith('*')) {
      const after = pattern.slice(at + 1);
      const end = given.length - after.length;
      if (end <= at || !after.every((each, index) => each === given[end + index])) return undefined;
      params[part.slice(1)] = given.slice(at, end).join('/');
      return params;
    }
    if (part.startsWith(':')) params[part.slice(1)] = there;
    else if (part !== there) return undefined;
  }
  return given.length === pattern.length ? params : undefined;
}
