/** Use case `diff`: what differs between two images. */
import { type ComparedImage, compareImages } from './difference/compare-images.ts';
import type { NamedSpec } from './difference/compare-specs.ts';
import type { Difference } from './difference/difference.ts';
import type { ErrorDocument } from './errors.ts';
import { countObjects } from './graph/count-objects.ts';
import { containersOf } from './image-facts.ts';
import { inspectOpened } from './inspect.ts';
import { type ImageSummary, type Incomplete, SECTIONS, type Unavailable } from './inspection/document.ts';
import { attempt } from './kernel/attempt.ts';
import type { Limits } from './limits.ts';
import type { OpenedImage } from './read-image.ts';

export const DIFF_SCHEMA = 'ckpt/diff@1';

export interface DiffOptions {
  /** HMAC key of keyed images. */
  readonly key?: Uint8Array;
  /** Show the values of environment variables that differ, which are hidden by default. */
  readonly showEnv?: boolean;
  readonly limits?: Limits;
}

/** One side of a comparison. */
export interface DiffSide {
  readonly image: ImageSummary;
  readonly incomplete: readonly Incomplete[];
  /** Sections that this image cannot give: they are not compared. */
  readonly unavailable: readonly Unavailable[];
  readonly damage: ErrorDocument | null;
}

/** `ckpt/diff@1` */
export interface DiffDocument {
  readonly schema: typeof DIFF_SCHEMA;
  readonly a: DiffSide;
  readonly b: DiffSide;
  /** No difference was found, and nothing was unreadable. */
  readonly same: boolean;
  readonly differences: readonly Difference[];
}

/**
 * Compares two images: metadata, CPU, containers, processes, files, mounts, sockets, network, memory, and objects by type.
 *
 * Times, object ids, numbers of inodes and the order of maps are no differences, so that two checkpoints of one container differ in what
 * happened in between.
 *
 * @throws CkptError when an image cannot be read up to its CPU feature set.
 */
export async function diff(a: string, b: string, options: DiffOptions = {}): Promise<DiffDocument> {
  const left = await readSide(a, options);
  const right = await readSide(b, options);
  const differences = compareImages(left, right, options.showEnv === true);
  const sides = { a: sideOf(left), b: sideOf(right) };
  const whole = [sides.a, sides.b].every(({ incomplete, damage }) => damage === null && incomplete.length === 0);
  return { schema: DIFF_SCHEMA, ...sides, same: whole && differences.length === 0, differences };
}

function sideOf({ document }: ComparedImage): DiffSide {
  const { image, incomplete, unavailable, damage } = document;
  return { image, incomplete, unavailable, damage };
}

/** What is compared of one image; its graph is let go of. */
async function readSide(path: string, options: DiffOptions): Promise<ComparedImage> {
  const { document, image } = await inspectOpened(path, { ...options, sections: COMPARED_SECTIONS });
  return { document, specs: specsOf(image), types: image.kernel === null ? null : countObjects(image.kernel.graph) };
}

/** Registers and mappings say little of what happened, and much of where things lie. */
const COMPARED_SECTIONS = SECTIONS.filter((section) => section !== 'threads' && section !== 'maps');

/** Specs that cannot be parsed are told in `incomplete`. */
function specsOf(image: OpenedImage): NamedSpec[] | null {
  const specs = attempt(
    () => containersOf(image),
    () => {},
  );
  return specs?.containers.map(({ name, raw }) => ({ name, spec: raw })) ?? null;
}
