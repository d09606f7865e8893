/** Hosts out of a description in any accepted format. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { detectHostFormat, type HostFormat } from './detect-host-format.ts';
import type { Host } from './host.ts';
import { hostFromCpuidDump, hostFromProbe } from './host-from-cpuid.ts';
import { hostFromCpuinfoArm64, hostFromCpuinfoX86 } from './host-from-cpuinfo.ts';
import { hostFromFirecracker } from './host-from-firecracker.ts';
import { hostFromInstlatx64 } from './host-from-instlatx64.ts';
import { hostFromLscpu, hostFromLscpuJson } from './host-from-lscpu.ts';
import { hostFromRunsc } from './host-from-runsc.ts';
import { decodeHostText } from './host-text.ts';
import type { OpenedHosts } from './opened-hosts.ts';
import { parseCpuidDump } from './parse-cpuid-dump.ts';
import { parseProbeOutput } from './parse-probe-output.ts';
import { readProfile } from './read-profile.ts';

/** Formats that describe one host. */
const PARSERS: Readonly<Record<Exclude<HostFormat, 'kubernetes'>, (name: string, text: string) => Host | Promise<Host>>> = {
  profile: readProfile,
  probe: (name, text) => hostFromProbe(name, parseProbeOutput(text), 'CPUID, output of the probe'),
  cpuid: (name, text) => hostFromCpuidDump(name, parseCpuidDump(text)),
  kcpuid: (name, text) => hostFromCpuidDump(name, parseCpuidDump(text)),
  instlatx64: hostFromInstlatx64,
  // Brings a parser of XML along, which the other formats do not need.
  libvirt: async (name, text) => (await import('./host-from-libvirt.ts')).hostFromLibvirt(name, text),
  firecracker: hostFromFirecracker,
  runsc: hostFromRunsc,
  'cpuinfo-amd64': hostFromCpuinfoX86,
  'cpuinfo-arm64': hostFromCpuinfoArm64,
  lscpu: hostFromLscpu,
  'lscpu-json': hostFromLscpuJson,
};

/**
 * Finds the format of a description by its content and parses it. `name` is what it was given as: a description of one host is called
 * that, the nodes of a list by their own names.
 *
 * @throws CkptError `empty`, `unknown-format`, `mixed-formats`, `truncated`, `trailing-bytes`, `over-limit`, `unsupported` or `bad-host`
 * when nothing of it can be read; what is wrong with one node of several is in `errors`.
 */
export async function parseHosts(name: string, bytes: Uint8Array, limits: Limits): Promise<OpenedHosts> {
  const text = decodeHostText(bytes);
  const format =
    bytes.length > limits.hostBytes ? formatOfLarge(text, bytes.length, limits) : detectHostFormat(text, bytes.length);
  if (format === 'kubernetes') return (await import('./hosts-from-kubernetes.ts')).hostsFromKubernetes(name, text, limits);
  return { hosts: [await PARSERS[format](name, text)], errors: [] };
}

/** Only JSON of Kubernetes may be larger than `hostBytes`: it is not looked at line by line, and its parser takes little memory. */
function formatOfLarge(text: string, bytes: number, limits: Limits): 'kubernetes' {
  if (bytes <= limits.nodesBytes && /^\s{0,100}[[{]/.test(text)) return 'kubernetes';
  throw new CkptError(
    'over-limit',
    { layer: 'host' },
    {
      expected: `a host description of at most ${limits.hostBytes} bytes, or JSON of Kubernetes of at most ${limits.nodesBytes}`,
      found: `${bytes} bytes`,
      hint: 'If this really is one, raise the ceiling hostBytes or nodesBytes',
    },
  );
}

/**
 * The format that a description seems to be in, without parsing it.
 *
 * @throws CkptError `empty`, `unknown-format` or `mixed-formats`.
 */
export function formatOfHost(bytes: Uint8Array): HostFormat {
  return detectHostFormat(decodeHostText(bytes), bytes.length);
}
