import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CkptError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import type { WireBytes } from '../../src/wire/read-value.ts';
import { beginScan, NEED_MORE, type ScanState, skipValue, TAGGED } from '../../src/wire/skip-value.ts';
import { wireValueArbitrary } from '../support/arbitraries.ts';
import { decodeDeeply, withSmallIds } from '../support/decode-deeply.ts';
import { wireBytes } from '../support/wire-encoder.ts';

const RUNS = { numRuns: 400 };
const value = wireValueArbitrary().map(withSmallIds);

function scan(bytes: Uint8Array, end = bytes.length): ScanState {
  return beginScan({ bytes, end, base: 0, limits: DEFAULT_LIMITS }, new Uint8Array(1));
}

function wire(bytes: Uint8Array): WireBytes {
  return { bytes, end: bytes.length, base: 0, limits: DEFAULT_LIMITS };
}

describe('wire values', () => {
  it('come back as they were encoded', () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(decodeDeeply(wire(wireBytes(original)), { position: 0, kind: TAGGED })).toEqual(original);
      }),
      RUNS,
    );
  });

  it('are stepped over exactly, whatever follows', () => {
    fc.assert(
      fc.property(value, fc.uint8Array({ maxLength: 8 }), (original, tail) => {
        const encoded = wireBytes(original);
        const bytes = new Uint8Array([...encoded, ...tail]);
        expect(skipValue(scan(bytes), 0, TAGGED)).toBe(encoded.length);
      }),
      RUNS,
    );
  });

  it('cut at any byte ask for more, and for no more than there is', () => {
    fc.assert(
      fc.property(value, (original) => {
        const encoded = wireBytes(original);
        for (let end = 0; end < encoded.length; end++) {
          const state = scan(encoded.subarray(0, end));
          expect(skipValue(state, 0, TAGGED)).toBe(NEED_MORE);
          expect(state.needed).toBeGreaterThan(end);
          expect(state.needed).toBeLessThanOrEqual(encoded.length);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of random bytes are read or refused with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const read of [
          () => skipValue(scan(bytes), 0, TAGGED),
          () => decodeDeeply(wire(bytes), { position: 0, kind: TAGGED }),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(CkptError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
