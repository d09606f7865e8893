/** The saved memory of images, for people. */
import type { PageImage, PagesDocument } from '../inspection/page-document.ts';
import { escapeText } from './escape.ts';
import { mapLines } from './pages-map-text.ts';
import { savingLines } from './pages-savings-text.ts';
import { cgroupLines, containerLines, fileLines, kindLines, processLines } from './pages-tables-text.ts';
import type { PagesTextOptions } from './pages-text-options.ts';
import { togetherLines } from './pages-together-text.ts';
import { byteSize, countOf, timeText } from './quantities.ts';
import { styleFor } from './style.ts';
import { wrap } from './wrap.ts';

/** Every image, and what they have in common. Escapes what it shows. Ends with one newline. */
export function renderPagesText(document: PagesDocument, options: PagesTextOptions): string {
  const groups = document.images.map((image) => imageLines(image, options));
  if (document.together !== null) groups.push(togetherLines(document.together, options));
  const lines = groups.flatMap((group, index) => (index === 0 ? group : ['', ...group]));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function imageLines(image: PageImage, options: PagesTextOptions): string[] {
  const style = styleFor(options);
  const sections: readonly (readonly [title: string | null, lines: readonly string[]])[] = [
    [null, savingLines(image, options)],
    ['By use', kindLines(image, options)],
    ['By container', containerLines(image, options)],
    ['By memory cgroup', cgroupLines(image, options)],
    ['By process', processLines(image, options)],
    ['By memory file', fileLines(image, options)],
    ['Map', image.map === null ? [] : mapLines(image.map, options)],
    ['Not readable', image.incomplete.map(({ message }) => `  ${escapeText(message)}`)],
  ];
  const lines = [style.strong(escapeText(image.path)), ...wrap(headline(image), options.width - 2).map((line) => `  ${line}`)];
  for (const [title, content] of sections) {
    if (content.length === 0) continue;
    lines.push('', ...(title === null ? [] : [style.strong(title)]), ...content);
  }
  return lines;
}

/** How much is saved, where it lies, and of what image. */
function headline(image: PageImage): string {
  const { committedBytes, place, pagesFile, files, compression } = image;
  const of = [
    image.runscVersion === null ? null : `runsc ${escapeText(image.runscVersion)}`,
    image.arch,
    image.createdAt === null ? null : timeText(image.createdAt),
  ].filter((part) => part !== null);
  const where =
    place === 'inline'
      ? `in the state file${compression === 'none' ? '' : ', compressed'}`
      : place === 'separate'
        ? 'in pages.img'
        : 'in files that were not given';
  if (committedBytes === null) return `${of.join(', ')}. What memory is saved is not known: ${unknownWhy(image)}.`;
  const ranges = files.reduce((sum, file) => sum + file.ranges, 0);
  const cut = image.damage === null ? '' : ' as far as the image could be read';
  const size = `${byteSize(committedBytes)} in ${countOf(ranges, 'range')}${cut}, ${where}`;
  return `${size}. ${of.join(', ')}.${pagesFileRemark(pagesFile)}`;
}

function unknownWhy({ damage, place, pagesFile }: PageImage): string {
  if (damage !== null) return 'the image is damaged';
  if (place === 'elsewhere') return 'it is in pages_meta.img and pages.img, which were not given';
  return pagesFile?.present == null ? 'pages_meta.img and pages.img are missing' : 'pages_meta.img is missing';
}

/** What is wrong with pages.img. */
function pagesFileRemark(file: PageImage['pagesFile']): string {
  if (file === null || file.required === null) return '';
  const { required, present } = file;
  if (present === null) return ' pages.img is not here.';
  if (present < required) return ` pages.img has ${byteSize(present)}: ${byteSize(required - present)} are missing.`;
  return present > required ? ` pages.img has ${byteSize(present - required)} more, which nothing names.` : '';
}
