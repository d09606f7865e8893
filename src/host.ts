/** Use cases `host show`, `host capture`, `host probe` and `host diff`: describe a machine that could restore images. */
import { UsageError } from './errors.ts';
import { compareHosts, type HostComparison } from './host/compare-hosts.ts';
import type { Host } from './host/host.ts';
import { type HostOptions, openHost, openHosts } from './host/open-host.ts';
import type { HostError } from './host/opened-hosts.ts';
import { buildProbe } from './host/probe-executable.ts';
import { type HostProfile, profileOf } from './host/profile.ts';
import { type HostView, showHost } from './host/show-host.ts';
import { currentTime } from './io/system-facts.ts';

export { FORMATS_HINT } from './host/host-text.ts';
export type { HostOptions } from './host/open-host.ts';

/** Hosts laid out for people, with the profile that says the same to programs; each is made when it is asked for. */
export interface ShownHosts {
  readonly hosts: readonly { readonly view: HostView; readonly profile: HostProfile }[];
  readonly errors: readonly HostError[];
}

/** Describes hosts: `current`, files, directories, `-`, each perhaps as `name=…`. Never throws a CkptError. */
export async function showHosts(specs: readonly string[], options: HostOptions = {}): Promise<ShownHosts> {
  const opened = await openHosts(specs, { ...options, details: true });
  return {
    hosts: opened.hosts.map((host) => ({
      get view() {
        return showHost(host);
      },
      get profile() {
        return profileOf(host, host.capturedAt);
      },
    })),
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

const ONE_OF_MANY = 'put it into a file of its own, a node with `kubectl get node NAME -o json`';

async function oneHost(spec: string, options: HostOptions): Promise<Host> {
  const { hosts, errors } = await openHost(spec, { ...options, details: true });
  const [error] = errors;
  if (error !== undefined) throw error.error;
  const [host] = hosts;
  if (host === undefined || hosts.length > 1)
    throw new UsageError(`${spec} holds ${hosts.length} hosts; this command takes one: ${ONE_OF_MANY}`);
  return host;
}
