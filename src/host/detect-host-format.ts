/** Which format a host description is in, by its content. */
import { findFeature } from '../cpu/feature-names.ts';
import { FORMATS_HINT, hostError, type TextLine, textLines } from './host-text.ts';
import { isKcpuidLine } from './parse-cpuid-dump.ts';
import { parseLeafLine } from './parse-leaf-line.ts';
import { PROBE_MAGIC } from './probe-executable.ts';

export type HostFormat = 'profile' | 'probe' | 'cpuid' | 'kcpuid' | 'runsc' | 'cpuinfo-amd64' | 'cpuinfo-arm64';

/** What people call each format. */
export const FORMAT_NAMES: Readonly<Record<HostFormat, string>> = {
  profile: 'a ckpt host profile',
  probe: "the probe's output",
  cpuid: 'raw output of cpuid',
  kcpuid: 'raw output of kcpuid',
  runsc: 'output of runsc cpu-features',
  'cpuinfo-amd64': '/proc/cpuinfo of an x86 machine',
  'cpuinfo-arm64': '/proc/cpuinfo of an arm64 machine',
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
  // Bytes that are no UTF-8 have become U+FFFD.
  const kind = text.includes('\ufffd') ? 'binary data' : 'other text';
  throw hostError('unknown-format', null, 'a host description', `${kind} of ${bytes} bytes`, FORMATS_HINT);
}

interface Found {
  readonly format: HostFormat;
  readonly line: TextLine;
}

/** The format that a line belongs to, or null when it says nothing; `before` is what earlier lines said. */
function formatOfLine(line: TextLine, before: HostFormat | null): HostFormat | null {
  const { text } = line;
  if (text === PROBE_MAGIC || /^ckpt-probe \d+$/.test(text)) return 'probe';
  if (/"schema"\s*:\s*"ckpt\/host@\d+"/.test(text)) return 'profile';
  if (/^CPU( \d+)?:$/.test(text)) return 'cpuid';
  if (parseLeafLine(text) !== null) return before === 'probe' ? 'probe' : 'cpuid';
  if (isKcpuidLine(text)) return 'kcpuid';
  if (/^flags\s*:/.test(text)) return 'cpuinfo-amd64';
  if (/^Features\s*:/.test(text)) return 'cpuinfo-arm64';
  return isFeatureList(text) ? 'runsc' : null;
}

function isFeatureList(text: string): boolean {
  if (!/^[a-z0-9_,]+$/.test(text) || text.startsWith(',') || text.endsWith(',') || text.includes(',,')) return false;
  const names = text.split(',', NAMES_LOOKED_AT);
  const features = names.filter((name) => findFeature('amd64', name) !== undefined || findFeature('arm64', name) !== undefined);
  return features.length * 2 > names.length;
}
