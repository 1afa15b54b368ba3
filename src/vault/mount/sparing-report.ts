/** How a problem is reported: what failed, in words, and the error. */
export type Report = (what: string, error: unknown) => void;

const everyMs = 1_000;

/**
 * Reports at once, and then once a second at most, with the number of those that were left out: a plugin decides how
 * often its storage is asked for what can't be done, and must not fill the log of its host.
 */
export function sparingly(report: Report): Report {
  let next = 0;
  let leftOut = 0;
  return (what, error) => {
    const now = performance.now();
    if (now < next) {
      leftOut += 1;
      return;
    }
    report(leftOut === 0 ? what : `${what}; ${leftOut} further failures were not reported`, error);
    next = now + everyMs;
    leftOut = 0;
  };
}
