/** Verification of real images: never a false alarm, and damage that the format can show is found. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pack } from '../../src/pack.ts';
import { type VerifiedImage, verify } from '../../src/verify.ts';
import { LONG } from '../support/long.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

const images = sharedImages();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-verify-real-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function keyOf(name: string): { readonly key?: Uint8Array } {
  const key = truthOf(name, 'key.txt');
  return key === null ? {} : { key: new Uint8Array(key) };
}

async function one(path: string, options: Parameters<typeof verify>[1] = {}): Promise<VerifiedImage> {
  return (await verify([path], options)).images[0] as VerifiedImage;
}

const damages = ({ checks }: VerifiedImage) => checks.flatMap((check) => check.damages);

describe.skipIf(!HAS_SHARED)('a real image', () => {
  it.each(images)('%s is intact, its pages read or not, with its key or without', async (name) => {
    const key = keyOf(name);
    for (const options of [{ ...key }, { ...key, deep: true }, {}]) {
      const image = await one(imageOf(name), options);
      expect(damages(image)).toEqual([]);
      expect(image.verdict).toBe('intact');
    }
  });

  it.each(images)('%s is packed to what says the same', async (name) => {
    const file = join(dir, 'packed.tar');
    const first = await pack(imageOf(name), { file, force: true });
    const again = await pack(file, { write: async () => {} }, { compression: 'none' });
    expect(again.sha256).toBe(first.sha256);
    const plain = await one(imageOf(name), keyOf(name));
    const packed = await one(file, keyOf(name));
    expect(packed.checks.filter(({ id }) => id !== 'archive')).toEqual(plain.checks);
    expect(packed.checks.at(-1)).toMatchObject({ id: 'archive', outcome: 'ok' });
  });
});

/** The same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}

type Change = 'flip' | 'cut' | 'insert' | 'remove';

function changed(bytes: Uint8Array, change: Change, at: number, next: (below: number) => number): Uint8Array {
  const whole = Buffer.from(bytes);
  switch (change) {
    case 'flip':
      whole[at] = (whole[at] ?? 0) ^ (1 << next(8));
      return whole;
    case 'cut':
      return whole.subarray(0, at);
    case 'insert':
      return Buffer.concat([
        whole.subarray(0, at),
        Buffer.from(Array.from({ length: 1 + next(7) }, () => next(256))),
        whole.subarray(at),
      ]);
    case 'remove':
      return Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1 + next(7))]);
  }
}

/** Images of every epoch, framing and kind; of those with a key every byte of checkpoint.img is covered. */
const OF_EVERY_KIND = [
  ...['20221219/sh', '20240401/sh-none', '20240424/sh-none', '20240729/pod-none', '20241015/sh-none', '20250415/sh-none'],
  ...['20251015/sh-none', '20260415/sh-none', '20260817/shrw-none', '20260817/sh-flate', 'arm64/max/sh-flate'],
  ...['hmac/sh-none', 'hmac/sh-flate', '20260817/fscheckpoint', '20260415/fscheckpoint'],
].filter((name) => images.includes(name));

describe.skipIf(!HAS_SHARED)('damage of a real image', () => {
  it.each(OF_EVERY_KIND)('%s: is told with its byte, and never ends anything', async (name) => {
    const next = numbers(1 + OF_EVERY_KIND.indexOf(name));
    const copy = join(dir, 'damaged');
    const files = readdirSync(imageOf(name)).filter((file) => /[.](?:img|pb|json)$/.test(file));
    for (let turn = 0; turn < (LONG ? 1000 : 60); turn++) {
      rmSync(copy, { recursive: true, force: true });
      cpSync(imageOf(name), copy, { recursive: true });
      const file = files[next(files.length)] ?? '';
      const path = join(imageOf(name), file);
      if (!existsSync(path)) continue;
      const bytes = readFileSync(path);
      const change = (['flip', 'cut', 'insert', 'remove'] as const)[next(4)] ?? 'flip';
      const at = next(bytes.length);
      rmSync(join(copy, file), { force: true });
      writeFileSync(join(copy, file), changed(bytes, change, at, next));
      const image = await one(copy, keyOf(name));
      const what = { file, change, at };
      const keyed = name.startsWith('hmac/') && file === 'checkpoint.img';
      // A file of another length never adds up, except where what follows a change is found again by chance.
      if (change === 'cut' || (file === 'pages.img' && change !== 'flip') || keyed)
        expect({ ...what, verdict: image.verdict }).toEqual({
          ...what,
          verdict: at === 0 && file === 'checkpoint.img' ? 'unreadable' : 'damaged',
        });
      for (const damage of damages(image))
        expect({
          ...what,
          place:
            damage.offset !== null || ['not-found', 'inconsistent', 'dangling-reference', 'bad-metadata'].includes(damage.code),
        }).toEqual({ ...what, place: true });
    }
  });
});
