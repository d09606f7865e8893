/** Gate `image-readable` of a filesystem checkpoint: manifest, metadata and archives can be decoded. */
import type { FilesystemPart } from '../../filesystem/filesystem-checkpoint.ts';
import { FILESYSTEM_ORDER, type FilesystemGate } from '../filesystem-gate.ts';
import { pass, positionOf, reason } from '../gate.ts';

/** Parts whose damage stops runsc; the others have gates of their own. */
const ORDERS: { readonly [P in FilesystemPart]: number | null } = {
  files: null,
  manifest: FILESYSTEM_ORDER.decode,
  bounds: null,
  memory: FILESYSTEM_ORDER.metadata,
  trees: FILESYSTEM_ORDER.tree,
  pages: null,
};

/** The most problems that are told. */
const MOST = 100;

/** @see gVisor runsc/boot/fscheckpoint.go: startFSRestore; pkg/sentry/fsimpl/tmpfs/tar.go: readFromTar */
export const fsReadable: FilesystemGate = {
  id: 'image-readable',
  needsManifest: false,
  check: ({ problems }, _host, rules) => {
    const reasons = problems.flatMap(({ part, error, harmless }) => {
      const order = ORDERS[part];
      if (order === null || harmless) return [];
      const { code, place, facts } = error;
      const offset = place.offset ?? null;
      const details = { code, layer: place.layer, offset, expected: facts.expected, found: facts.found };
      return [reason('CKPT1008', order, `the image cannot be read (${error.message})`, details)];
    });
    const inOrder = reasons.toSorted((a, b) => a.order - b.order).slice(0, MOST);
    const [first] = inOrder;
    if (first === undefined) return pass();
    // The words of Go's decoders are their own.
    return { outcome: 'fail', reasons: inOrder, failure: { position: positionOf(first.order, rules), error: null } };
  },
};
