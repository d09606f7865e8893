/** Hosts out of a description in any accepted format. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { detectHostFormat, type HostFormat } from './detect-host-format.ts';
import { withFormatHint } from './format-hints.ts';
import type { Host } from './host.ts';
import { decodeHostText } from './host-text.ts';
import type { OpenedHosts } from './opened-hosts.ts';

/** Formats that describe one host. Each brings its tables along, so that only the one that is needed is loaded. */
const PARSERS: Readonly<Record<Exclude<HostFormat, 'kubernetes'>, (name: string, text: string) => Promise<Host>>> = {
  profile: async (name, text) => (await import('./read-profile.ts')).readProfile(name, text),
  probe: probeOutput,
  cpuid: cpuidDump,
  kcpuid: cpuidDump,
  instlatx64: async (name, text) => (await import('./host-from-instlatx64.ts')).hostFromInstlatx64(name, text),
  libvirt: async (name, text) => (await import('./host-from-libvirt.ts')).hostFromLibvirt(name, text),
  firecracker: async (name, text) => (await import('./host-from-firecracker.ts')).hostFromFirecracker(name, text),
  runsc: async (name, text) => (await import('./host-from-runsc.ts')).hostFromRunsc(name, text),
  'cpuinfo-amd64': async (name, text) => (await import('./host-from-cpuinfo.ts')).hostFromCpuinfoX86(name, text),
  'cpuinfo-arm64': async (name, text) => (await import('./host-from-cpuinfo.ts')).hostFromCpuinfoArm64(name, text),
  lscpu: async (name, text) => (await import('./host-from-lscpu.ts')).hostFromLscpu(name, text),
  'lscpu-json': async (name, text) => (await import('./host-from-lscpu.ts')).hostFromLscpuJson(name, text),
};

async function probeOutput(name: string, text: string): Promise<Host> {
  const { hostFromProbe } = await import('./host-from-cpuid.ts');
  const { parseProbeOutput } = await import('./parse-probe-output.ts');
  return hostFromProbe(name, parseProbeOutput(text), 'CPUID, output of the probe');
}

async function cpuidDump(name: string, text: string): Promise<Host> {
  const { hostFromCpuidDump } = await import('./host-from-cpuid.ts');
  const { parseCpuidDump } = await import('./parse-cpuid-dump.ts');
  return hostFromCpuidDump(name, parseCpuidDump(text));
}

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
  try {
    return { hosts: [await PARSERS[format](name, text)], errors: [] };
  } catch (error) {
    throw withFormatHint(error, format);
  }
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
