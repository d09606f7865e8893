/** Use cases `host show`, `host capture`, `host probe` and `host diff`: describe a machine that could restore images. */
import { UsageError } from './errors.ts';
import { compareHosts, type HostComparison } from './host/compare-hosts.ts';
import type { Host } from './host/host.ts';
import { openHost, openHosts } from './host/open-host.ts';
import type { HostError } from './host/opened-hosts.ts';
import { buildProbe } from './host/probe-executable.ts';
import { type HostProfile, profileOf } from './host/profile.ts';
import { type HostView, showHost } from './host/show-host.ts';
import { currentTime } from './io/system-facts.ts';
import type { Limits } from './limits.ts';

export { FORMATS_HINT } from './host/host-text.ts';

export interface HostOptions {
  /** Whether the probe may be executed for `current` (default true). */
  readonly probe?: boolean;
  /** `never` keeps the runsc in PATH from being run (default `auto`). */
  readonly runsc?: 'auto' | 'never';
  readonly limits?: Limits;
}

/** Hosts laid out for people, with the profile that says the same to programs. */
export interface ShownHosts {
  readonly hosts: readonly { readonly view: HostView; readonly profile: HostProfile }[];
  readonly errors: readonly HostError[];
}

/** Describes hosts: `current`, files, directories, `-`, each perhaps as `name=…`. Never throws a CkptError. */
export async function showHosts(specs: readonly string[], options: HostOptions = {}): Promise<ShownHosts> {
  const opened = await openHosts(specs, openOptions(options));
  return {
    hosts: opened.hosts.map((host) => ({ view: showHost(host), profile: profileOf(host, host.capturedAt) })),
    errors: opened.errors,
  };
}

/**
 * The profile of a host with the time of its capture: read back, it gives the same verdicts as the host itself.
 *
 * @throws CkptError when the host cannot be described, UsageError when `spec` is several hosts.
 */
export async function captureHost(spec = 'current', options: HostOptions = {}): Promise<HostProfile> {
  return profileOf(await oneHost(spec, options), currentTime());
}

/**
 * What differs between two hosts.
 *
 * @throws CkptError when one cannot be described, UsageError when one is several hosts.
 */
export async function diffHosts(a: string, b: string, options: HostOptions = {}): Promise<HostComparison> {
  return compareHosts(await oneHost(a, options), await oneHost(b, options));
}

/** The executable that prints CPUID and AT_HWCAP on a machine without Node (Linux, x86-64); its output is a host description. */
export function probeExecutable(): Uint8Array {
  return buildProbe();
}

async function oneHost(spec: string, options: HostOptions): Promise<Host> {
  const { hosts, errors } = await openHost(spec, openOptions(options));
  const [error] = errors;
  if (error !== undefined) throw error.error;
  const [host] = hosts;
  if (host === undefined || hosts.length > 1) throw new UsageError(`${spec} holds ${hosts.length} hosts; this command takes one`);
  return host;
}

function openOptions(options: HostOptions): Parameters<typeof openHost>[1] {
  return {
    probe: options.probe ?? true,
    runsc: options.runsc ?? 'auto',
    details: true,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
}
