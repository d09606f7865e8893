/** All answers about one image: it is read once, and answers for every host. */

import { checkFilesystem } from './check-filesystem.ts';
import type { ImageContainer } from './container/image-container.ts';
import { openContainer } from './container/open-container.ts';
import { CkptError } from './errors.ts';
import { FILESYSTEM_FILES } from './filesystem/read-filesystem-checkpoint.ts';
import type { Host } from './host/host.ts';
import { headerFacts, imageFacts } from './image-facts.ts';
import { shownPath } from './io/http-address.ts';
import type { Limits } from './limits.ts';
import { unlessHost } from './mistaken-host.ts';
import { neededNetwork } from './needed-network.ts';
import type { GivenTree } from './open-trees.ts';
import { type OpenedImage, readImage, readImageHeader } from './read-image.ts';
import {
  type Damage,
  type EvaluateInput,
  evaluate,
  evaluateUnreadable,
  type PartialFacts,
  rulesFor,
} from './restore/evaluate.ts';
import { readsPagesMeta } from './restore/gates/pages.ts';
import type { ImageFacts, TypesFit } from './restore/image-facts.ts';
import type { CheckError, CheckResult } from './restore/result.ts';
import { typesFit } from './schema-facts.ts';

/** How an image is judged. */
export interface JudgeOptions {
  /** HMAC key of keyed images, or null. */
  readonly key: Uint8Array | null;
  readonly limits: Limits;
  /** Directories for root file systems and mounts of the new containers. */
  readonly trees: readonly GivenTree[];
  readonly input: EvaluateInput;
}

/** Makes the hosts; what was read of the image is known then, nothing of a filesystem checkpoint. */
export type HostsFor = (image: PartialFacts | null) => Promise<readonly Host[]>;

/** Results in the order of the hosts, and what could not be read of the image. */
export interface ImageJudgement {
  readonly results: readonly CheckResult[];
  readonly errors: readonly CheckError[];
}

/**
 * Predicts the restore of the image at `path` on every host. An image that is recognisable but damaged has results in which the gate
 * `image-readable` fails, and an error; one that is no image has an error only. Never throws a CkptError.
 *
 * @param hosts asked for once, when the image has been opened: programs that describe hosts may run meanwhile
 */
export async function judgeImage(path: string, hosts: HostsFor, options: JudgeOptions): Promise<ImageJudgement> {
  const to: Judging = { options, hosts, results: [], errors: [] };
  await judgeContainer(path, to);
  return to;
}

interface Judging {
  readonly options: JudgeOptions;
  readonly hosts: HostsFor;
  readonly results: CheckResult[];
  readonly errors: CheckError[];
}

async function judgeContainer(path: string, to: Judging): Promise<void> {
  const { options, errors } = to;
  const { limits } = options;
  let container: ImageContainer;
  try {
    container = await openContainer(path, { limits, hold: FILESYSTEM_FILES });
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    errors.push({ image: shownPath(path), ...described(error) });
    return;
  }
  try {
    if (container.kind === 'fscheckpoint') await judgeFiles(container, to);
    else await judgeSandbox(path, container, to);
  } finally {
    await container.close();
  }
}

/** A filesystem checkpoint: will a new container take its files? */
async function judgeFiles(container: ImageContainer, { options, hosts, results, errors }: Judging): Promise<void> {
  const { input, limits } = options;
  const { path } = container;
  try {
    const { results: answers, damage } = await checkFilesystem(container, await hosts(null), input, limits);
    if (damage !== null) errors.push({ image: path, ...described(damage) });
    results.push(...answers);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    errors.push({ image: path, ...described(error) });
  }
}

/** A checkpoint of a sandbox: will it be restored? */
async function judgeSandbox(given: string, container: ImageContainer, to: Judging): Promise<void> {
  // As it is shown: without what is secret in it.
  const { path } = container;
  const { options, hosts, results, errors } = to;
  const { input, key, limits, trees } = options;
  let image: OpenedImage | CkptError;
  try {
    image = await readImage(container, { depth: 'all', key, limits });
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    image = await unlessHost(given, error, limits);
  }
  const damage = image instanceof CkptError ? image : image.damage;
  const beside = image instanceof CkptError ? null : image.besideDamage;
  if (damage !== null && beside === null) errors.push({ image: path, ...described(damage) });
  if (image instanceof CkptError && !isRecognisable(container, image)) return;
  const facts = image instanceof CkptError ? await remains(given, path, limits) : imageFacts(image, trees);
  const opened = await hosts(facts);
  const fits: Fits = new Map();
  let told = false;
  const needs = neededNetwork(image instanceof CkptError ? null : image);
  for (const host of opened) {
    const fit = image instanceof CkptError ? null : await fitFor(fits, image, facts, host, input);
    const rules = rulesFor(facts, host, input);
    const socketNeeds = needs(rules);
    const known = { ...facts, ...(fit === null ? {} : { typesFit: fit }), ...(socketNeeds === null ? {} : { socketNeeds }) };
    const isRead = beside === null || facts.files === undefined || readsPagesMeta(facts.files, rules);
    if (isRead && beside !== null && !told) errors.push({ image: path, ...described(beside) });
    told ||= isRead;
    // What the state file says of its memory does not count where that file is read.
    const { pages, ...others } = known;
    results.push(answer(isRead && beside !== null ? others : known, isRead ? damage : null, host, input));
  }
}

/** How the types fit, by restoring release: hosts with the same runsc get the same answer. */
type Fits = Map<string, TypesFit | null>;

async function fitFor(
  fits: Fits,
  image: OpenedImage,
  facts: PartialFacts,
  host: Host,
  input: EvaluateInput,
): Promise<TypesFit | null> {
  const rules = rulesFor(facts, host, input);
  const key = JSON.stringify([rules.restoring, rules.release, host.arch]);
  const known = fits.get(key);
  if (known !== undefined) return known;
  const { runscVersion = null, typesRelease = null } = facts;
  const fit = await typesFit(image, { runscVersion, typesRelease }, rules, host.arch);
  fits.set(key, fit);
  return fit;
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
  'bad-archive',
  'no-image',
  'ambiguous',
  'bad-digest',
  'http-error',
]);

/** Whether there is an image to speak of: by its magic, or by its place in a directory that runsc would take. */
function isRecognisable({ bare }: ImageContainer, { code }: CkptError): boolean {
  return !NO_IMAGE.has(code) || (code === 'empty' && !bare);
}

/** What is left of an image that cannot be read up to its CPU features. */
async function remains(given: string, path: string, limits: Limits): Promise<PartialFacts> {
  const header = await readImageHeader(given, limits);
  return header === null ? { path } : headerFacts(path, header);
}

function damageOf(error: CkptError): Damage {
  const { code, place, facts } = error;
  return { code, layer: place.layer, offset: place.offset ?? null, expected: facts.expected, found: facts.found };
}

/** What documents say of an input that could not be read. */
export function described(error: CkptError): Pick<CheckError, 'code' | 'message' | 'layer' | 'offset'> {
  const { code, message, place } = error;
  return { code, message, layer: place.layer, ...(place.offset === undefined ? {} : { offset: place.offset }) };
}
