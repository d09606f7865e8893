/** Gate `pages`: the files with the saved memory are there, and long enough. */
import { defineGate, fail, type GateAnswer, notChecked, pass, reason } from '../gate.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { Rules } from '../rules.ts';

const OPENED = 6;
const INLINE = 34;
const READ = 42;

/**
 * Looks for pages.img and pages_meta.img as that release does, and compares the size of pages.img with what its metadata names.
 *
 * Measured with Debian's runsc of 2024-07: a missing pages.img makes it read on in checkpoint.img (`header error: EOF`), a missing
 * pages_meta.img is an error of its own, a short pages.img is `EOF`.
 *
 * @see gVisor runsc/sandbox/sandbox.go: Sandbox.Restore, setRestoreOptsForLocalCheckpointFiles (9ca1678bc, 2026-03-18)
 */
export const pages = defineGate('pages', ['path', 'files', 'pages'], (image, _host, rules): GateAnswer => {
  const { place, required, present } = image.pages;
  if (place === 'inline') return pass();
  if (place === 'elsewhere') {
    const message = 'the state file was given alone: pages.img and pages_meta.img were not looked at';
    return notChecked(reason('CKPT1954', OPENED, message, { form: 'state file alone' }));
  }
  if (!rules.has('pages-file')) {
    const message = 'this runsc expects the memory inside checkpoint.img';
    return fail(reason('CKPT1953', INLINE, message, { rules: rules.release }), rules, null);
  }
  const missing = missingFile(image.files, rules);
  if (missing !== null) return missingAnswer(missing, image, rules);
  if (required !== null && present !== null && present < required) {
    const message = `pages.img has ${present} bytes, and its metadata names ${required}`;
    const error = rules.has('version-in-kernel') ? null : 'EOF';
    return fail(reason('CKPT1952', READ, message, { required, present }), rules, error);
  }
  return pass();
});

type PagesFile = 'pages.img' | 'pages_meta.img';

/** The file that this release needs and does not find. */
function missingFile(files: ImageFacts['files'], rules: Rules): PagesFile | null {
  if (!files.pages) return 'pages.img';
  return rules.has('pages-meta-file') && !files.pagesMeta ? 'pages_meta.img' : null;
}

function missingAnswer(missing: PagesFile, image: Pick<ImageFacts, 'path' | 'files'>, rules: Rules): GateAnswer {
  const path = `${image.path.replace(/\/?(checkpoint\.img)?$/, '') || '.'}/${missing}`;
  // The file that a release opens first decides whether it looks for the other.
  const decider: PagesFile = rules.has('pages-meta-decides') ? 'pages_meta.img' : 'pages.img';
  const because = (order: number) => reason('CKPT1951', order, `${missing} is missing beside checkpoint.img`, { missing, path });
  const deciderThere = decider === 'pages.img' ? image.files.pages : image.files.pagesMeta;
  if (!deciderThere) return fail(because(INLINE), rules, rules.has('version-in-kernel') ? null : 'header error: EOF');
  const what = rules.has('pages-meta-decides') ? 'pages file' : 'restore image file';
  return fail(because(OPENED), rules, `opening ${what} "${path}" failed: open ${path}: no such file or directory`);
}
