/** The header of a state file: magic, metadata, and perhaps a hash. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { parseMetadata } from './metadata.ts';

/** `gVisorSF`. @see gVisor pkg/state/statefile/statefile.go: magicHeader. */
export const MAGIC = new Uint8Array([0x67, 0x56, 0x69, 0x73, 0x6f, 0x72, 0x53, 0x46]);

export interface RawHeader {
  /** All bytes that the header's hash covers: magic, length, metadata. */
  readonly bytes: Uint8Array;
  readonly metadata: ReadonlyMap<string, string>;
  /** The key `compression` is in the metadata and not empty. */
  readonly compressionNamed: boolean;
}

/**
 * Reads magic, metadata length and metadata; leaves the cursor behind them.
 *
 * @throws CkptError `empty`, `not-an-image`, `truncated`, `over-limit`, `bad-metadata`.
 */
export async function readHeader(reader: PullReader, limits: Limits): Promise<RawHeader> {
  const first = await reader.peek(16);
  if (first.length === 0) {
    throw new CkptError(
      'empty',
      { layer: 'header', offset: 0 },
      {
        expected: 'a gVisor state file',
        found: 'an empty file',
        hint: 'runsc answers "statefile cannot be empty"; the checkpoint did not finish',
      },
    );
  }
  for (let index = 0; index < Math.min(first.length, MAGIC.length); index++) {
    if (first[index] !== MAGIC[index]) throw notAnImage(first);
  }
  const prefix = await reader.exactly(16, 'header', 'the magic and the metadata length');
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(8);
  if (length > BigInt(limits.metadataBytes)) {
    throw new CkptError(
      'over-limit',
      { layer: 'header', offset: 8 },
      {
        expected: `a metadata length of at most ${limits.metadataBytes} bytes`,
        found: String(length),
        hint: 'The header is damaged',
      },
    );
  }
  const bytes = new Uint8Array(16 + Number(length));
  bytes.set(prefix);
  bytes.set(await reader.exactly(Number(length), 'metadata', 'metadata'), 16);
  const metadata = parseMetadata(bytes.subarray(16), 16);
  return { bytes, metadata, compressionNamed: (metadata.get('compression') ?? '') !== '' };
}

/** Files that people give by mistake, by their first bytes. */
const LOOKALIKES: readonly { readonly bytes: readonly number[]; readonly what: string; readonly hint: string }[] = [
  { bytes: [0x1f, 0x8b], what: 'gzip data', hint: 'Unpack it first' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd data', hint: 'Unpack it first' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive', hint: 'Unpack it first' },
  { bytes: [0x7f, 0x45, 0x4c, 0x46], what: 'an ELF file', hint: 'Give the directory that `runsc checkpoint --image-path` wrote' },
  { bytes: [0x43, 0x52, 0x49, 0x55], what: 'a CRIU image', hint: 'This tool reads gVisor images; use crit or checkpointctl' },
];

function notAnImage(bytes: Uint8Array): CkptError {
  const known = LOOKALIKES.find(({ bytes: magic }) => magic.every((byte, index) => bytes[index] === byte));
  return new CkptError(
    'not-an-image',
    { layer: 'header', offset: 0 },
    {
      expected: 'the magic "gVisorSF" of a gVisor state file',
      // What it is instead is not repeated: it may be a key.
      found: known?.what ?? 'other bytes',
      hint:
        known?.hint ??
        'Give checkpoint.img, or the directory that `runsc checkpoint --image-path` wrote; pages.img and pages_meta.img are not readable alone',
    },
  );
}
