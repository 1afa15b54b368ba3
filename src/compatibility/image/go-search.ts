import {
  goBuildInfoLength,
  goBuildInfoMagic,
  parseGoBuildInfo,
  type GoBuildInfo,
} from '../../program/go-build-info.ts';
import { imageLimits, type ImageLimitName } from './limits.ts';

/** A place with the magic text: its offset, and how many bytes from there on are needed to tell what it is. */
interface Place {
  readonly start: number;
  needed: number;
  readonly result?: GoBuildInfo | string | undefined;
}

/**
 * Looks for Go's build info in a program that passes by; of several, the first one counts. Each byte is searched once,
 * and kept only after a place that may be a build info.
 */
export class GoBuildInfoSearch {
  /**
   * The bytes from the first undecided place on; without one, the last few bytes, in which the magic text may begin.
   */
  #kept = Buffer.alloc(0);
  #keptLength = 0;
  #keptStart = 0;
  #places: Place[] = [];
  #seen = 0;
  /** The first build info. It is known once all places before it have turned out to be none. */
  found: GoBuildInfo | undefined;
  /** Why the search was given up. */
  beyond: string | undefined;

  push(chunk: Uint8Array): void {
    if (this.found !== undefined || this.beyond !== undefined) return;
    const from = Math.max(0, this.#keptLength - goBuildInfoMagic.length + 1);
    this.#append(chunk);
    const bytes = this.#kept.subarray(0, this.#keptLength);
    for (let at = bytes.indexOf(goBuildInfoMagic, from); at !== -1;) {
      this.#seen += 1;
      const isOneTooMany = this.#seen > imageLimits.goBuildInfoPlaces.most;
      const result = isOneTooMany
        ? beyond('goBuildInfoPlaces', "places that look like Go's build info")
        : undefined;
      this.#places.push({ start: this.#keptStart + at, needed: goBuildInfoMagic.length, result });
      at = isOneTooMany ? -1 : bytes.indexOf(goBuildInfoMagic, at + 1);
    }
    this.#decide();
    this.#forget();
  }

  /** Decides about a place that the end of the program has cut off. */
  end(): void {
    while (this.#places.length > 0 && this.found === undefined && this.beyond === undefined) {
      this.#places.shift();
      this.#decide();
    }
  }

  #decide(): void {
    for (let place = this.#places[0]; place !== undefined; place = this.#places[0]) {
      const result = place.result ?? this.#resultOf(place);
      if (result === 'open') return;
      this.#places.shift();
      if (result === 'none') continue;
      if (typeof result === 'string') this.beyond = result;
      else this.found = result;
      return;
    }
  }

  #resultOf(place: Place): GoBuildInfo | string {
    const start = place.start - this.#keptStart;
    while (start + place.needed <= this.#keptLength) {
      const bytes = this.#kept.subarray(start, start + place.needed);
      const needed = goBuildInfoLength(bytes);
      if (needed === undefined) return 'none';
      if (needed > imageLimits.goBuildInfoBytes.most)
        return beyond('goBuildInfoBytes', "bytes of Go's build info");
      if (needed === place.needed) return parseGoBuildInfo(bytes) ?? 'none';
      place.needed = needed;
    }
    return 'open';
  }

  #append(chunk: Uint8Array): void {
    const length = this.#keptLength + chunk.length;
    if (length > this.#kept.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#kept.length));
      this.#kept.copy(larger, 0, 0, this.#keptLength);
      this.#kept = larger;
    }
    this.#kept.set(chunk, this.#keptLength);
    this.#keptLength = length;
  }

  #forget(): void {
    const first = this.#places[0];
    const last = Math.max(0, this.#keptLength - goBuildInfoMagic.length + 1);
    const from = first === undefined ? last : Math.min(last, first.start - this.#keptStart);
    // The bytes are moved only when that frees at least as much room again.
    if (first !== undefined && from < this.#keptLength / 2) return;
    this.#kept.copyWithin(0, from, this.#keptLength);
    this.#keptLength -= from;
    this.#keptStart += from;
  }
}

function beyond(limit: ImageLimitName, what: string): string {
  return `too many ${what}: at most ${imageLimits[limit].most} are read (${limit})`;
}
