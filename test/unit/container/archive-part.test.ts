import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openContainer } from '../../../src/container/open-container.ts';
import { tarOf } from '../../support/image-forms.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-part-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('names one of the images in an archive, unless a file has that name', async () => {
  const of = (name: string) => ({ name: `${name}/checkpoint.img`, content: Buffer.from(name) });
  const path = join(folder, 'a#b.tar');
  writeFileSync(path, await tarOf([of('one'), of('two/deep')]));
  const size = async (given: string) => (await (await openContainer(given)).find('checkpoint.img'))?.size;
  expect(await size(`${path}#one`)).toBe(3);
  expect(await size(`${path}#./two/deep/`)).toBe(8);
  await expect(openContainer(path)).rejects.toMatchObject({ code: 'ambiguous' });
  await expect(openContainer(`${path}#three`)).rejects.toMatchObject({ code: 'no-image' });
  await expect(openContainer(`${path}.missing#one`)).rejects.toMatchObject({ code: 'not-found' });
  writeFileSync(`${path}#one`, await tarOf([of('three')]));
  expect(await size(`${path}#one`)).toBe(5);
});
