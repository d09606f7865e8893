/** Which format a host description is in, by its content. */
import { findFeature } from '../cpu/feature-names.ts';
import { hostError, type TextLine, textLines } from './host-text.ts';
import { isKcpuidLine } from './parse-cpuid-dump.ts';
import { parseLeafLine } from './parse-leaf-line.ts';
import { unknownFormat } from './unknown-format.ts';

export type HostFormat =
  | 'profile'
  | 'probe'
  | 'cpuid'
  | 'kcpuid'
  | 'instlatx64'
  | 'libvirt'
  | 'firecracker'
  | 'runsc'
  | 'cpuinfo-amd64'
  | 'cpuinfo-arm64'
  | 'lscpu'
  | 'lscpu-json'
  | 'kubernetes';

/** What people call each format. */
export const FORMAT_NAMES: Readonly<Record<HostFormat, string>> = {
  profile: 'a ckpt host profile',
  probe: "the probe's output",
  cpuid: 'raw output of cpuid',
  kcpuid: 'raw output of kcpuid',
  instlatx64: 'a CPUID dump of InstLatX64 or AIDA64',
  libvirt: 'cpudata of libvirt',
  firecracker: 'a CPU configuration of Firecracker',
  runsc: 'output of runsc cpu-features',
  'cpuinfo-amd64': '/proc/cpuinfo of an x86 machine',
  'cpuinfo-arm64': '/proc/cpuinfo of an arm64 machine',
  lscpu: 'output of lscpu',
  'lscpu-json': 'output of lscpu -J',
  kubernetes: 'nodes of Kubernetes',
};

/** A list of names is taken for output of runsc when this many of its first names are features that gVisor knows. */
const NAMES_LOOKED_AT = 200;

/**
 * The format of a description of `bytes` bytes.
 *
 * What is in a file of no known format is not repeated in the error: it may be a key, or a list of passwords.
 *
 * @throws CkptError `mixed-formats` when parts of two formats are in it, `unknown-format` when there is none.
 */
export function detectHostFormat(text: string, bytes: number): HostFormat {
  const lines = textLines(text);
  const found: Found[] = [];
  for (const line of lines) {
    const [before] = found;
    const format = formatOfLine(line, before?.format ?? null);
    if (format === null || format === before?.format) continue;
    if (before !== undefined) {
      throw hostError(
        'mixed-formats',
        line.number,
        'one host in one format',
        `${FORMAT_NAMES[before.format]} from line ${before.line.number} and ${FORMAT_NAMES[format]} from line ${line.number}`,
        'Put every host into a file of its own',
      );
    }
    found.push({ format, line });
  }
  if (found[0] !== undefined) return found[0].format;
  throw unknownFormat(text, bytes);
}

interface Found {
  readonly format: HostFormat;
  readonly line: TextLine;
}

/** Marks of one format that a line holds or begins with; each is found in time linear in the line. */
const MARKS: readonly (readonly [mark: RegExp, format: HostFormat])[] = [
  [/"schema"\s*:\s*"ckpt\/host@\d+"/, 'profile'],
  [/"lscpu"\s*:/, 'lscpu-json'],
  [/"(?:cpuid_modifiers|guest_cpu_config|reg_modifiers|vcpu_features|kvm_capabilities)"\s*:/, 'firecracker'],
  [/"kind"\s*:\s*"(?:Node|NodeFeature|NodeList|NodeFeatureList|List)"/, 'kubernetes'],
  [/^(?:- )?kind: *["']?(?:Node|NodeFeature|NodeList|NodeFeatureList|List)["']? *(?:#|$)/, 'kubernetes'],
  [/<cpudata[\s>/]|<cpuid\s+eax_in=/, 'libvirt'],
  [/^CPUID [0-9A-Fa-f]{8}(?:\s*:\s*|\s+)[0-9A-Fa-f]{8}[- ]/, 'instlatx64'],
  [/^flags\s*:\s*\S/, 'cpuinfo-amd64'],
  [/^Features\s*:\s*\S/, 'cpuinfo-arm64'],
  [/^Flags:\s+\S/, 'lscpu'],
  // The first line in any language; its value is the machine's name of uname.
  [/^\p{L}[^:="{}<>/.]{2,40}:\s+(?:x86_64|aarch64|i[3-6]86|armv\d\w*|ppc64(?:le)?|s390x|riscv64|loongarch64)$/u, 'lscpu'],
];

/** The format that a line belongs to, or null when it says nothing; `before` is what earlier lines said. */
function formatOfLine(line: TextLine, before: HostFormat | null): HostFormat | null {
  const { text } = line;
  if (/^ckpt-probe \d+$/.test(text)) return 'probe';
  for (const [mark, format] of MARKS) if (mark.test(text)) return format;
  if (parseLeafLine(text) !== null) return before === 'probe' ? 'probe' : 'cpuid';
  if (isKcpuidLine(text)) return 'kcpuid';
  return isFeatureList(text) ? 'runsc' : null;
}

function isFeatureList(text: string): boolean {
  if (!/^[a-z0-9_,]+$/.test(text) || text.startsWith(',') || text.endsWith(',') || text.includes(',,')) return false;
  const names = text.split(',', NAMES_LOOKED_AT);
  const features = names.filter((name) => findFeature('amd64', name) !== undefined || findFeature('arm64', name) !== undefined);
  return features.length * 2 > names.length;
}
