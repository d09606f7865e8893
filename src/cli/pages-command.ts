/** `ckpt pages`. */
import type { PageImage } from '../inspection/page-document.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { pages } from '../pages.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { hmacKey, keyWarnings } from './hmac-key.ts';
import type { PagesInvocation } from './invocation.ts';
import { progress } from './progress.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0, or 3 when an image could not be read, or not all of its pages */
export async function runPages(invocation: PagesInvocation, io: ProcessIo): Promise<0 | 3> {
  const { images, scan, map, threads, limits } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const line = progress(io, 'reading pages');
  const document = await pages(images, {
    scan,
    map,
    ...(threads === null ? {} : { threads }),
    ...key,
    limits,
    onProgress: (_image, done, total) => line.update(done, total),
  }).finally(() => line.end());
  for (const error of document.errors) await io.stderr.write(documentErrorLine(error));
  for (const image of document.images) {
    const { path, damage, incomplete } = image;
    await io.stderr.write(keyWarnings(path, image, key));
    if (damage !== null) await io.stderr.write(documentErrorLine({ image: path, ...damage }));
    for (const { code, message } of incomplete)
      if (code === 'over-limit') await io.stderr.write(warningLine(`${path}: ${message}`));
  }
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderPagesText } = await import('../report/pages-text.ts');
      return renderPagesText(document, { ...options, all: invocation.all });
    },
  });
  return document.errors.length === 0 && document.images.every(isWhole) ? 0 : 3;
}

/** Whether everything that the image names was there. */
function isWhole({ damage, pagesFile }: PageImage): boolean {
  if (damage !== null) return false;
  return (
    pagesFile === null || pagesFile.required === null || pagesFile.present === null || pagesFile.present >= pagesFile.required
  );
}
