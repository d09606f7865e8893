/** A host out of what lscpu prints. */
import { UNKNOWN_IDENTITY } from '../cpu/identity.ts';
import { known, unknown } from './facts.ts';
import type { Fact, Host } from './host.ts';
import { hostFromCpuinfoArm64, hostFromCpuinfoX86 } from './host-from-cpuinfo.ts';
import { hostError } from './host-text.ts';
import { type LscpuField, parseLscpuJson, parseLscpuText } from './parse-lscpu.ts';

/** Fields of lscpu by the key of /proc/cpuinfo that each prints. @see util-linux sys-utils/lscpu-cputype.c: type_patterns; lscpu.c: print_summary */
const CPUINFO_KEYS: ReadonlyMap<string, string> = new Map([
  ['Vendor ID', 'vendor_id'],
  ['CPU family', 'cpu family'],
  ['Model', 'model'],
  ['Model name', 'model name'],
  ['Stepping', 'stepping'],
  ['Microcode version', 'microcode'],
  ['Address sizes', 'address sizes'],
]);

/** Keys with which the fields of a kind of CPU begin. */
const BEGINS_A_KIND: ReadonlySet<string> = new Set(['vendor_id', 'model name']);

const ONE_CPU = 'lscpu shows the flags of one logical CPU of each kind; others of that kind are taken to have the same ones';
const FLAGS_HINT =
  'The output may be cut off, or of an lscpu that prints no flags: run `LC_ALL=C lscpu -J`, or give /proc/cpuinfo of the machine';
const LOCALE_HINT = 'The names of the fields must be the English ones: run `LC_ALL=C lscpu -J`';

/**
 * The host of the text that `lscpu` prints.
 *
 * @throws CkptError `bad-host` for a line that is no field, without the fields `Architecture` and `Flags` (as in another language), and for
 * what is no value of /proc/cpuinfo; `unsupported` for an architecture that gVisor does not run on.
 */
export function hostFromLscpu(name: string, output: string): Host {
  return hostFromFields(name, parseLscpuText(output), 'lscpu');
}

/**
 * The host of what `lscpu -J` prints.
 *
 * @throws CkptError as {@link hostFromLscpu}, with the path for JSON of another shape.
 */
export function hostFromLscpuJson(name: string, json: string): Host {
  return hostFromFields(name, parseLscpuJson(json), 'lscpu -J');
}

function hostFromFields(name: string, fields: readonly LscpuField[], program: string): Host {
  const arch = architectureOf(fields);
  const host = arch === 'amd64' ? hostFromX86(name, fields) : hostFromArm64(name, fields);
  return {
    ...host,
    source: 'lscpu',
    provenance: `${program}, which prints the flags of /proc/cpuinfo`,
    notes: [...host.notes, ONE_CPU],
  };
}

function architectureOf(fields: readonly LscpuField[]): 'amd64' | 'arm64' {
  const field = fields.find(({ name }) => name === 'Architecture');
  if (field?.value === 'x86_64') return 'amd64';
  if (field?.value === 'aarch64') return 'arm64';
  if (field !== undefined) {
    const hint = /^i[3-6]86$/.test(field.value) ? 'Run lscpu on a 64-bit kernel, without `setarch` or `linux32`' : undefined;
    const found = JSON.stringify(field.value.slice(0, 60));
    throw hostError('unsupported', field.line, 'the architecture x86_64 or aarch64, on which gVisor runs', found, hint);
  }
  const [first] = fields;
  const found = first === undefined ? 'no field' : `the field ${JSON.stringify(first.name.slice(0, 60))} first`;
  throw hostError('bad-host', first?.line ?? null, 'the field "Architecture" of lscpu', found, LOCALE_HINT);
}

function hostFromX86(name: string, fields: readonly LscpuField[]): Host {
  const host = hostFromCpuinfoX86(name, pageOf(fields, 'flags'), 'not-shown');
  const hasAvx = host.features.get('avx')?.presence === 'present';
  const cacheLine: Fact<number> = hasAvx
    ? known(64, 'every CPU with AVX has cache lines of 64 bytes')
    : unknown('lscpu does not show clflush size');
  return { ...host, cacheLine };
}

function hostFromArm64(name: string, fields: readonly LscpuField[]): Host {
  const host = hostFromCpuinfoArm64(name, pageOf(fields, 'Features'));
  const one = (key: string): string | null => {
    const values = new Set(fields.filter((field) => field.name === key).map(({ value }) => value));
    const [value] = values;
    return values.size === 1 && value !== undefined && value !== '' && value !== '-' ? value : null;
  };
  const brand = one('Model name');
  const identity = brand === null ? null : { ...UNKNOWN_IDENTITY, arch: 'arm64' as const, vendor: one('Vendor ID'), brand };
  return { ...host, identity };
}

/**
 * The fields as a page of /proc/cpuinfo, one block for each kind of CPU. A kind begins where `Model name` comes again; a vendor that is not
 * repeated is that of the kind before.
 */
function pageOf(fields: readonly LscpuField[], flagsKey: 'flags' | 'Features'): string {
  const kinds: Map<string, string>[] = [];
  let vendor: string | undefined;
  let current = new Map<string, string>();
  for (const field of fields) {
    const key = field.name === 'Flags' ? flagsKey : CPUINFO_KEYS.get(field.name);
    if (key === undefined) continue;
    if (/\p{Cc}/u.test(field.value)) throw hostError('bad-host', field.line, `a ${field.name} of lscpu`, 'control characters');
    if (key === 'vendor_id') vendor = field.value;
    if (key === 'vendor_id' ? current.has(flagsKey) : current.has(key)) {
      if (!current.has(flagsKey) || !BEGINS_A_KIND.has(key)) throw twice(field);
      kinds.push(current);
      current = new Map();
    }
    current.set(key, field.value);
    if (vendor !== undefined && !current.has('vendor_id')) current.set('vendor_id', vendor);
  }
  if (current.has(flagsKey)) kinds.push(current);
  if (kinds.length === 0) throw hostError('bad-host', null, 'the field "Flags" of lscpu', 'none', FLAGS_HINT);
  // Whether the page is whole has been seen to: a line follows the flags.
  const end = 'bogomips: \n';
  return kinds.map((kind, index) => `processor: ${index}\n${linesOf(kind, flagsKey)}${end}`).join('');
}

function linesOf(kind: ReadonlyMap<string, string>, flagsKey: string): string {
  const others = [...kind].filter(([key]) => key !== flagsKey);
  return [...others, [flagsKey, kind.get(flagsKey) ?? '']].map(([key, value]) => `${key}: ${value}\n`).join('');
}

function twice(field: LscpuField): Error {
  return hostError(
    'bad-host',
    field.line,
    'every field once for each kind of CPU',
    `${JSON.stringify(field.name)} a second time`,
  );
}
