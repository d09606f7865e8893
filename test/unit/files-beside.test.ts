/** A pages_meta.img beside an image that has its memory inside: damage only for a runsc that opens it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../src/check.ts';
import { inspect } from '../../src/inspect.ts';
import { buildImage, writeImage } from '../support/image-builder.ts';
import { writeTestHost } from '../support/test-host.ts';

let root = '';
let host = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ckpt-beside-'));
  host = writeTestHost(root);
});
afterAll(() => rmSync(root, { recursive: true }));

function imageWith(name: string, files: readonly string[]): string {
  const directory = join(root, name);
  writeImage(directory, buildImage({ epoch: 'E3', compression: 'flate-best-speed' }));
  for (const file of files) writeFileSync(join(directory, file), new Uint8Array(8192).fill(7));
  return directory;
}

async function readable(image: string, runscVersion: string): Promise<{ readonly outcome?: string; readonly errors: number }> {
  const { results, errors } = await check({ images: [image], hosts: [host], runscVersion });
  const outcome = results[0]?.gates.find(({ id }) => id === 'image-readable')?.outcome;
  return { ...(outcome === undefined ? {} : { outcome }), errors: errors.length };
}

describe('bytes that are no metadata', () => {
  test.each([
    { files: [], runsc: 'release-20240729.0', outcome: 'pass' },
    { files: ['pages_meta.img'], runsc: 'release-20221219.0', outcome: 'pass' },
    { files: ['pages_meta.img'], runsc: 'release-20240729.0', outcome: 'pass' },
    { files: ['pages_meta.img', 'pages.img'], runsc: 'release-20221219.0', outcome: 'pass' },
    { files: ['pages_meta.img', 'pages.img'], runsc: 'release-20240729.0', outcome: 'fail' },
    { files: ['pages_meta.img', 'pages.img'], runsc: 'release-20260817.0', outcome: 'fail' },
  ])('$files for $runsc: $outcome', async ({ files, runsc, outcome }) => {
    const image = imageWith(`${runsc}-${files.join('-')}`, files);
    expect(await readable(image, runsc)).toEqual({ outcome, errors: outcome === 'fail' ? 1 : 0 });
  });

  test('are told of by inspect, with the memory that is inside', async () => {
    const answer = await inspect(imageWith('inspected', ['pages_meta.img']));
    if (!('memory' in answer)) throw new Error('not a checkpoint');
    expect(answer.damage?.message).toContain('pages_meta.img');
    expect(answer.memory).not.toBeNull();
  });
});
