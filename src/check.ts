/** Use case `check`: will these images restore on these hosts, and if not, why not. */

import { givenNetwork } from './given-network.ts';
import { type HostOptions, openHosts } from './host/open-host.ts';
import { described, judgeImage } from './judge-image.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { openSpecs } from './open-specs.ts';
import { openTrees } from './open-trees.ts';
import type { EvaluateInput } from './restore/evaluate.ts';
import { parseDriverVersion } from './restore/nvidia-drivers.ts';
import type { CheckDocument, CheckError, CheckResult, GateId } from './restore/result.ts';
import { type NetworkMode, NO_SETTINGS, type RestoreSettings, type SpecPolicy } from './restore/settings.ts';
import { documentVerdict } from './restore/verdict.ts';
import { TOOL } from './tool.ts';

export { FORMATS_HINT } from './host/host-text.ts';
export { RELEASE_TAGS } from './restore/release-tags.ts';
export { parseRunscVersion } from './restore/runsc-version.ts';
export { exitCodeOf } from './restore/verdict.ts';

export interface CheckOptions extends HostOptions {
  /** Directories with checkpoint.img, state files under any name, or `-`. */
  readonly images: readonly string[];
  /** `current` (default), files, directories, `-`, each perhaps as `name=…`. */
  readonly hosts?: readonly string[];
  /** Version of the restoring runsc; without it the host's, else the image's. */
  readonly runscVersion?: string;
  /** HMAC key of keyed images. */
  readonly key?: Uint8Array;
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
}

/**
 * Predicts `runsc restore` for every pair of image and host.
 *
 * Inputs that cannot be read become entries of `errors`; the other pairs are still answered. An image that is
 * recognisable but damaged gets both: an entry in `errors`, and results in which the gate `image-readable` fails.
 * Never throws a CkptError.
 */
export async function check(options: CheckOptions): Promise<CheckDocument> {
  // Programs that describe this machine run while the first image is read.
  const opening = openHosts(options.hosts ?? ['current'], {
    ...options,
    // With a version given there is no need to ask the machine for one.
    details: options.runscVersion === undefined ? 'runsc' : false,
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
  const judge = { key: options.key ?? null, limits: options.limits ?? DEFAULT_LIMITS, trees: trees.trees, input };
  for (const path of options.images) {
    const judgement = await judgeImage(path, async () => (await opening).hosts, judge);
    results.push(...judgement.results);
    errors.push(...judgement.errors);
  }
  const opened = await opening;
  errors.push(...opened.errors.map(({ host, error }) => ({ host, ...described(error) })));
  errors.push(...specs.errors.map(({ spec, error }) => ({ spec, ...described(error) })));
  errors.push(...trees.errors.map(({ tree, error }) => ({ tree, ...described(error) })));
  return { schema: 'ckpt/check@1', tool: TOOL, verdict: documentVerdict(results, errors), results, errors };
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
