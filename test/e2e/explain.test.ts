/**
 * What a real runsc says when a restore fails, explained.
 *
 * Needs root on Linux x86-64 and a runsc in PATH, or paths in CKPT_TEST_RUNSC (separated by colons).
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explain } from '../../src/explain.ts';
import { createWorkshop, findRunscs, makeImage, type Runsc, restoreImage, skipWithout, type Workshop } from '../support/runsc.ts';

const RUNSCS = findRunscs(process.env);
skipWithout(RUNSCS);

/** One change to an image, and what the message of runsc must be taken for. */
interface Case {
  readonly name: string;
  readonly edit: (directory: string) => void;
  readonly ids: readonly string[];
  readonly since?: string;
}

const changed =
  (file: string, change: (bytes: Buffer) => Uint8Array) =>
  (directory: string): void =>
    writeFileSync(join(directory, file), change(readFileSync(join(directory, file))));
const flipped =
  (at: number) =>
  (bytes: Buffer): Uint8Array =>
    Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte));
const CHECKPOINT = 'checkpoint.img';

const CASES: readonly Case[] = [
  { name: 'another magic', edit: changed(CHECKPOINT, flipped(0)), ids: ['bad-magic'] },
  { name: 'a changed header', edit: changed(CHECKPOINT, flipped(20)), ids: ['hash-mismatch', 'statefile-reader'] },
  { name: 'an empty checkpoint.img', edit: changed(CHECKPOINT, () => new Uint8Array()), ids: ['empty-state-file'] },
  { name: 'no checkpoint.img', edit: (directory) => rmSync(join(directory, CHECKPOINT)), ids: ['state-file'] },
  {
    name: 'half of checkpoint.img',
    edit: changed(CHECKPOINT, (bytes) => bytes.subarray(0, bytes.length >> 1)),
    // Which of the two depends on where the cut falls.
    ids: ['header-error', 'hash-mismatch'],
  },
  {
    name: 'no pages.img',
    edit: (directory) => rmSync(join(directory, 'pages.img')),
    ids: ['header-error', 'pages-file'],
    since: '20240501',
  },
  {
    name: 'no pages_meta.img',
    edit: (directory) => rmSync(join(directory, 'pages_meta.img')),
    ids: ['pages-file', 'header-error'],
    since: '20240501',
  },
  {
    name: 'half of pages.img',
    edit: changed('pages.img', (bytes) => bytes.subarray(0, bytes.length >> 1)),
    ids: ['pages-short', 'pages-read'],
    since: '20240501',
  },
];

describe.each(RUNSCS.map((runsc) => [runsc.version, runsc] as const))('runsc %s', (_, runsc: Runsc) => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = createWorkshop();
    const flags = (runsc.date ?? '') >= '20230814' ? ['--compression', 'none'] : [];
    expect(await makeImage(runsc, workshop, 'image', flags)).toBeNull();
  });
  afterAll(() => workshop.remove());

  it.each(CASES.filter(({ since }) => since === undefined || (runsc.date ?? '') >= since))(
    'says of $name what it is',
    async ({ name, edit, ids }) => {
      const directory = join(workshop.directory, name.replaceAll(' ', '-'));
      cpSync(join(workshop.directory, 'image'), directory, { recursive: true });
      edit(directory);
      const said = await restoreImage(runsc, workshop, directory, name.replaceAll(/\W/g, ''));
      expect(said).not.toBeNull();
      const [answer] = (await explain([`starting container: restoring container "x": ${said}`])).answers;
      if (answer?.kind !== 'log') throw new Error(`not taken for a message: ${said}`);
      expect(answer.rootCause, said ?? '').toBe(0);
      expect(ids, said ?? '').toContain(answer.findings[0]?.id);
    },
  );

  it('says of a program that is missing what it is', async () => {
    rmSync(join(workshop.directory, 'bundle', 'rootfs', 'idle'));
    const said = await restoreImage(runsc, workshop, join(workshop.directory, 'image'), 'noprogram');
    const [answer] = (await explain([said ?? '', 'CKPT1851'])).answers;
    expect(answer).toMatchObject({ kind: 'log', findings: [{ gate: 'host-files' }] });
  });
});
