/** Use case `baseline`: the largest feature set that all of some hosts have. */

import { closestName } from './closest-name.ts';
import type { Arch } from './cpu/feature.ts';
import { featuresOf, findFeature } from './cpu/feature-names.ts';
import { UsageError } from './errors.ts';
import { levelOf } from './fleet/baseline.ts';
import { type BaselineDocument, baselineDocument } from './fleet/baseline-document.ts';
import { levelRules } from './fleet/level-rules.ts';
import type { Host } from './host/host.ts';
import { type HostOptions, openHosts } from './host/open-host.ts';

export { FORMATS_HINT } from './host/host-text.ts';

export interface BaselineOptions extends HostOptions {
  /** Features to leave out, in any spelling. */
  readonly without?: readonly string[];
  /** The runsc that is to read the annotation. */
  readonly runscVersion?: string;
}

/** The level of those hosts that could be read; null when none could. */
export interface BaselineAnswer {
  readonly document: BaselineDocument | null;
  readonly errors: BaselineDocument['errors'];
}

/**
 * The level of hosts: `current`, files, directories, `cpu:<model>`, `-`, each perhaps as `name=…`. What cannot be read is in `errors`, and the
 * level is that of the others.
 *
 * @throws UsageError when the hosts are of two architectures, a version names no code, or a feature to leave out has no such name
 */
export async function baseline(specs: readonly string[], options: BaselineOptions = {}): Promise<BaselineAnswer> {
  const { hosts, errors: failed } = await openHosts(specs, { ...options, details: 'runsc' });
  const errors = failed.map(({ host, error }) => ({
    host,
    code: error.code,
    message: error.message,
    layer: error.place.layer,
  }));
  const [first] = hosts;
  if (first === undefined) return { document: null, errors };
  const { arch } = first;
  refuseTwoArchitectures(hosts);
  const rules = levelRules(options.runscVersion ?? null, hosts);
  if (rules === null) throw new UsageError(`--runsc-version ${options.runscVersion} names no release of runsc and no date`);
  const without = new Set((options.without ?? []).map((name) => featureToLeaveOut(arch, name)));
  // Names are those of the release; one that ignores the annotation is told of in a note, and has names all the same.
  const level = levelOf(arch, hosts, { without, date: rules.date });
  return { document: baselineDocument(level, hosts, rules, errors), errors };
}

function refuseTwoArchitectures(hosts: readonly Host[]): void {
  const named = (arch: Arch): string[] => hosts.filter((host) => host.arch === arch).map(({ name }) => name);
  const [amd64, arm64] = [named('amd64'), named('arm64')];
  if (amd64.length > 0 && arm64.length > 0)
    throw new UsageError(
      `hosts of two architectures have no level in common: ${amd64[0]} is amd64 (${amd64.length} in all), ${arm64[0]} is arm64 (${arm64.length} in all); ask for each by itself`,
    );
}

function featureToLeaveOut(arch: Arch, name: string): string {
  const feature = findFeature(arch, name);
  if (feature !== undefined) return feature.name;
  const meant = closestName(
    name.trim().toLowerCase(),
    featuresOf(arch).map((row) => row.name),
  );
  throw new UsageError(
    `--without: gVisor compares no feature ${JSON.stringify(name)}.${meant === null ? '' : ` Did you mean ${meant}?`}`,
  );
}
