/** A plugin that looks for other machines, and has no network. */
import type { Denial } from './denial.ts';

const unreachable =
  /network (?:is )?unreachable|\bENETUNREACH\b|NetworkUnreachable|no route to host|\bEHOSTUNREACH\b|host is unreachable|NoRouteToHostException/i;

/** What resolvers say where nobody answers: those of Go, glibc, musl, busybox, Node.js, Java and curl. */
const unresolved =
  /temporary failure in name resolution|(?:getaddrinfo|query\w*) E(?:AI_AGAIN|NOTFOUND|CONNREFUSED)|gaierror|: try again$|: no such host["')]*$|bad address '|could not resolve host|unknown host (?!key)|UnknownHostException|name or service not known|name does not resolve|lookup \S+ on \S+:53: |:53: (?:connect|read): connection refused|:53: connect: cannot assign requested address|failed to lookup address information/i;

const hint =
  "The plugin has no network, and so neither addresses nor names of others: give it one with `network: 'bridge'`, or one of the engine's named networks.";

export const networkDenials: readonly Denial[] = [unreachable, unresolved].map((words) => ({
  words,
  hint: (_line, { network }) => (network === 'none' ? hint : undefined),
}));
