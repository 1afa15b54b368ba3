/** Side-by-side figures with their ratio to the first row. */
export interface Row {
  readonly name: string;
  readonly value: number;
}

export function printTable(title: string, unit: string, rows: readonly Row[]): void {
  const [first] = rows;
  console.log(`\n${title}\n`);
  console.log(`| | ${unit} | ratio |`);
  console.log('| --- | --- | --- |');
  for (const { name, value } of rows) {
    const shown = value >= 100 ? Math.round(value).toString() : value.toFixed(1);
    console.log(`| ${name} | ${shown} | ${(value / (first?.value ?? value)).toFixed(2)} |`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
