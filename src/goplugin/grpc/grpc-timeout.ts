/** The header `grpc-timeout`: at most eight digits and a unit (gRPC: PROTOCOL-HTTP2.md). */
const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Returns the time in milliseconds; `undefined` when the header is wrong. */
export function timeoutOf(header: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(header) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unitMs[unit] ?? 1);
}
