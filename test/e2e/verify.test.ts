/** Damaged copies of an image that a real runsc made: what verify calls whole, that runsc restores. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../src/verify.ts';
import { LONG } from '../support/long.ts';
import { createWorkshop, findRunscs, makeImage, restoreImage, skipWithout, type Workshop } from '../support/runsc.ts';

const RUNSCS = findRunscs(process.env);
const COPIES = LONG ? 200 : 12;

/** Cuts and changed lengths; a flipped bit may change a number that only the restored kernel minds, and has no checksum. */
const CHANGES = ['cut', 'insert', 'remove'] as const;

function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}

skipWithout(RUNSCS);

describe.each(RUNSCS)('runsc $version', (runsc) => {
  let workshop: Workshop;
  beforeAll(() => {
    workshop = createWorkshop();
  });
  afterAll(() => workshop.remove());

  const modern = (runsc.date ?? '') >= '20230814';
  test.each(modern ? [['none'], ['flate-best-speed']] : [['default']])('compression %s', async (compression) => {
    const flags = compression === 'default' ? [] : [`--compression=${compression}`];
    expect(await makeImage(runsc, workshop, compression, flags)).toBeNull();
    const image = join(workshop.directory, compression);
    expect((await verify([image], { deep: true })).verdict).toBe('intact');
    const next = numbers(11);
    const copy = mkdtempSync(join(workshop.directory, 'copy-'));
    const names = readdirSync(image).sort();
    for (let turn = 0; turn < COPIES; turn++) {
      rmSync(copy, { recursive: true });
      cpSync(image, copy, { recursive: true });
      const name = names[next(names.length)] ?? '';
      const bytes = readFileSync(join(image, name));
      const at = next(bytes.length);
      const change = CHANGES[next(CHANGES.length)] ?? 'cut';
      const behind = change === 'cut' ? Buffer.alloc(0) : bytes.subarray(change === 'remove' ? at + 1 : at);
      const between = Buffer.from(change === 'insert' ? [next(256)] : []);
      writeFileSync(join(copy, name), Buffer.concat([bytes.subarray(0, at), between, behind]));
      const { verdict } = await verify([copy]);
      if (verdict !== 'intact') continue;
      expect({ name, change, at, runsc: await restoreImage(runsc, workshop, copy, `${compression}${turn}`) }).toMatchObject({
        runsc: null,
      });
    }
  });
});
