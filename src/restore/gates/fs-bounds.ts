/** Gate `fs-bounds`: the files of a filesystem checkpoint are there, and as long as its manifest and its metadata say. */
import type { FilesystemCheckpoint } from '../../filesystem/filesystem-checkpoint.ts';
import { type ManifestRange, outOfBounds } from '../../filesystem/manifest-bounds.ts';
import { FILESYSTEM_ORDER, type FilesystemGate, pathIn } from '../filesystem-gate.ts';
import { pass, positionOf, reason } from '../gate.ts';
import { quoted } from '../go-syntax.ts';
import type { Reason } from '../result.ts';

/** One failing condition, and what runsc prints. */
interface Failing {
  readonly because: Reason;
  readonly error: string | null;
}

/** The most ranges that are told. */
const MOST = 100;

/** @see gVisor runsc/sandbox/sandbox.go: openFSCheckpointLocalFiles; runsc/boot/fscheckpoint.go: memoryFileLoadArgs, tmpfsSourceTar */
export const fsBounds: FilesystemGate = {
  id: 'fs-bounds',
  needsManifest: false,
  check: (checkpoint, _host, rules) => {
    const { manifest, bytes } = checkpoint;
    const ranges = manifest === null ? [] : outOfBounds(manifest, bytes).slice(0, MOST).map(rangeFailing);
    const all = [...missingFiles(checkpoint), ...ranges, ...shortPages(checkpoint)];
    const inOrder = all.toSorted((a, b) => a.because.order - b.because.order);
    const [first] = inOrder;
    if (first === undefined) return pass();
    const failure = { position: positionOf(first.because.order, rules), error: first.error };
    return { outcome: 'fail', reasons: inOrder.map(({ because }) => because), failure };
  },
};

/** The messages of runsc call pages.img by the name of its metadata, too. */
function missingFiles(checkpoint: FilesystemCheckpoint): Failing[] {
  const { multiTar, pagesMeta, pages } = checkpoint.bytes;
  const files = [
    ['multitar.img', multiTar, 'multi-tar'],
    ['pages_meta.img', pagesMeta, 'pages metadata'],
    ['pages.img', pages, 'pages metadata'],
  ] as const;
  return files.flatMap(([missing, size, what]) => {
    if (size !== null) return [];
    const path = pathIn(checkpoint, missing);
    const because = reason('CKPT1932', FILESYSTEM_ORDER.otherFiles, `${missing} is missing beside the manifest`, {
      missing,
      path,
    });
    return [{ because, error: `opening ${what} file ${quoted(path)}: open ${path}: no such file or directory` }];
  });
}

function rangeFailing({ kind, owner, start, end, size }: ManifestRange): Failing {
  const file = kind === 'memory' ? 'pages_meta.img' : 'multitar.img';
  const details = { file, owner, start: start.toString(), end: end.toString(), size };
  const order = kind === 'memory' ? FILESYSTEM_ORDER.metadataRange : FILESYSTEM_ORDER.tarRange;
  const message = `the manifest names bytes ${start} to ${end} of ${file} for ${JSON.stringify(owner)}, and the file has ${size}`;
  const beyond =
    kind === 'memory'
      ? `MemoryFile ${quoted(owner)} has pages metadata range [${start}, ${end}) beyond pages metadata file size ${size}`
      : `tmpfs ${quoted(owner)} has tar range [${start}, ${end}) beyond multi-tar file size ${size}`;
  // A range that ends before it begins, and within the file, is a panic.
  return { because: reason('CKPT1931', order, message, details), error: end > BigInt(size) ? beyond : null };
}

function shortPages({ bytes, requiredPages }: FilesystemCheckpoint): Failing[] {
  if (bytes.pages === null || bytes.pages >= requiredPages) return [];
  const message = `pages.img has ${bytes.pages} bytes, and its metadata names ${requiredPages}`;
  const details = { required: requiredPages, present: bytes.pages };
  return [{ because: reason('CKPT1933', FILESYSTEM_ORDER.pages, message, details), error: null }];
}
