/** Use case `check`: will these images restore on these hosts, and if not, why not. */

import { openContainer } from './container/open-container.ts';
import { CkptError } from './errors.ts';
import type { Host } from './host/host.ts';
import { openHosts } from './host/open-host.ts';
import { headerFacts, imageFacts } from './image-facts.ts';
import type { Limits } from './limits.ts';
import { unlessHost } from './mistaken-host.ts';
import { type OpenedImage, readImage, readImageHeader } from './read-image.ts';
import { type Damage, type EvaluateInput, evaluate, evaluateUnreadable, type PartialFacts } from './restore/evaluate.ts';
import type { ImageFacts } from './restore/image-facts.ts';
import type { CheckDocument, CheckError, CheckResult, GateId } from './restore/result.ts';
import { documentVerdict } from './restore/verdict.ts';
import { TOOL } from './tool.ts';

export { FORMATS_HINT } from './host/host-text.ts';
export { RELEASE_TAGS } from './restore/release-tags.ts';
export { parseRunscVersion } from './restore/runsc-version.ts';
export { exitCodeOf } from './restore/verdict.ts';

export interface CheckOptions {
  /** Directories with checkpoint.img, state files under any name, or `-`. */
  readonly images: readonly string[];
  /** `current` (default), files, directories, `-`, each perhaps as `name=…`. */
  readonly hosts?: readonly string[];
  /** Version of the restoring runsc; without it the host's, else the image's. */
  readonly runscVersion?: string;
  /** HMAC key of keyed images. */
  readonly key?: Uint8Array;
  /** Whether the probe may be executed for `current` (default true). */
  readonly probe?: boolean;
  /** `never` keeps the runsc in PATH from being run (default `auto`). */
  readonly runsc?: 'auto' | 'never';
  /** Gates that must be answered: not checked counts as unknown. */
  readonly require?: readonly GateId[];
  readonly limits?: Limits;
}

/**
 * Predicts `runsc restore` for every pair of image and host.
 *
 * Inputs that cannot be read become entries of `errors`; the other pairs are still answered. An image that is
 * recognisable but damaged gets both: an entry in `errors`, and results in which the gate `image-readable` fails.
 * Never throws a CkptError.
 */
export async function check(options: CheckOptions): Promise<CheckDocument> {
  const limits = options.limits === undefined ? {} : { limits: options.limits };
  // Programs that describe this machine run while the first image is read.
  const opening = openHosts(options.hosts ?? ['current'], {
    probe: options.probe ?? true,
    runsc: options.runsc ?? 'auto',
    // With a version given there is no need to ask the machine for one.
    details: options.runscVersion === undefined ? 'runsc' : false,
    ...limits,
  });
  opening.catch(() => {});
  const errors: CheckError[] = [];
  const results: CheckResult[] = [];
  const input: EvaluateInput = { runscVersion: options.runscVersion ?? null, require: options.require ?? [] };
  for (const path of options.images) {
    let image: OpenedImage | CkptError;
    try {
      image = await readImage(path, { depth: 'all', key: options.key ?? null, ...limits });
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      image = await unlessHost(path, error, options.limits);
    }
    const damage = image instanceof CkptError ? image : image.damage;
    if (damage !== null) errors.push({ image: path, ...described(damage) });
    if (image instanceof CkptError && !isRecognisable(path, image)) continue;
    const opened = await opening;
    const facts = image instanceof CkptError ? await remains(path, options.limits) : imageFacts(image);
    for (const host of opened.hosts) results.push(answer(facts, damage, host, input));
  }
  const opened = await opening;
  errors.push(...opened.errors.map(({ host, error }) => ({ host, ...described(error) })));
  return { schema: 'ckpt/check@1', tool: TOOL, verdict: documentVerdict(results, errors), results, errors };
}

function answer(facts: PartialFacts, damage: CkptError | null, host: Host, input: EvaluateInput): CheckResult {
  // Without damage everything was read, so that the facts are complete.
  return damage === null ? evaluate(facts as ImageFacts, host, input) : evaluateUnreadable(facts, damageOf(damage), host, input);
}

/** Codes of files that are no image at all, so that there is nothing to say about a restore. */
const NO_IMAGE: ReadonlySet<string> = new Set([
  'not-found',
  'permission-denied',
  'io-error',
  'empty',
  'not-an-image',
  'no-checkpoint-img',
  'fscheckpoint',
  'not-a-regular-file',
  'wrong-key',
]);

/** Whether there is an image to speak of: by its magic, or by its place in a directory that runsc would take. */
function isRecognisable(path: string, error: CkptError): boolean {
  return !NO_IMAGE.has(error.code) || (error.code === 'empty' && !openContainer(path).bare);
}

/** What is left of an image that cannot be read up to its CPU features. */
async function remains(path: string, limits: Limits | undefined): Promise<PartialFacts> {
  const header = await readImageHeader(path, limits);
  return header === null ? { path } : headerFacts(path, header);
}

function damageOf(error: CkptError): Damage {
  const { code, place, facts } = error;
  return { code, layer: place.layer, offset: place.offset ?? null, expected: facts.expected, found: facts.found };
}

function described(error: CkptError): Pick<CheckError, 'code' | 'message' | 'layer' | 'offset'> {
  const { code, message, place } = error;
  return { code, message, layer: place.layer, ...(place.offset === undefined ? {} : { offset: place.offset }) };
}
