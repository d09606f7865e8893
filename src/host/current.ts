/** The machine that ckpt runs on, from the best evidence that it gives. */
import { CkptError } from '../errors.ts';
import { type Attempt, attempt } from './attempt.ts';
import { decodeAuxiliaryVector } from './auxiliary-vector.ts';
import { known, unknown } from './facts.ts';
import type { Fact, Host } from './host.ts';
import { hostFromProbe } from './host-from-cpuid.ts';
import { type OperatingSystem, THIS_MACHINE } from './operating-system.ts';
import { parseProbeOutput } from './parse-probe-output.ts';
import { buildProbe } from './probe-executable.ts';
import { parseRunscVersion } from './runsc-version.ts';

export interface CurrentHostOptions {
  /** What to call it. */
  readonly name: string;
  /** Whether the probe may be written to a private temporary file and executed. */
  readonly probe: boolean;
  /** `never`: do not run the runsc in PATH, neither for its features nor for its version. */
  readonly runsc: 'auto' | 'never';
  /** What is slow and no feature depends on: `runsc` looks up the version of runsc, true the microcode too. */
  readonly details?: boolean | 'runsc';
}

/**
 * Describes this machine, in the order of evidence: the probe, /dev/cpu/N/cpuid, `runsc cpu-features`, /proc/cpuinfo on x86-64;
 * AT_HWCAP on arm64. What was tried before and why it did not do is in `rejected`.
 *
 * @throws CkptError `unsupported` when this is not Linux on x86-64 or arm64, or when nothing can be read.
 */
export async function describeCurrentHost(options: CurrentHostOptions, system: OperatingSystem = THIS_MACHINE): Promise<Host> {
  const { os, arch, kernel } = system.platform();
  if (os !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new CkptError(
      'unsupported',
      { layer: 'host', file: options.name },
      {
        expected: 'Linux on x86-64 or arm64, where runsc runs',
        found: `${os} on ${arch}`,
        hint: OTHER_WAYS,
      },
    );
  }
  const host = await (arch === 'arm64' ? onArm64(options.name, kernel, system) : currentAmd64Host(options, kernel, system));
  return options.details === undefined || options.details === false ? host : withDetails(host, options, system);
}

/**
 * The version of the runsc in PATH, by `runsc --version`; unknown when there is none or it does not answer within five seconds.
 */
export async function currentRunscVersion(system: OperatingSystem = THIS_MACHINE): Promise<Fact<string>> {
  const run = await system.run('runsc', ['--version']);
  if (run.outcome !== 'ended') {
    return unknown(run.code === 'ENOENT' ? 'there is no runsc in PATH' : `runsc --version: ${run.reason}`);
  }
  const version = parseRunscVersion(new TextDecoder().decode(run.stdout));
  return version === null ? unknown('runsc --version did not print a version') : known(version, 'runsc --version');
}

async function onArm64(name: string, kernel: string, system: OperatingSystem): Promise<Host> {
  const { currentArm64Host } = await import('./current-arm64.ts');
  return currentArm64Host(name, kernel, system);
}

/** The probe nearly always does; what the weaker evidence needs is loaded when its turn comes. */
async function currentAmd64Host(options: CurrentHostOptions, kernel: string, system: OperatingSystem): Promise<Host> {
  const attempts: readonly (readonly [source: string, describe: () => Attempt | Promise<Attempt>])[] = [
    ['probe', () => (options.probe ? byProbe(options.name, system) : { reason: 'switched off' })],
    ['/dev/cpu/N/cpuid', () => byDevice(options.name, system)],
    ['runsc cpu-features', () => (options.runsc === 'auto' ? byRunsc(options.name, system) : { reason: 'switched off' })],
    ['/proc/cpuinfo', () => byCpuinfo(options.name, system)],
  ];
  const rejected: { source: string; reason: string }[] = [];
  for (const [source, describe] of attempts) {
    const result = await describe();
    if ('host' in result)
      return { ...(source === 'probe' ? result.host : withSystemFacts(result.host, kernel, system)), rejected };
    rejected.push({ source, reason: result.reason });
  }
  throw new CkptError(
    'unsupported',
    { layer: 'host', file: options.name },
    {
      expected: 'evidence of what this CPU can do',
      found: rejected.map(({ source, reason }) => `${source}: ${reason}`).join('; '),
      hint: OTHER_WAYS,
    },
  );
}

