/** Use case `check`: will these images restore on these hosts, and if not, why not. */

import { checkFilesystem } from './check-filesystem.ts';
import type { ImageContainer } from './container/image-container.ts';
import { openContainer } from './container/open-container.ts';
import { CkptError } from './errors.ts';
import { FILESYSTEM_FILES } from './filesystem/read-filesystem-checkpoint.ts';
import { givenNetwork } from './given-network.ts';
import type { Host } from './host/host.ts';
import { openHosts } from './host/open-host.ts';
import { headerFacts, imageFacts } from './image-facts.ts';
import { shownPath } from './io/http-address.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { unlessHost } from './mistaken-host.ts';
import { neededNetwork } from './needed-network.ts';
import { openSpecs } from './open-specs.ts';
import { type GivenTree, openTrees } from './open-trees.ts';
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
import { parseDriverVersion } from './restore/nvidia-drivers.ts';
import type { CheckDocument, CheckError, CheckResult, GateId } from './restore/result.ts';
import { type NetworkMode, NO_SETTINGS, type RestoreSettings, type SpecPolicy } from './restore/settings.ts';
import { documentVerdict } from './restore/verdict.ts';
import { typesFit } from './schema-facts.ts';
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
  /** The config.json of each container to be restored, in that order: paths or `-`, each perhaps as `container=…`. */
  readonly specs?: readonly string[];
  /** What the restoring runsc does about specs that differ (`--restore-spec-validation`); its default is `enforce`. */
  readonly specPolicy?: SpecPolicy;
  /** Networking of the new sandbox (`--network`). */
  readonly network?: NetworkMode;
  /**
   * Addresses of the new sandbox: one text for each interface that is up, in the order of the host's interfaces and without the loopback
   * interface, such as `10.1.2.3/24,fd00::2/64`. When one cannot be parsed, nothing is taken as known.
   */
  readonly addresses?: readonly string[];
  /** Destinations of its other routes, such as `10.0.0.0/8` and `default`; counts with addresses only. */
  readonly routes?: readonly string[];
  /** Version of the host's NVIDIA driver, `550.54.15`. */
  readonly nvidiaDriver?: string;
  /** How many GPUs and TPUs the new containers get. */
  readonly gpus?: number;
  readonly tpus?: number;
  /** Directories of root file systems as the new containers will see them: paths, each perhaps as `container=…`. */
  readonly rootfs?: readonly string[];
  /** Directories of their mounts: `/path=DIR` or `container:/path=DIR`; see {@link parseMount}. */
  readonly mounts?: readonly string[];
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
  const specs = await openSpecs(options.specs ?? [], options.limits);
  const trees = openTrees(options.rootfs ?? [], options.mounts ?? []);
  const input: EvaluateInput = {
    runscVersion: options.runscVersion ?? null,
    require: options.require ?? [],
    settings: settingsOf(options, specs.specs),
  };
  const each: ImageCheck = { options, input, opening, trees: trees.trees, results, errors };
  for (const path of options.images) await checkImage(path, each);
  const opened = await opening;
  errors.push(...opened.errors.map(({ host, error }) => ({ host, ...described(error) })));
  errors.push(...specs.errors.map(({ spec, error }) => ({ spec, ...described(error) })));
  errors.push(...trees.errors.map(({ tree, error }) => ({ tree, ...described(error) })));
  return { schema: 'ckpt/check@1', tool: TOOL, verdict: documentVerdict(results, errors), results, errors };
}

/** What the checks of all images share, and where their answers go. */
interface ImageCheck {
  readonly options: CheckOptions;
  readonly input: EvaluateInput;
  readonly opening: ReturnType<typeof openHosts>;
  readonly trees: readonly GivenTree[];
  readonly results: CheckResult[];
  readonly errors: CheckError[];
}

async function checkImage(path: string, to: ImageCheck): Promise<void> {
  const { options, errors } = to;
  const { limits = DEFAULT_LIMITS } = options;
  let container: ImageContainer;
  try {
    container = await openContainer(path, { limits, hold: FILESYSTEM_FILES });
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    errors.push({ image: shownPath(path), ...described(error) });
    return;
  }
  try {
    if (container.kind === 'fscheckpoint') await checkFiles(container, limits, to);
    else await checkSandbox(path, container, limits, to);
  } finally {
    await container.close();
  }
}

/** A filesystem checkpoint: will a new container take its files? */
async function checkFiles(
  container: ImageContainer,
  limits: Limits,
  { input, opening, results, errors }: ImageCheck,
): Promise<void> {
  const { path } = container;
  try {
    const { results: answers, damage } = await checkFilesystem(container, (await opening).hosts, input, limits);
    if (damage !== null) errors.push({ image: path, ...described(damage) });
    results.push(...answers);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    errors.push({ image: path, ...described(error) });
  }
}

/** A checkpoint of a sandbox: will it be restored? */
async function checkSandbox(given: string, container: ImageContainer, limits: Limits, to: ImageCheck): Promise<void> {
  // As it is shown: without what is secret in it.
  const { path } = container;
  const { options, input, opening, trees, results, errors } = to;
  let image: OpenedImage | CkptError;
  try {
    image = await readImage(container, { depth: 'all', key: options.key ?? null, limits });
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    image = await unlessHost(given, error, limits);
  }
  const damage = image instanceof CkptError ? image : image.damage;
  const beside = image instanceof CkptError ? null : image.besideDamage;
  if (damage !== null && beside === null) errors.push({ image: path, ...described(damage) });
  if (image instanceof CkptError && !isRecognisable(container, image)) return;
  const opened = await opening;
  const facts = image instanceof CkptError ? await remains(given, path, limits) : imageFacts(image, trees);
  const fits: Fits = new Map();
  let told = false;
  const needs = neededNetwork(image instanceof CkptError ? null : image);
  for (const host of opened.hosts) {
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

function settingsOf(options: CheckOptions, specs: RestoreSettings['specs']): RestoreSettings {
  const { specPolicy, network, nvidiaDriver, gpus, tpus } = { ...NO_SETTINGS, ...options };
  return {
    specs,
    specPolicy,
    network,
    addresses: givenNetwork(options.addresses ?? [], options.routes ?? []),
    nvidiaDriver: nvidiaDriver === null ? null : parseDriverVersion(nvidiaDriver),
    gpus,
    tpus,
  };
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

function described(error: CkptError): Pick<CheckError, 'code' | 'message' | 'layer' | 'offset'> {
  const { code, message, place } = error;
  return { code, message, layer: place.layer, ...(place.offset === undefined ? {} : { offset: place.offset }) };
}
