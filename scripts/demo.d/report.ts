/** How the demo speaks: a heading for each part, a line for each thing that really happened. */

export function heading(text: string): void {
  console.log(`\n== ${text}`);
}

export function line(label: string, value: string | number): void {
  console.log(`   ${label.padEnd(18)} ${value}`);
}

/** Runs a step and prints how long it took. */
export async function timed<T>(label: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  line(label, `${Math.round(performance.now() - begin)} ms`);
  return result;
}
