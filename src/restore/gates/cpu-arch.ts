/** Gate `cpu-arch`: the feature set, the first graph of the image, has the fields that the restoring runsc declares. */
import type { Arch } from '../../cpu/feature.ts';
import type { FeatureSetEncoding } from '../../cpu/feature-set.ts';
import { defineGate, fail, type GateAnswer, pass, reason } from '../gate.ts';
import type { Rules } from '../rules.ts';

const ORDER = 29;

/** Saved fields of `pkg/cpuid.FeatureSet`, in declared order, by how it is encoded. */
const FIELDS: { readonly [E in FeatureSetEncoding]: readonly string[] } = {
  'feature-table': [
    'Set',
    'VendorID',
    'ExtendedFamily',
    'ExtendedModel',
    'ProcessorType',
    'Family',
    'Model',
    'SteppingID',
    'Caches',
    'CacheLine',
  ],
  function: ['Function'],
  'function-hwcap': ['Function', 'hwCap'],
  'arm64-feature-table': ['Set', 'CPUImplementer', 'CPUArchitecture', 'CPUVariant', 'CPUPartnum', 'CPURevision'],
  'arm64-hwcap': ['hwCap', 'cpuFreqMHz', 'cpuImplHex', 'cpuArchDec', 'cpuVarHex', 'cpuPartHex', 'cpuRevDec'],
  'arm64-hwcap2': ['hwCap', 'cpuFreqMHz', 'cpuImplHex', 'cpuArchDec', 'cpuVarHex', 'cpuPartHex', 'cpuRevDec'],
};

/**
 * The encoding that a restoring runsc loads, or null where it can load none.
 *
 * @see gVisor pkg/cpuid/cpuid_amd64.go, cpuid_arm64.go: FeatureSet; cpuid_x86.go before 2022-01-13
 */
export function expectedEncoding(arch: Arch, rules: Rules): FeatureSetEncoding | null {
  if (arch === 'amd64') {
    if (!rules.has('cpuid-function')) return 'feature-table';
    return rules.has('cpuid-hwcap') ? 'function-hwcap' : 'function';
  }
  if (!rules.has('cpuid-function')) return 'arm64-feature-table';
  if (!rules.has('arm64-savable')) return null;
  return rules.has('cpuid-hwcap') ? 'arm64-hwcap2' : 'arm64-hwcap';
}

/**
 * Compares number and names of the declared fields, as runsc's decoder does; their order does not matter. On arm64 the two newest
 * encodings have the same names and differ in what `hwCap` is, which the decoder notices later.
 *
 * @see gVisor pkg/state/types.go: typeDecodeDatabase.Lookup
 */
export const cpuArch = defineGate('cpu-arch', ['arch', 'featureSetFields', 'cpu'], (image, host, rules): GateAnswer => {
  const expected = expectedEncoding(host.arch, rules);
  const hostFields = expected === null ? [] : FIELDS[expected];
  const imageFields = image.featureSetFields;
  if (image.arch !== host.arch) {
    const details = { image: image.arch, host: host.arch, imageFields, hostFields };
    const because = reason('CKPT1501', ORDER, `the image is of ${image.arch}, the host of ${host.arch}`, details);
    return fail(because, rules, expected === null ? null : fieldsText(hostFields, imageFields));
  }
  if (expected === null) {
    return fail(reason('CKPT1503', ORDER, 'this runsc cannot load an arm64 feature set', { rules: rules.release }), rules, null);
  }
  const text = fieldsText(hostFields, imageFields);
  if (text === null && image.cpu.encoding === expected) return pass();
  const message = 'the feature set of the image is encoded as another age of runsc does it';
  return fail(reason('CKPT1502', ORDER, message, { imageFields, hostFields, rules: rules.release }), rules, text);
});

/** What the decoder says of two lists of fields, or null when they are the same set. */
function fieldsText(decode: readonly string[], encode: readonly string[]): string | null {
  const lists = `[${decode.join(' ')}] (decode) and [${encode.join(' ')}] (encode)`;
  if (decode.length !== encode.length) return `type "pkg/cpuid.FeatureSet" contains different fields: ${lists}`;
  if (decode.every((field) => encode.includes(field))) return null;
  return `type "pkg/cpuid.FeatureSet" has mismatched fields: ${lists}`;
}
