/** Use case `verify`: is an image whole, as far as its format can tell. */

import type { ByteSource } from './bytes/byte-source.ts';
import type { ImageFileName } from './container/image-container.ts';
import { openContainer } from './container/open-container.ts';
import { CkptError, type ErrorDocument, errorDocument } from './errors.ts';
import type { FilesystemPrefix } from './filesystem/manifest.ts';
import { FILESYSTEM_FILES, readFilesystemCheckpoint } from './filesystem/read-filesystem-checkpoint.ts';
import { shownPath } from './io/http-address.ts';
import { loadSchemaHistory } from './kernel/types/schema-history.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { beginCheck, CHECK_IDS, type Check } from './verification/check.ts';
import { checkFilesystem } from './verification/check-filesystem.ts';
import { type KnownTypes, knownTypes } from './verification/check-types.ts';
import { type Damage, damageOf, messageOf } from './verification/damage.ts';
import { countBytes, noteArchive, type VerifyContext, watched } from './verification/verified-files.ts';
import { verifyCheckpoint } from './verify-checkpoint.ts';

export const VERIFY_SCHEMA = 'ckpt/verify@1';

export interface VerifyOptions {
  /** HMAC key of keyed images. */
  readonly key?: Uint8Array;
  /** Read all page data too. */
  readonly deep?: boolean;
  readonly limits?: Limits;
  /** Is told how many bytes of an image's files were read, of how many (null: not known). */
  readonly onProgress?: (done: number, total: number | null) => void;
}

export type VerifyVerdict = 'intact' | 'damaged' | 'unreadable';

/** One image. */
export interface VerifiedImage {
  /** As it was given; a URL without its secrets. */
  readonly path: string;
  /** `unreadable`: nothing of it could be read as an image; the reason is in the document's `errors`. */
  readonly verdict: VerifyVerdict;
  /** `keyed` when it carries HMACs of a key, and whether they were compared with the caller's. */
  readonly keyed: boolean;
  readonly keyVerified: boolean;
  readonly checks: readonly Check[];
}

/** An image that could not be read at all. */
export interface VerifyError extends ErrorDocument {
  readonly image: string;
}

/** `ckpt/verify@1` */
export interface VerifyDocument {
  readonly schema: typeof VERIFY_SCHEMA;
  readonly deep: boolean;
  /** The worst of the images: unreadable, else damaged, else intact. */
  readonly verdict: VerifyVerdict;
  /** In the order in which they were given. */
  readonly images: readonly VerifiedImage[];
  readonly errors: readonly VerifyError[];
}

/** Verifies images one by one; what is wrong with one is a value, and does not keep the others from being answered. */
export async function verify(paths: readonly string[], options: VerifyOptions = {}): Promise<VerifyDocument> {
  const images: VerifiedImage[] = [];
  const errors: VerifyError[] = [];
  const known = knownTypes(await loadSchemaHistory());
  for (const path of paths) {
    try {
      images.push(await verifyImage(path, options, known));
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      images.push({ path: shownPath(path), verdict: 'unreadable', keyed: false, keyVerified: false, checks: [] });
      errors.push({ image: shownPath(path), ...errorDocument(error) });
    }
  }
  const verdicts: readonly VerifyVerdict[] = ['unreadable', 'damaged'];
  const verdict = verdicts.find((one) => images.some((image) => image.verdict === one)) ?? 'intact';
  return { schema: VERIFY_SCHEMA, deep: options.deep === true, verdict, images, errors };
}

async function verifyImage(path: string, options: VerifyOptions, known: KnownTypes): Promise<VerifiedImage> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const passed = new Map<ImageFileName, number>();
  let done = 0;
  const archive: CkptError[] = [];
  const moved = (count: number): void => {
    done += count;
    options.onProgress?.(done, null);
  };
  const watch = (source: ByteSource): ByteSource => watched(source, moved, archive);
  const container = await openContainer(path, {
    limits,
    hold: FILESYSTEM_FILES,
    async passing(name, source) {
      if (name === 'pages.img' || name === 'fs/pages.img') passed.set(name, await countBytes(watch(source)));
    },
  });
  const file = container.bare ? shownPath(path) : 'checkpoint.img';
  const context = {
    key: options.key ?? null,
    limits,
    deep: options.deep === true,
    file,
    known,
    container,
    passed,
    archive,
    watch,
  };
  try {
    const whole = container.kind === 'fscheckpoint';
    const { checks, keyed, keyVerified } = whole ? NO_STATE : await verifyCheckpoint(context);
    const all = [...checks, ...(await filesystemChecks(context, whole ? '' : 'fs/')), ...(await checkArchive(context))];
    // Of an archive in a pipe it shows at the end that another image could have been meant.
    const ambiguous = archive.find(({ code }) => code === 'ambiguous');
    if (ambiguous !== undefined) throw ambiguous;
    all.sort((a, b) => CHECK_IDS.indexOf(a.id) - CHECK_IDS.indexOf(b.id));
    const verdict = all.some(({ outcome }) => outcome === 'damaged') ? 'damaged' : 'intact';
    return { path: shownPath(path), verdict, keyed, keyVerified, checks: all };
  } finally {
    await container.close();
  }
}

const NO_STATE = { checks: [], keyed: false, keyVerified: false } as const;

/** The checks of the filesystem checkpoint that the image is, or that it has in a folder; none when it has none. */
async function filesystemChecks(context: VerifyContext, prefix: FilesystemPrefix): Promise<readonly Check[]> {
  const { container, limits, deep, passed, archive, watch } = context;
  try {
    const checkpoint = await readFilesystemCheckpoint(container, prefix, limits);
    if (checkpoint === null) return prefix === '' ? [noManifest()] : [];
    const name: ImageFileName = `${prefix}pages.img`;
    const counted = passed.get(name);
    if (!deep) return checkFilesystem(checkpoint, null);
    if (counted !== undefined) return checkFilesystem(checkpoint, { bytes: counted, damage: null });
    const file = await container.find(name);
    return checkFilesystem(checkpoint, file === null ? null : await readToEnd(watch(await file.open()), name));
  } catch (error) {
    noteArchive(archive, error);
    return [beginCheck('fs-manifest').notDone('the files could not be read')];
  }
}

function noManifest(): Check {
  const check = beginCheck('fs-manifest');
  const message = 'expected fscheckpoint.pb or fscheckpoint.json, found neither';
  check.report({ code: 'not-found', layer: 'filesystem', file: 'fscheckpoint.pb', offset: null, decoded: null, message });
  return check.done('');
}

async function readToEnd(source: ByteSource, name: string): Promise<{ readonly bytes: number; readonly damage: Damage | null }> {
  try {
    return { bytes: await countBytes(source), damage: null };
  } catch (error) {
    return { bytes: 0, damage: damageOf(error, name) };
  } finally {
    await source.close();
  }
}

/** Reads what is left of an archive, and compares its digests. No check for files as they are. */
async function checkArchive({ container, archive, passed }: VerifyContext): Promise<readonly Check[]> {
  const check = beginCheck('archive');
  try {
    await container.finish();
  } catch (error) {
    noteArchive(archive, error);
  }
  if (archive.length === 0 && (container.bare || !container.enclosed) && passed.size === 0) return [];
  for (const error of archive) check.report({ ...damageOf(error, null), message: messageOf(error) });
  return [check.done('it is readable to its end, and its checksums fit')];
}
