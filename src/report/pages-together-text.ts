/** What several images have in common. */
import type { PagesTogether } from '../inspection/page-document.ts';
import { escapeText } from './escape.ts';
import { withRest } from './long-list.ts';
import { percent } from './pages-savings-text.ts';
import { shownOf } from './pages-tables-text.ts';
import type { PagesTextOptions } from './pages-text-options.ts';
import { byteSize } from './quantities.ts';
import { styleFor } from './style.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

const PAGE = 4096;
/** Images up to which every pair is shown. */
const MATRIX = 8;

/** What a store would keep of them, and how much each shares with each. */
export function togetherLines(together: PagesTogether, options: PagesTextOptions): string[] {
  const style = styleFor(options);
  const { images, storedBytes, keptBytes } = together;
  const saved = storedBytes - keptBytes;
  const sentence = `The ${images.length} images store ${byteSize(storedBytes)}. A store that keeps every page once, whatever image it is in, would hold ${byteSize(keptBytes)}: ${percent(keptBytes, storedBytes)}, ${byteSize(saved, 'short')} less.`;
  const some = shownOf(images, options);
  const matrix = images.length <= MATRIX;
  const head = ['IMAGE', 'CONTENTS', 'ONLY HERE', ...(matrix ? images.map((_, index) => `WITH ${index + 1}`) : []), ''];
  const rows = some.shown.map(({ path, contents, onlyHere, shared }, index) => [
    String(index + 1),
    ...[contents, onlyHere].map(size),
    ...(matrix ? shared.map((count, other) => (other === index ? '' : size(count))) : []),
    escapeText(path),
  ]);
  const numbers = head.slice(0, -1).map((_, column) => column);
  return [
    style.strong('Together'),
    ...wrap(sentence, options.width - 2).map((line) => `  ${line}`),
    '',
    ...withRest(table(rows, { head: { cells: head, paint: style.faint }, indent: 2, width: options.width, numbers }), some, 2),
  ];
}

function size(contents: number): string {
  return contents === 0 ? '-' : byteSize(contents * PAGE, 'short');
}
