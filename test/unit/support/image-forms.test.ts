import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openContainer } from '../../../src/container/open-container.ts';
import { buildImage, writeImage } from '../../support/image-builder.ts';
import { writeImageForms } from '../../support/image-forms.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-forms-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('writes the same image in every form', async () => {
  const image = join(folder, 'image');
  mkdirSync(image);
  writeImage(image, buildImage({ epoch: 'E6', compression: 'none' }));
  // Holes, so that sparse archives have some.
  writeFileSync(join(image, 'pages.img'), Buffer.concat([Buffer.alloc(65_536), Buffer.alloc(4096, 'p'), Buffer.alloc(65_536)]));
  const forms = await writeImageForms(image, join(folder, 'forms'));
  expect(forms.length).toBeGreaterThan(20);
  for (const { name, argument, stdin } of forms) {
    const container = await openContainer(stdin?.file ?? argument);
    for (const file of ['checkpoint.img', 'pages_meta.img', 'pages.img'] as const) {
      const source = await (await container.find(file))?.open();
      const blocks: Uint8Array[] = [];
      for (let block = await source?.read(2 ** 20); block !== undefined && block.length > 0; block = await source?.read(2 ** 20))
        blocks.push(block);
      await source?.close();
      expect([name, file, Buffer.concat(blocks).equals(readFileSync(join(image, file)))]).toEqual([name, file, true]);
    }
    await container.finish();
    await container.close();
  }
});
