import { Session } from 'node:inspector/promises';

/** Which code ran, by V8's own precise coverage. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The places in the code of the project that ran since the last time. */
  async take(): Promise<string[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    return result
      .filter(({ url }) => url.includes('/src/'))
      .flatMap(({ url, functions }) =>
        functions.flatMap(({ ranges }) =>
          ranges
            .filter(({ count }) => count > 0)
            .map(({ startOffset, endOffset }) => `${url}:${startOffset}:${endOffset}`),
        ),
      );
  }

  hasNew(places: readonly string[]): boolean {
    return places.some((place) => !this.#seen.has(place));
  }

  remember(places: readonly string[]): void {
    for (const place of places) this.#seen.add(place);
  }
}
