/** A host out of a profile. */
import { featuresOfCpuid } from '../cpu/cpuid-features.ts';
import { type CpuidEntry, CpuidTable } from '../cpu/cpuid-table.ts';
import type { Arch, Presence } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import { type CpuIdentity, identityOfCpuid } from '../cpu/identity.ts';
import { agreedBits, allBits, NO_BITS } from './facts.ts';
import type { Fact, FeatureFact, Host, HostSource, KnownBits } from './host.ts';
import { hostError } from './host-text.ts';
import {
  count,
  entry,
  flag,
  hexNumber,
  type JsonPlace,
  list,
  oneOf,
  optional,
  parseJsonText,
  required,
  text,
  wrongShape,
} from './json-shape.ts';
import { HIGHEST_SUBLEAF } from './parse-leaf-line.ts';
import { HOST_SCHEMA } from './profile.ts';
import { readIdentity } from './read-identity.ts';

/** Total, so that a new source cannot be forgotten here. */
const SOURCES = Object.keys({
  cpuid: true,
  probe: true,
  'dev-cpuid': true,
  runsc: true,
  cpuinfo: true,
  profile: true,
  auxv: true,
  instlatx64: true,
  libvirt: true,
  firecracker: true,
  lscpu: true,
  labels: true,
  model: true,
} satisfies Record<HostSource, true>) as HostSource[];
const PRESENCES: readonly Presence[] = ['present', 'absent', 'unknown'];
/** Entries of one list of a profile; real ones stay under 500. */
const MOST_ENTRIES = 65_536;

/**
 * Reads a `ckpt/host@1` document. The host gives the same verdicts as the one that the profile was made of; features that a newer
 * ckpt knows and the profile does not name are computed from its leaves, or unknown without them.
 *
 * @throws CkptError `bad-host` with the path of the value that is not what docs/schema/host@1.schema.json says.
 */
export function readProfile(name: string, json: string): Host {
  const root = parseJsonText(json);
  const schema = text(required(root, 'schema'));
  if (schema !== HOST_SCHEMA) {
    throw hostError(
      'bad-host',
      null,
      `the schema ${HOST_SCHEMA}`,
      schema,
      'A newer ckpt may have written this profile: capture the host again with this one',
    );
  }
  const arch = oneOf<Arch>(required(root, 'arch'), ['amd64', 'arm64']);
  const source = oneOf(required(root, 'source'), SOURCES);
  oneOf(required(root, 'evidence'), ['exact', 'partial']);
  const capturedAt = optional(required(root, 'capturedAt'), time);
  const cpuid = optional(required(root, 'cpuid'), leaves);
  const provenance = optional(entry(root, 'provenance'), text) ?? source;
  const direct = source === 'probe' || source === 'dev-cpuid';
  const features = readFeatures(root, arch, cpuid, direct);
  const sources = entry(root, 'sources');
  const fact = <T>(key: string, read: (place: JsonPlace) => T, isRequired = true): Fact<T> => ({
    value: optional(isRequired ? required(root, key) : entry(root, key), read),
    source: sourceText(sources, key),
  });
  const xcr0 = fact('xcr0', (place) => hexNumber(place, 64));
  const given = fact('useXsave', flag, false);
  const useXsave = given.value === null && entry(root, 'useXsave') === undefined ? usesXsave(features, arch) : given;
  const known = optional(entry(root, 'xcr0Known'), readKnownBits);
  return {
    name,
    arch,
    source: 'profile',
    provenance: `profile ${JSON.stringify(text(required(root, 'name')))}${capturedAt === null ? '' : ` of ${capturedAt}`}: ${provenance}`,
    rejected: (optional(entry(root, 'rejected'), (place) => list(place, MOST_ENTRIES)) ?? []).map((place) => ({
      source: text(required(place, 'source')),
      reason: text(required(place, 'reason')),
    })),
    cpuid,
    features,
    cacheLine: fact('cacheLine', (place) => count(place, 2040)),
    xcr0,
    // A state that leaf 0xD names may not be known to be usable: a dump taken under another operating system does not say.
    xcr0Known: xcr0.value === null ? (known ?? NO_BITS) : agreedBits(known ?? allBits(xcr0.value), allBits(xcr0.value)),
    statesNotEnabled: optional(entry(root, 'statesNotEnabled'), (place) => hexNumber(place, 64)) ?? 0n,
    mxcsrMask: fact('mxcsrMask', (place) => Number(hexNumber(place, 32)), false),
    useXsave,
    hwcap: fact('hwcap', (place) => hexNumber(place, 64)),
    hwcap2: fact('hwcap2', (place) => hexNumber(place, 64)),
    pageSize: fact('pageSize', (place) => count(place, 0x4000_0000)),
    kernel: fact('kernel', text),
    microcode: fact('microcode', text),
    hypervisor: fact('hypervisor', text),
    runscVersion: fact('runscVersion', text),
    identity: identity(root, cpuid),
    capturedFrom: { source, provenance },
    capturedAt,
    notes: (optional(entry(root, 'notes'), (place) => list(place, MOST_ENTRIES)) ?? []).map((place) => text(place)),
  };
}

