/** Files of pages that are missing, cut, too long, or of another image: the real runsc restores them, and `check` has to say the same. */
import { appendFileSync, copyFileSync, cpSync, existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/index.ts';
import { createWorkshop, findRunscs, makeImage, type Runsc, restoreImage, skipWithout, type Workshop } from '../support/runsc.ts';

const runscs = process.getuid?.() === 0 && process.platform === 'linux' && process.arch === 'x64' ? findRunscs(process.env) : [];
/** Releases that keep pages apart, and their metadata too. */
const apart = runscs.filter(({ date }) => date !== null && date >= '20240501');
if (apart.length === 0)
  console.warn('SKIPPED: no runsc of 2024-05 or later here (root, runsc in PATH or CKPT_TEST_RUNSC): pages files were not tried');

interface Case {
  readonly name: string;
  /** Changes a copy of the uncompressed image, or of the compressed one with the files of the other at hand. */
  readonly of: 'none' | 'flate';
  readonly edit: (image: string, other: string) => void;
  /** Codes of the gate's reasons. */
  readonly codes: readonly string[];
}

const pagesSize = (image: string): number => statSync(join(image, 'pages.img')).size;
const shorter = (bytes: number) => (image: string) => truncateSync(join(image, 'pages.img'), pagesSize(image) - bytes);
const longer = (bytes: number) => (image: string) => appendFileSync(join(image, 'pages.img'), new Uint8Array(bytes).fill(9));
const without = (file: string) => (image: string) => rmSync(join(image, file));
const withFile = (file: string) => (image: string, other: string) => copyFileSync(join(other, file), join(image, file));

const CASES: readonly Case[] = [
  { name: 'nothing changed', of: 'none', edit: () => {}, codes: [] },
  { name: 'a byte more', of: 'none', edit: longer(1), codes: ['CKPT1957'] },
  { name: 'a page more', of: 'none', edit: longer(4096), codes: ['CKPT1957'] },
  { name: 'a megabyte and a part of a page more', of: 'none', edit: longer(2 ** 20 + 7), codes: ['CKPT1957'] },
  { name: 'a byte less', of: 'none', edit: shorter(1), codes: ['CKPT1952'] },
  { name: 'half a page less', of: 'none', edit: shorter(2048), codes: ['CKPT1952'] },
  { name: 'a page less', of: 'none', edit: shorter(4096), codes: ['CKPT1952'] },
  { name: 'no byte', of: 'none', edit: (image) => truncateSync(join(image, 'pages.img'), 0), codes: ['CKPT1952'] },
  { name: 'no pages.img', of: 'none', edit: without('pages.img'), codes: ['CKPT1951'] },
  { name: 'no pages_meta.img', of: 'none', edit: without('pages_meta.img'), codes: ['CKPT1951'] },
  { name: 'a stray pages.img', of: 'flate', edit: withFile('pages.img'), codes: ['CKPT1951'] },
  { name: 'a stray pages_meta.img', of: 'flate', edit: withFile('pages_meta.img'), codes: ['CKPT1958'] },
];

skipWithout(apart);

describe.each(apart)('runsc $version', (runsc: Runsc) => {
  let workshop: Workshop;
  const made = { none: '', flate: '' };
  beforeAll(async () => {
    workshop = createWorkshop();
    for (const name of ['none', 'flate'] as const) {
      const flag = name === 'none' ? 'none' : 'flate-best-speed';
      expect(await makeImage(runsc, workshop, name, [`--compression=${flag}`])).toBeNull();
      made[name] = join(workshop.directory, name);
    }
  }, 0);
  afterAll(() => workshop.remove());

  it.each(CASES)(
    'answers $name as check does',
    async ({ name, of, edit, codes }) => {
      const image = join(workshop.directory, `case-${CASES.findIndex((one) => one.name === name)}`);
      cpSync(made[of], image, { recursive: true });
      edit(image, made.none);
      const answer = await restoreImage(runsc, workshop, image, `r${CASES.findIndex((one) => one.name === name)}`);
      const { results } = await check({ images: [image], hosts: ['current'], runscVersion: runsc.version });
      const gate = results[0]?.gates.find(({ id }) => id === 'pages');
      // The rules of today are others where pages_meta.img decides.
      if (runsc.date !== null && runsc.date < '20260318') expect(gate?.reasons.map(({ code }) => code)).toEqual(codes);
      expect([results[0]?.verdict, results[0]?.runscError]).toEqual(answer === null ? ['restorable', null] : ['blocked', answer]);
      expect(existsSync(image)).toBe(true);
    },
    0,
  );
});
