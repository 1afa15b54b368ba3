/** A reporter of test runs that ends the process at the first test that fails: a mutant has been noticed then. */
interface TestEvent {
  readonly type: string;
  readonly data: { readonly name?: string; readonly todo?: string | boolean };
}

// The lines that it yields are shown where a run without any change fails.
export default async function* bail(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || (data.todo !== undefined && data.todo !== false)) continue;
    yield `failed: ${data.name ?? ''}\n`;
    process.exit(1);
  }
}
