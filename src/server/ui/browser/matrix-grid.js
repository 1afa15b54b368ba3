/** The cells of a matrix in the order in which people read them, and the reasons, each once. Pure. */

/** @typedef {{ rule: string, requirement: string, observed: string, remedy: string, source: string }} Reason */

/**
 * A cell, as far as the page shows it.
 *
 * @typedef {object} MatrixRow
 * @property {'docker' | 'podman'} engine
 * @property {string} mode
 * @property {string} runtime
 * @property {string} user
 * @property {boolean} mlock
 * @property {string} version
 * @property {string} socketPath
 * @property {'works' | 'refused' | 'unknown'} verdict
 * @property {Reason[]} reasons
 * @property {{ recipe: string, service: string, user?: string, groups: string[], capabilities: string[],
 *   noNewPrivileges: boolean, ulimits: { name: string, soft: number, hard: number }[] }} strategy
 */

export const columns = /** @type {const} */ ([
  { title: 'root', user: 'root', mlock: false },
  { title: 'root, mlock', user: 'root', mlock: true },
  { title: 'non-root', user: 'non-root', mlock: false },
  { title: 'non-root, mlock', user: 'non-root', mlock: true },
]);

/**
 * @typedef {object} Line
 * @property {MatrixRow} first
 * @property {(MatrixRow | undefined)[]} cells one for each column
 */

/**
 * Groups the cells: the engines, and in each a line for each runtime.
 *
 * @param {readonly MatrixRow[]} cells
 * @returns {Line[][]}
 */
export function enginesOf(cells) {
  /** @type {Map<string, Map<string, Line>>} */
  const engines = new Map();
  for (const row of cells) {
    const place = row.engine === 'docker' ? row.socketPath : '';
    const key = JSON.stringify([row.engine, row.mode, row.version, place]);
    const lines = engines.get(key) ?? new Map();
    engines.set(key, lines);
    const line = lines.get(row.runtime) ?? { first: row, cells: columns.map(() => undefined) };
    lines.set(row.runtime, line);
    line.cells[columns.findIndex(({ user, mlock }) => row.user === user && row.mlock === mlock)] = row;
  }
  return [...engines.values()].map((lines) => [...lines.values()]);
}

/**
 * @typedef {object} Finding
 * @property {number} number
 * @property {Reason} reason
 * @property {boolean} hinders whether some of the cells do not work because of it
 * @property {MatrixRow[]} cells
 */

/**
 * The distinct reasons: first those that hinder.
 *
 * @param {readonly MatrixRow[]} cells
 * @returns {Finding[]}
 */
export function findingsOf(cells) {
  /** @type {Map<string, { reason: Reason, cells: MatrixRow[] }>} */
  const found = new Map();
  for (const row of cells) {
    for (const reason of row.reasons) {
      const key = keyOf(reason);
      const entry = found.get(key) ?? { reason, cells: [] };
      entry.cells.push(row);
      found.set(key, entry);
    }
  }
  const findings = [...found.values()].map((entry) => ({
    ...entry,
    hinders: entry.cells.some(({ verdict }) => verdict !== 'works'),
  }));
  return [...findings.filter(({ hinders }) => hinders), ...findings.filter(({ hinders }) => !hinders)].map(
    (finding, at) => ({ number: at + 1, ...finding }),
  );
}

/** @param {Reason} reason @param {readonly Finding[]} findings */
export function numberOf(reason, findings) {
  return findings.find((finding) => keyOf(finding.reason) === keyOf(reason))?.number;
}

/** @param {Reason} reason */
function keyOf({ rule, remedy }) {
  return JSON.stringify([rule, remedy]);
}

/** @param {MatrixRow} row */
export function cellWords({ engine, mode, runtime, user, mlock }) {
  return `${engine} ${mode} ${runtime} ${user} ${mlock ? 'mlock' : 'no mlock'}`;
}
