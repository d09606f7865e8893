/** What could be left out of an image, as sentences. */
import type { PageImage } from '../inspection/page-document.ts';
import type { PagesTextOptions } from './pages-text-options.ts';
import { byteSize, countOf } from './quantities.ts';
import { wrap } from './wrap.ts';

/** Zero pages, equal pages, compression. Empty when the pages were not read. */
export function savingLines(image: PageImage, options: PagesTextOptions): string[] {
  const { content, savings } = image;
  if (content === null || savings === null || content.scannedPages === 0) return [];
  const { scannedPages, zeroPages, duplicatePages } = content;
  const share = (pages: number): string => percent(pages, scannedPages);
  const sentences = [
    zeroPages === 0
      ? `None of ${countOf(scannedPages, 'page')} is zeros: runsc checkpoint --exclude-committed-zero-pages would save nothing.`
      : `${countOf(zeroPages, 'page')} of ${scannedPages} (${share(zeroPages)}) ${zeroPages === 1 ? 'is' : 'are'} zeros: runsc checkpoint --exclude-committed-zero-pages would save ${byteSize(savings.excludeCommittedZeroPages)}.`,
    duplicatePages === 0
      ? `No two ${zeroPages === 0 ? '' : 'other '}pages are equal: keeping equal pages once would save nothing.`
      : `${countOf(duplicatePages, zeroPages === 0 ? 'page' : 'other page')} (${share(duplicatePages)}) ${duplicatePages === 1 ? 'is' : 'are'} equal to one before: keeping equal pages once would save ${byteSize(savings.deduplication)}.`,
    compressionSentence(image),
  ];
  return sentences
    .filter((sentence) => sentence !== null)
    .flatMap((sentence) => wrap(sentence, options.width - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`));
}

function compressionSentence({ compressibility, content }: PageImage): string | null {
  if (compressibility === null || content === null) return null;
  const { samples, sampledBytes, compressedBytes, estimatedBytes } = compressibility;
  const rate = percent(compressedBytes, sampledBytes);
  const bytes = content.scannedPages * 4096;
  if (sampledBytes === bytes) return `Deflate (level 1) makes ${byteSize(estimatedBytes, 'short')} of it: ${rate}.`;
  return `Deflate (level 1) would make about ${byteSize(estimatedBytes, 'short')} of it: ${rate}, by an estimate from ${countOf(samples, 'sample')} with ${byteSize(sampledBytes, 'short')}.`;
}

/** `58%`; small shares as `0.4%`. */
export function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (part / whole) * 100;
  return `${share >= 10 || share === 0 ? Math.round(share) : Number(share.toFixed(1))}%`;
}
