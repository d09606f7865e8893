/**
 * The dump against `runsc statefile` itself: made-up graphs, the edges of every rule, as text and as HTML.
 *
 * Needs a runsc that has the command (2025-10 and later; before, it is hidden behind another command of the same name) in PATH or in
 * CKPT_TEST_RUNSC. Anywhere else it says that it is skipped. No privileges are needed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateDump } from '../../src/state-dump.ts';
import { encodeModel, graphArbitrary } from '../support/arbitraries.ts';
import { concatBytes } from '../support/byte-sink.ts';
import { createGraph } from '../support/graph-builder.ts';
import { findRunscs, printsStatefiles, type Runsc } from '../support/runsc.ts';
import { encodeStateFile } from '../support/statefile-encoder.ts';
import { array, float64, int, string, uint, type WireValue } from '../support/wire-value.ts';

const runscs = findRunscs(process.env).filter(printsStatefiles);
if (runscs.length === 0) console.warn('SKIPPED: no runsc with the command statefile; the dump is not compared with it.');

/** From then on Go has Unicode 15.0. */
const UNICODE_15 = '20230901';
/** Since then there is no hash behind the metadata without a key. */
const WITHOUT_HASH = '20260316';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-statefile-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function write(runsc: Runsc, body: readonly Uint8Array[]): string {
  const path = join(dir, 'image.state');
  const headerHmac = (runsc.date ?? WITHOUT_HASH) < WITHOUT_HASH ? 'empty-key' : 'absent';
  const metadata = { compression: 'flate-best-speed' };
  writeFileSync(path, encodeStateFile({ metadata, headerHmac, framing: { kind: 'flate' }, body }));
  return path;
}

function theirs(runsc: Runsc, path: string, ...flags: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(runsc.path, ['statefile', ...flags, path], { maxBuffer: 1 << 30 });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout.toString();
}

async function ours(path: string, html = false): Promise<string> {
  const blocks: Uint8Array[] = [];
  await stateDump(path, async (block) => void blocks.push(block.slice()), { html });
  return Buffer.from(concatBytes(blocks)).toString();
}

/** Undoes the escaping that runsc does not do. */
function unescaped(page: string): string {
  return page
    .replaceAll(/&#x([0-9a-f]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

const graphOf = (values: readonly WireValue[]): Uint8Array => {
  const graph = createGraph();
  for (const value of values) graph.object(value);
  return graph.encode();
};

function floats(): WireValue[] {
  const special = [
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e20,
    1e21,
    1e22,
    123_456_789_012_345_680_000,
  ];
  const near = [
    999_999,
    999_999.5,
    1e6,
    1_234_567,
    0.0001,
    0.000_12,
    0.000_01,
    1 / 3,
    0.1,
    1 / 128,
    3 / 128,
    -5 / 128,
    0.000_000_5,
  ];
  const powers = Array.from({ length: 2098 }, (_, index) => 2 ** (index - 1074));
  const all = [...special, ...near, ...powers, ...powers.flatMap((power) => [power * (1 + 2 ** -52), power * (2 - 2 ** -52)])];
  const narrow = powers.flatMap((power) => [power, power * (1 + 2 ** -23), power * (2 - 2 ** -23)]).map(Math.fround);
  return [
    ...all.map(float64),
    ...[...special, ...near, ...narrow].map((value): WireValue => ({ kind: 'float32', value: Math.fround(value) })),
    ...[...special, ...near].map((real): WireValue => ({ kind: 'complex128', real, imaginary: -real })),
    ...[...special, ...near].map((real) =>
      array([
        { kind: 'complex64', real: -0, imaginary: 0 },
        { kind: 'complex64', real, imaginary: 0 },
      ]),
    ),
  ];
}

function integers(): WireValue[] {
  const powers = [
    ...Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit)),
    ...Array.from({ length: 20 }, (_, digits) => 10n ** BigInt(digits)),
  ];
  return powers
    .flatMap((power) => [power - 1n, power, power + 1n])
    .flatMap((value) => [uint(BigInt.asUintN(64, value)), int(BigInt.asIntN(64, value)), int(BigInt.asIntN(64, -value))]);
}

function characters(): WireValue[] {
  const blocks: WireValue[] = [];
  for (let first = 0; first <= 0x10ffff; first += 64) {
    if (first >= 0xd800 && first < 0xe000) continue;
    blocks.push(string(String.fromCodePoint(...Array.from({ length: 64 }, (_, offset) => first + offset))));
  }
  return blocks;
}

const badUtf8 = fc.sample(
  fc.array(fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf)), {
    maxLength: 30,
  }),
  2000,
);

for (const runsc of runscs) {
  describe(`runsc ${runsc.version}`, () => {
    it('prints numbers alike', async () => {
      const path = write(runsc, [graphOf([...floats(), ...integers()])]);
      expect((await ours(path)).split('\n')).toEqual(theirs(runsc, path).split('\n'));
    });

    it.skipIf((runsc.date ?? UNICODE_15) < UNICODE_15)('prints every character alike', async () => {
      const path = write(runsc, [graphOf(characters())]);
      expect((await ours(path)).split('\n')).toEqual(theirs(runsc, path).split('\n'));
    });

    it.skipIf((runsc.date ?? UNICODE_15) < UNICODE_15)('prints what is not UTF-8 alike', async () => {
      const path = write(runsc, [graphOf(badUtf8.map((bytes) => string(Uint8Array.from(bytes))))]);
      expect((await ours(path)).split('\n')).toEqual(theirs(runsc, path).split('\n'));
    });

    it.each([false, true])(
      'prints random graphs alike, as HTML: %s',
      async (html) => {
        const flags = html ? ['-html'] : [];
        await fc.assert(
          fc.asyncProperty(fc.array(graphArbitrary, { minLength: 1, maxLength: 5 }), async (models) => {
            const path = write(runsc, models.map(encodeModel));
            const text = await ours(path, html);
            const real = theirs(runsc, path, ...flags);
            if (!html) expect(text).toBe(real);
            else expect(unescaped(text)).toBe(unescaped(real));
          }),
          { numRuns: 60 },
        );
      },
      60_000,
    );
  });
}

describe.skipIf(runscs.length > 0)('runsc statefile', () => {
  it.skip('is not here', () => {});
});
