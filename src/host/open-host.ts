/** Hosts by what the caller named: this machine, files, directories, standard input. */
import { join } from 'node:path';
import { CkptError } from '../errors.ts';
import { readSmallFile, readStandardInput, regularFilesIn, whatIsAt } from '../io/small-files.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { describeCurrentHost } from './current.ts';
import type { Host } from './host.ts';
import { type OperatingSystem, THIS_MACHINE } from './operating-system.ts';

export interface OpenHostOptions {
  /** For `current`: whether the probe may be executed. */
  readonly probe: boolean;
  /** For `current`: `never` keeps the runsc in PATH from being run. */
  readonly runsc: 'auto' | 'never';
  /** For `current`: `runsc` looks up the version of runsc, true the microcode too. */
  readonly details?: boolean | 'runsc';
  readonly limits?: Limits;
  readonly system?: OperatingSystem;
}

/** A host description that could not be read. */
export interface HostError {
  /** The host as it was named. */
  readonly host: string;
  readonly error: CkptError;
}

/** What was opened, and what could not be: one bad description does not stop the others. */
export interface OpenedHosts {
  readonly hosts: readonly Host[];
  readonly errors: readonly HostError[];
}

/**
 * Opens a host by its specification.
 *
 * - `current`: this machine
 * - `-`: a description on standard input
 * - a directory: every regular file directly in it is one host, sorted by name
 * - anything else: a file
 * - `name=…`: any of these under that name, unless a file of exactly that path, `=` included, exists
 *
 * A host is named by what was given; the files of a directory by its path and theirs. Never throws a CkptError.
 */
export async function openHost(spec: string, options: OpenHostOptions): Promise<OpenedHosts> {
  const { name, place } = splitName(spec);
  const limits = options.limits ?? DEFAULT_LIMITS;
  if (place === 'current') {
    return collect(name, async () => describeCurrentHost({ ...options, name }, options.system ?? THIS_MACHINE));
  }
  if (place === '-') return collect(name, async () => described(name, await readStandardInput(limits.hostBytes)));
  if (whatIsAt(place) !== 'directory') return collect(name, async () => described(name, readSmallFile(place, limits.hostBytes)));
  return openDirectory(name, place, limits);
}

/** Opens several hosts, in the order given. */
export async function openHosts(specs: readonly string[], options: OpenHostOptions): Promise<OpenedHosts> {
  const hosts: Host[] = [];
  const errors: HostError[] = [];
  for (const spec of specs) {
    const opened = await openHost(spec, options);
    hosts.push(...opened.hosts);
    errors.push(...opened.errors);
  }
  return { hosts, errors };
}

async function openDirectory(name: string, directory: string, limits: Limits): Promise<OpenedHosts> {
  const hosts: Host[] = [];
  const errors: HostError[] = [];
  let files: string[];
  try {
    files = regularFilesIn(directory);
  } catch (error) {
    return { hosts, errors: [hostError(name, error)] };
  }
  if (files.length === 0) {
    const error = new CkptError(
      'empty',
      { layer: 'host', file: name },
      { expected: 'a directory of host descriptions', found: 'no regular file in it' },
    );
    return { hosts, errors: [{ host: name, error }] };
  }
  for (const file of files) {
    const hostName = join(name, file);
    const opened = await collect(hostName, async () =>
      described(hostName, readSmallFile(join(directory, file), limits.hostBytes)),
    );
    hosts.push(...opened.hosts);
    errors.push(...opened.errors);
  }
  return { hosts, errors };
}

/** The parsers and their tables are loaded when there is a description to parse: the current host needs none of them. */
async function described(name: string, bytes: Uint8Array): Promise<Host> {
  const { parseHost } = await import('./parse-host.ts');
  return parseHost(name, bytes);
}

async function collect(name: string, open: () => Promise<Host>): Promise<OpenedHosts> {
  try {
    return { hosts: [await open()], errors: [] };
  } catch (error) {
    return { hosts: [], errors: [hostError(name, error)] };
  }
}

/** @throws anything that is not a CkptError: a defect. */
function hostError(name: string, error: unknown): HostError {
  if (!(error instanceof CkptError)) throw error;
  return { host: name, error: error.at({ file: name }) };
}

function splitName(spec: string): { readonly name: string; readonly place: string } {
  const at = spec.indexOf('=');
  if (at <= 0 || at === spec.length - 1 || whatIsAt(spec) !== 'nothing') return { name: spec, place: spec };
  return { name: spec.slice(0, at), place: spec.slice(at + 1) };
}
