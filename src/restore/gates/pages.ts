/** Gate `pages`: the files with the saved memory are there, and long enough. */
import { defineGate, fail, type GateAnswer, notChecked, pass, reason } from '../gate.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { Reason } from '../result.ts';
import type { Rules } from '../rules.ts';
import { splitAnswer } from './fs-split.ts';

const OPENED = 6;
const INLINE = 34;
const READ = 42;

/**
 * Looks for pages.img and pages_meta.img as that release does, and compares the size of pages.img with what its metadata names.
 *
 * Measured with Debian's runsc of 2024-07: a missing pages.img makes it read on in checkpoint.img, where an image with memory in the state
 * file has it, and others end (`header error: EOF`); a pages.img without pages_meta.img is an error of its own, also beside an image that
 * needs neither; a short pages.img is `EOF`; what a longer one has more is never read, whole pages or not. Later releases read each
 * range at its place, too, and do not ask for the size.
 *
 * @see gVisor runsc/sandbox/sandbox.go: Sandbox.Restore, setRestoreOptsForLocalCheckpointFiles (9ca1678bc, 2026-03-18);
 *   pkg/sentry/pgalloc/save_restore.go: LoadFrom
 */
export const pages = defineGate('pages', ['path', 'files', 'pages'], (image, _host, rules): GateAnswer => {
  const answer = pagesFiles(image, rules);
  if (answer.outcome !== 'pass') return answer;
  const split = splitAnswer(image.pages, rules);
  return { ...split, reasons: [...answer.reasons, ...split.reasons] };
});

function pagesFiles(image: Pick<ImageFacts, 'path' | 'files' | 'pages'>, rules: Rules): GateAnswer {
  const { place, required, present, inState = place === 'inline' } = image.pages;
  if (place === 'elsewhere') {
    const message = 'the state file was given alone: pages.img and pages_meta.img were not looked at';
    return notChecked(reason('CKPT1954', OPENED, message, { form: 'state file alone' }));
  }
  const decider = decidingFile(rules);
  if (decider === null || !isThere(decider, image.files)) {
    // It reads on in the state file.
    if (inState) return pass(...unread(image.files));
    if (decider !== null) return missingAnswer(missingFile(image.files, rules) ?? decider, image, rules);
    const message = 'this runsc expects the memory inside checkpoint.img';
    return fail(reason('CKPT1953', INLINE, message, { rules: rules.release }), rules, null);
  }
  const missing = missingFile(image.files, rules);
  if (missing !== null) return missingAnswer(missing, image, rules);
  if (required === null || present === null || present === required) return pass();
  if (present > required) {
    const message = `pages.img has ${present - required} bytes more than its metadata names, which runsc does not read`;
    return pass(reason('CKPT1957', READ, message, { required, present }));
  }
  const message = `pages.img has ${present} bytes, and its metadata names ${required}`;
  const error = rules.has('version-in-kernel') ? null : 'EOF';
  return fail(reason('CKPT1952', READ, message, { required, present }), rules, error);
}

/** Whether a release reads pages_meta.img, given the files that there are. */
export function readsPagesMeta(files: ImageFacts['files'], rules: Rules): boolean {
  const decider = decidingFile(rules);
  return decider !== null && rules.has('pages-meta-file') && isThere(decider, files) && missingFile(files, rules) === null;
}

type PagesFile = 'pages.img' | 'pages_meta.img';

/** The file that a release looks for first, and without which it looks for no other; null before there were such files. */
function decidingFile(rules: Rules): PagesFile | null {
  if (rules.has('pages-meta-decides')) return 'pages_meta.img';
  return rules.has('pages-file') ? 'pages.img' : null;
}

function isThere(file: PagesFile, { pages, pagesMeta }: ImageFacts['files']): boolean {
  return file === 'pages.img' ? pages : pagesMeta;
}

/** The file that this release needs and does not find. */
function missingFile(files: ImageFacts['files'], rules: Rules): PagesFile | null {
  if (!files.pages) return 'pages.img';
  return rules.has('pages-meta-file') && !files.pagesMeta ? 'pages_meta.img' : null;
}

/** What there is to say of files that lie beside an image and are not read. */
function unread({ pages, pagesMeta }: ImageFacts['files']): Reason[] {
  const names = [...(pages ? ['pages.img'] : []), ...(pagesMeta ? ['pages_meta.img'] : [])];
  return names.map((file) =>
    reason('CKPT1958', OPENED, `${file} lies beside an image that has its memory inside, and is not read`, { file }),
  );
}

function missingAnswer(missing: PagesFile, image: Pick<ImageFacts, 'path' | 'files'>, rules: Rules): GateAnswer {
  const path = `${image.path.replace(/\/?(checkpoint\.img)?$/, '') || '.'}/${missing}`;
  const because = (order: number) => reason('CKPT1951', order, `${missing} is missing beside checkpoint.img`, { missing, path });
  const decider = decidingFile(rules);
  if (decider === null || !isThere(decider, image.files))
    return fail(because(INLINE), rules, rules.has('version-in-kernel') ? null : 'header error: EOF');
  const what = rules.has('pages-meta-decides') ? 'pages file' : 'restore image file';
  return fail(because(OPENED), rules, `opening ${what} "${path}" failed: open ${path}: no such file or directory`);
}
