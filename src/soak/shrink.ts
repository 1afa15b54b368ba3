/** Makes a trial that failed smaller, for as long as the smaller one fails too. */
import type { DrawnFault, Trial } from './trial.ts';

/** How often a smaller trial is tried: what depends on the machine's own timing does not fail every time. */
const triesOfEach = 2;
/** How many trials are made for one failure. */
const mostTrials = 48;

export async function shrink(trial: Trial, fails: (smaller: Trial) => Promise<boolean>): Promise<Trial> {
  let smallest = trial;
  let left = mostTrials;
  for (let again = true; again;) {
    again = false;
    for (const smaller of smallerThan(smallest)) {
      for (let attempt = 0; attempt < triesOfEach && left > 0 && !again; attempt += 1) {
        left -= 1;
        if (!(await fails(smaller))) continue;
        smallest = smaller;
        again = true;
      }
      if (again) break;
    }
  }
  return smallest;
}

/** The trials that are a step smaller, the smallest first. */
export function smallerThan(trial: Trial): Trial[] {
  const { faults, load } = trial;
  return [
    ...(faults.length > 0 ? [{ ...trial, faults: [] }] : []),
    ...(faults.length > 1
      ? faults.map((_, at) => ({ ...trial, faults: faults.filter((__, i) => i !== at) }))
      : []),
    ...(load > 1
      ? [
          { ...trial, load: 1 },
          { ...trial, load: Math.floor(load / 2) },
        ]
      : []),
    ...faults.flatMap((fault, at) =>
      earlier(fault).map((one) => ({ ...trial, faults: faults.map((old, i) => (i === at ? one : old)) })),
    ),
  ].filter((smaller) => smaller.load !== trial.load || smaller.faults !== trial.faults);
}

function earlier(fault: DrawnFault): DrawnFault[] {
  const { moment, detail } = fault;
  const numbers = [0, Math.floor(moment.number / 2)].filter((number) => number < moment.number);
  return [
    ...[...new Set(numbers)].map((number) => ({ ...fault, moment: { ...moment, number } })),
    ...(detail > 0 ? [{ ...fault, detail: 0 }] : []),
  ];
}
