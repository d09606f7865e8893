/** Use case `affinity`: scheduler constraints that keep an image on hosts that can restore it. */
import { CkptError, UsageError } from './errors.ts';
import { type AffinityChoices, affinityDocument, nameOfImage } from './fleet/affinity.ts';
import type { AffinityDocument, AffinityForm, LabelVocabulary } from './fleet/affinity-document.ts';
import { FORMS_OF_NFD } from './fleet/affinity-manifest.ts';
import { cpuRequirements, idealHost } from './fleet/cpu-requirements.ts';
import type { Host } from './host/host.ts';
import { shownPath } from './io/http-address.ts';
import { described, judgeImage } from './judge-image.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { EvaluateInput, PartialFacts } from './restore/evaluate.ts';
import type { CheckError } from './restore/result.ts';

export interface AffinityOptions {
  /** Whose labels (default `nfd`). */
  readonly labels?: LabelVocabulary;
  /** Default `node-affinity`. */
  readonly form?: AffinityForm;
  /** Ask for NFD's labels that its default configuration does not make, too. */
  readonly denied?: boolean;
  /** Ask for the version of runsc, too, with labels of gVisor. */
  readonly requireVersion?: boolean;
  /** Name in the objects: a DNS label of up to 40 characters; without it one is made of the path. */
  readonly name?: string;
  /** Version of the restoring runsc; without it the image's. */
  readonly runscVersion?: string;
  /** HMAC key of a keyed image. */
  readonly key?: Uint8Array;
  readonly limits?: Limits;
}

/** A document, and what could not be read of the image. */
export interface Affinity {
  /** Null when there is no image, or one that holds no CPU. */
  readonly document: AffinityDocument | null;
  readonly errors: readonly CheckError[];
}

/**
 * What a host needs for an image, in the words of a scheduler. Never throws a CkptError.
 *
 * @throws UsageError when labels and form do not go together
 */
export async function affinity(path: string, options: AffinityOptions = {}): Promise<Affinity> {
  const choices = choicesOf(path, options);
  const { key = null, limits = DEFAULT_LIMITS } = options;
  const input: EvaluateInput = { runscVersion: options.runscVersion ?? null };
  const seen: { image?: PartialFacts } = {};
  const hosts = async (image: PartialFacts | null): Promise<readonly Host[]> => {
    if (image === null) return [];
    seen.image = image;
    return [idealHost(image)];
  };
  const { results, errors } = await judgeImage(path, hosts, { key, limits, trees: [], input });
  const [result] = results;
  const { image } = seen;
  if (result === undefined || image === undefined) {
    return { document: null, errors: errors.length > 0 ? errors : [filesystemCheckpoint(path)] };
  }
  const needs = image.cpu === undefined ? null : cpuRequirements(image, input);
  return { document: affinityDocument(result, needs, choices), errors };
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

function choicesOf(path: string, options: AffinityOptions): AffinityChoices {
  const { labels = 'nfd', form = 'node-affinity', denied = false, requireVersion = false, name } = options;
  if (labels === 'kubevirt' && FORMS_OF_NFD.has(form)) {
    throw new UsageError(`the form ${form} speaks of features that Node Feature Discovery knows; labels of KubeVirt are none`);
  }
  if (denied && labels !== 'nfd') throw new UsageError('labels are denied by Node Feature Discovery only (nfd)');
  if (requireVersion && labels !== 'gvisor') throw new UsageError('only labels of gVisor (gvisor) name the version of runsc');
  if (name !== undefined && !NAME.test(name)) {
    throw new UsageError(`a name has up to 40 small letters, digits and hyphens, found ${JSON.stringify(name)}`);
  }
  return { labels, form, denied, requireVersion, name: name ?? nameOfImage(shownPath(path)) };
}

function filesystemCheckpoint(path: string): CheckError {
  const error = new CkptError(
    'fscheckpoint',
    { layer: 'file', file: shownPath(path) },
    { expected: 'a checkpoint of a sandbox', found: 'a filesystem checkpoint, which asks nothing of a CPU' },
  );
  return { image: shownPath(path), ...described(error) };
}
