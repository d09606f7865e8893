/** Section `cpu` of an inspection: the processor that an image was saved on, as far as the image says. */
import { cpuidEntryText } from '../cpu/cpuid-table.ts';
import type { FeatureSet } from '../cpu/feature-set.ts';
import { x8664LevelOf } from '../cpu/x86-64-level.ts';
import { levelOf, type SavedContainer } from '../kernel/container-specs.ts';
import type { ImageCpu } from './document.ts';
import { hexOrNull } from './quantities.ts';

/**
 * The document of the section.
 *
 * @param containers the saved OCI specs, or null when the image has none.
 */
export function cpuDocument(set: FeatureSet, containers: readonly SavedContainer[] | null): ImageCpu {
  const { identity } = set;
  const levelledTo = containers === null ? null : levelOf(containers);
  return {
    arch: set.arch,
    encoding: set.encoding,
    vendor: identity.vendor,
    brand: identity.brand,
    family: identity.family,
    model: identity.model,
    stepping: identity.stepping,
    microarchitecture: identity.microarchitecture,
    level: set.arch === 'amd64' ? x8664LevelOf(set.features) : null,
    features: set.features,
    unnamedFeatures: set.unnamed,
    cacheLine: set.cacheLine,
    caches: identity.caches,
    xcr0: hexOrNull(set.xcr0),
    xsaveSize: identity.xsaveSizes?.maximum ?? null,
    physicalAddressBits: identity.physicalAddressBits,
    virtualAddressBits: identity.virtualAddressBits,
    hwcap: hexOrNull(set.hwcap),
    hwcap2: hexOrNull(set.hwcap2),
    implementer: identity.implementer,
    part: identity.part,
    variant: identity.variant,
    revision: identity.revision,
    levelled: containers === null ? 'unknown' : levelledTo === null ? 'no' : 'yes',
    levelledTo,
    leaves: (set.cpuid?.entries ?? []).map(cpuidEntryText),
  };
}