function readFeatures(root: JsonPlace, arch: Arch, cpuid: CpuidTable | null, direct: boolean): Map<string, FeatureFact> {
  const groups = required(root, 'features');
  const said = new Map<string, FeatureFact>();
  const reasons = optional(entry(root, 'sources'), (place) => optional(entry(place, 'features'), (object) => object));
  for (const presence of PRESENCES) {
    for (const place of list(required(groups, presence), MOST_ENTRIES)) {
      const name = text(place, 64);
      if (said.has(name)) wrongShape(place, `a feature that is not in ${said.get(name)?.presence} already`);
      said.set(name, { presence, source: (reasons === null ? null : optional(entry(reasons, name), text)) ?? 'host profile' });
    }
  }
  const computed = arch === 'amd64' && cpuid !== null ? featuresOfCpuid(cpuid, { direct }) : null;
  const absentFromProfile: FeatureFact = { presence: 'unknown', source: 'the profile does not name this feature' };
  return new Map(featuresOf(arch).map(({ name }) => [name, said.get(name) ?? computed?.get(name) ?? absentFromProfile]));
}

/** For a profile without `useXsave`: what its features say. */
function usesXsave(features: ReadonlyMap<string, FeatureFact>, arch: Arch): Fact<boolean> {
  if (arch === 'arm64') return { value: null, source: 'arm64 has no XSAVE' };
  const both = [features.get('xsave')?.presence, features.get('osxsave')?.presence];
  if (both.includes('absent')) return { value: false, source: 'features xsave and osxsave of the profile' };
  if (both.every((presence) => presence === 'present'))
    return { value: true, source: 'features xsave and osxsave of the profile' };
  return { value: null, source: 'the profile says neither for xsave and osxsave' };
}

function readKnownBits(place: JsonPlace): KnownBits {
  const set = hexNumber(required(place, 'set'), 64);
  const clear = hexNumber(required(place, 'clear'), 64);
  return (set & clear) === 0n ? { set, clear } : wrongShape(place, 'no bit both set and clear');
}

function leaves(place: JsonPlace): CpuidTable {
  const seen = new Set<string>();
  return new CpuidTable(
    list(place, MOST_ENTRIES).map((row): CpuidEntry => {
      const numbers = list(row, 6).map((cell) => Number(hexNumber(cell, 32)));
      const [leaf, subleaf, eax, ebx, ecx, edx] = numbers;
      if (
        leaf === undefined ||
        subleaf === undefined ||
        eax === undefined ||
        ebx === undefined ||
        ecx === undefined ||
        edx === undefined
      ) {
        return wrongShape(row, 'six numbers: leaf, subleaf, eax, ebx, ecx, edx');
      }
      if (subleaf > HIGHEST_SUBLEAF) wrongShape(row, `a subleaf of at most ${HIGHEST_SUBLEAF}`);
      if (seen.has(`${leaf}/${subleaf}`)) wrongShape(row, 'every leaf once');
      seen.add(`${leaf}/${subleaf}`);
      return [leaf, subleaf, eax, ebx, ecx, edx];
    }),
  );
}

function identity(root: JsonPlace, cpuid: CpuidTable | null): CpuIdentity | null {
  return cpuid === null ? optional(entry(root, 'cpu'), readIdentity) : identityOfCpuid(cpuid);
}

function sourceText(sources: JsonPlace | undefined, key: string): string {
  return (sources === undefined ? null : optional(entry(sources, key), text)) ?? 'host profile';
}

function time(place: JsonPlace): string {
  const value = text(place, 64);
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value)
    ? value
    : wrongShape(place, 'a time as in RFC 3339');
}
