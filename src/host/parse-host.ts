/** A host out of a description in any accepted format. */
import { detectHostFormat, type HostFormat } from './detect-host-format.ts';
import type { Host } from './host.ts';
import { hostFromCpuidDump, hostFromProbe } from './host-from-cpuid.ts';
import { hostFromCpuinfoArm64, hostFromCpuinfoX86 } from './host-from-cpuinfo.ts';
import { hostFromRunsc } from './host-from-runsc.ts';
import { decodeHostText } from './host-text.ts';
import { parseCpuidDump } from './parse-cpuid-dump.ts';
import { parseProbeOutput } from './parse-probe-output.ts';
import { readProfile } from './read-profile.ts';

const PARSERS: Readonly<Record<HostFormat, (name: string, text: string) => Host>> = {
  profile: readProfile,
  probe: (name, text) => hostFromProbe(name, parseProbeOutput(text), 'CPUID, output of the probe'),
  cpuid: (name, text) => hostFromCpuidDump(name, parseCpuidDump(text)),
  kcpuid: (name, text) => hostFromCpuidDump(name, parseCpuidDump(text)),
  runsc: hostFromRunsc,
  'cpuinfo-amd64': hostFromCpuinfoX86,
  'cpuinfo-arm64': hostFromCpuinfoArm64,
};

/**
 * Finds the format of a description by its content and parses it; `name` is what the host is called.
 *
 * @throws CkptError `empty`, `unknown-format`, `mixed-formats`, `truncated`, `trailing-bytes` or `bad-host`.
 */
export function parseHost(name: string, bytes: Uint8Array): Host {
  const text = decodeHostText(bytes);
  return PARSERS[detectHostFormat(text, bytes.length)](name, text);
}

/**
 * The format that a description seems to be in, without parsing it.
 *
 * @throws CkptError `empty`, `unknown-format` or `mixed-formats`.
 */
export function formatOfHost(bytes: Uint8Array): HostFormat {
  return detectHostFormat(decodeHostText(bytes), bytes.length);
}
