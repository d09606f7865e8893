/** Samples of the stored pages, evenly spaced, of which it is measured how well they compress. */

/** The most samples of one image. */
export const MOST_SAMPLES = 256;

/** What the samples add up to. Sizes are in bytes. */
export interface SampleSums {
  readonly samples: number;
  readonly bytes: number;
  readonly compressedBytes: number;
}

/**
 * Chooses samples out of a stream whose length need not be known: every 2^n-th, with the least n that makes at most {@link MOST_SAMPLES}.
 * The same pages are chosen whether the length is known or not.
 */
export class PageSamples {
  #stride = 1;
  #kept: { readonly number: number; readonly bytes: number; readonly compressedBytes: number }[] = [];

  /** Says how many samples there will be if all were taken, so that fewer are taken in vain. */
  expect(count: number): void {
    while (Math.ceil(count / this.#stride) > MOST_SAMPLES) this.#stride *= 2;
  }

  /** Whether the sample of this number is wanted, as far as is known by now. */
  wants(number: number): boolean {
    return number % this.#stride === 0;
  }

  add(number: number, bytes: number, compressedBytes: number): void {
    if (!this.wants(number)) return;
    this.#kept.push({ number, bytes, compressedBytes });
    if (this.#kept.length <= MOST_SAMPLES) return;
    this.#stride *= 2;
    this.#kept = this.#kept.filter((sample) => this.wants(sample.number));
  }

  sums(): SampleSums {
    let [bytes, compressedBytes] = [0, 0];
    for (const sample of this.#kept) {
      bytes += sample.bytes;
      compressedBytes += sample.compressedBytes;
    }
    return { samples: this.#kept.length, bytes, compressedBytes };
  }
}
