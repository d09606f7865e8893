/** The files of one image, wherever they come from: what every form of an image looks like to those who decode it. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';

/** What kind of image it is: a checkpoint of a sandbox, or of its file systems only. */
export type ImageKind = 'checkpoint' | 'fscheckpoint';

/**
 * File names of an image, relative to it, in the order in which they are needed.
 *
 * @see gVisor pkg/sentry/state/checkpointfiles/checkpointfiles.go
 */
export const IMAGE_FILES = [
  'fscheckpoint.pb',
  'fscheckpoint.json',
  'checkpoint.img',
  'pages_meta.img',
  'multitar.img',
  'pages.img',
  'fs/fscheckpoint.pb',
  'fs/fscheckpoint.json',
  'fs/pages_meta.img',
  'fs/multitar.img',
  'fs/pages.img',
] as const;
export type ImageFileName = (typeof IMAGE_FILES)[number];

/** The file that makes a folder a checkpoint of a sandbox, and those of which one makes it one of file systems. */
export const STATE_FILE = 'checkpoint.img';
export const FILESYSTEM_MARKS: readonly string[] = ['fscheckpoint.json', 'fscheckpoint.pb', 'multitar.img'];

/** One file of an image that is there. */
export interface ImageFile {
  /** Bytes, or null when that is not known before it was read (the end of a pipe). */
  readonly size: number | null;
  /**
   * A source at the first byte of the file.
   *
   * @throws CkptError `out-of-order` when the image comes from a pipe and the file has gone by.
   */
  open(): Promise<ByteSource>;
  /** Access at any position, or null where going back means reading everything again (compressed archives, pipes). */
  openRandom(): Promise<RandomSource | null>;
}

/** The files of one image. */
export interface ImageContainer {
  /** As the caller named it. */
  readonly path: string;
  readonly kind: ImageKind;
  /** A state file was given by itself under a name of its own: what lies beside it does not belong to it. */
  readonly bare: boolean;
  /**
   * Whether files can be opened in any order and again: false for a pipe, where asking for a file moves on to it, so that a file that was
   * opened before must have been read by then.
   */
  readonly rereadable: boolean;
  /** The files come out of something that may be damaged itself: an archive, a layout, a server. */
  readonly enclosed: boolean;
  /**
   * A file of the image, or null when it does not have it. In an archive this may read to its end.
   *
   * @throws CkptError of the archive: `truncated`, `bad-archive`, `over-limit`, `io-error`.
   */
  find(name: ImageFileName): Promise<ImageFile | null>;
  /**
   * Reads what is left of an archive, so that damage behind the files of the image is not missed, and checks digests. Nothing for others.
   *
   * @throws CkptError of the archive: `truncated`, `bad-archive`, `bad-digest`, `duplicate-member`.
   */
  finish(): Promise<void>;
  close(): Promise<void>;
}