function byProbe(name: string, system: OperatingSystem): Attempt {
  const run = system.runTemporary(buildProbe());
  if (!run.ok) return { reason: run.failed.map(({ directory, reason }) => `${directory}: ${reason}`).join('; ') };
  return attempt(() => hostFromProbe(name, parseProbeOutput(new TextDecoder().decode(run.stdout)), 'CPUID, read by the probe'));
}

async function byDevice(name: string, system: OperatingSystem): Promise<Attempt> {
  const { devCpuidHost } = await import('./current-dev-cpuid.ts');
  return devCpuidHost(name, system);
}

async function byRunsc(name: string, system: OperatingSystem): Promise<Attempt> {
  const run = await system.run('runsc', ['cpu-features']);
  if (run.outcome !== 'ended') return { reason: run.code === 'ENOENT' ? 'there is no runsc in PATH' : run.reason };
  if (run.status !== 0) return { reason: 'this runsc has no command cpu-features (it came with release-20250820.0)' };
  const { hostFromRunsc } = await import('./host-from-runsc.ts');
  return attempt(() => hostFromRunsc(name, new TextDecoder().decode(run.stdout)));
}

async function byCpuinfo(name: string, system: OperatingSystem): Promise<Attempt> {
  const { hostFromCpuinfoX86 } = await import('./host-from-cpuinfo.ts');
  return attempt(() => hostFromCpuinfoX86(name, new TextDecoder().decode(system.readFile('/proc/cpuinfo'))));
}

/** Adds what the operating system says of itself and the evidence does not. */
function withSystemFacts(host: Host, kernel: string, system: OperatingSystem): Host {
  let vector: ReturnType<typeof decodeAuxiliaryVector>;
  try {
    vector = decodeAuxiliaryVector(system.readFile('/proc/self/auxv'));
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    vector = { hwcap: null, hwcap2: null, pageSize: null };
  }
  const source = '/proc/self/auxv';
  return {
    ...host,
    hwcap: vector.hwcap === null ? host.hwcap : known(vector.hwcap, source),
    hwcap2: vector.hwcap2 === null ? host.hwcap2 : known(vector.hwcap2, source),
    pageSize: vector.pageSize === null ? host.pageSize : known(vector.pageSize, source),
    kernel: host.kernel.value === null ? known(kernel, 'uname') : host.kernel,
  };
}

async function withDetails(host: Host, options: CurrentHostOptions, system: OperatingSystem): Promise<Host> {
  return {
    ...host,
    microcode:
      options.details === true && host.microcode.value === null && host.arch === 'amd64'
        ? await microcode(system)
        : host.microcode,
    runscVersion: options.runsc === 'auto' ? await currentRunscVersion(system) : unknown('switched off'),
  };
}

/** @see Linux Documentation/ABI/testing/sysfs-devices-system-cpu: microcode/version, which virtual machines do not have */
async function microcode(system: OperatingSystem): Promise<Fact<string>> {
  const path = '/sys/devices/system/cpu/cpu0/microcode/version';
  try {
    const version = new TextDecoder().decode(system.readFile(path)).trim();
    if (/^0x[0-9a-f]+$/.test(version)) return known(version, path);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
  }
  const page = await byCpuinfo('', system);
  return 'host' in page ? page.host.microcode : unknown(page.reason);
}

const OTHER_WAYS =
  'Describe the host in a file and give that with --host: `ckpt host probe` writes a program for machines without Node.js, ' +
  '`cpuid -1 -r` and `ckpt host capture` are read too';
