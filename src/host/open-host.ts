/** Hosts by what the caller named: this machine, files, directories, standard input. */
import { join } from 'node:path';
import { CkptError } from '../errors.ts';
import { readSmallFile, readStandardInput, regularFilesIn, whatIsAt } from '../io/small-files.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { distinctHosts, type OpenedPart } from './distinct-hosts.ts';
import type { Host } from './host.ts';
import { failedHost, type OpenedHosts } from './opened-hosts.ts';
import type { OperatingSystem } from './operating-system.ts';

export interface HostOptions {
  /** Whether the probe may be executed for `current` (default true). */
  readonly probe?: boolean;
  /** For `current`: `never` keeps the runsc in PATH from being run (default `auto`). */
  readonly runsc?: 'auto' | 'never';
  readonly limits?: Limits;
}

export interface OpenHostOptions extends HostOptions {
  /** For `current`: `runsc` looks up the version of runsc, true the microcode too. */
  readonly details?: boolean | 'runsc';
  readonly system?: OperatingSystem;
}

/**
 * Opens a host by its specification.
 *
 * - `current`: this machine
 * - `-`: a description on standard input
 * - `cpu:…`: a named CPU model, unless a file of exactly that path exists
 * - a directory: every regular file directly in it is a description, sorted by name
 * - anything else: a file
 * - `name=…`: any of these under that name, unless a file of exactly that path, `=` included, exists
 *
 * A host is named by what was given; the files of a directory by its path and theirs. Several hosts in one description are called by
 * their own names, under `name=` as `name/own`. Never throws a CkptError.
 */
export async function openHost(spec: string, options: OpenHostOptions): Promise<OpenedHosts> {
  return openHosts([spec], options);
}

/** Opens several hosts, in the order given. Of hosts with one name, the first is kept and the others are errors (`ambiguous`). */
export async function openHosts(specs: readonly string[], options: OpenHostOptions): Promise<OpenedHosts> {
  const parts: OpenedPart[] = [];
  for (const spec of specs) parts.push(...(await openParts(splitName(spec), options)));
  return distinctHosts(parts);
}

/** What the caller named: the host's name, where to look, and whether the name was given with `name=`. */
interface NamedPlace {
  readonly name: string;
  readonly place: string;
  readonly isNamed: boolean;
}

const MODEL = /^cpu:(.+)$/i;

async function openParts({ name, place, isNamed }: NamedPlace, options: OpenHostOptions): Promise<OpenedPart[]> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  // Which of the two counts shows the content.
  const readAtMost = Math.max(limits.hostBytes, limits.nodesBytes);
  const one = async (from: string, hostName: string, open: () => Promise<OpenedHosts>): Promise<OpenedPart> => {
    return { from, ...(await collect(hostName, open)) };
  };
  const described = async (hostName: string, bytes: Uint8Array): Promise<OpenedHosts> =>
    named(hostName, isNamed, await parsed(hostName, bytes, limits));
  if (place === 'current') {
    return [await one('current', name, async () => only(await currentHost(name, options)))];
  }
  if (place === '-') {
    return [await one('standard input', name, async () => described(name, await readStandardInput(readAtMost)))];
  }
  const kind = whatIsAt(place);
  const model = MODEL.exec(place)?.[1];
  if (model !== undefined && kind === 'nothing') {
    return [await one(place, name, async () => only(await modelHost(name, model)))];
  }
  const file = async (path: string, hostName: string): Promise<OpenedPart> =>
    one(path, hostName, async () => described(hostName, readSmallFile(path, readAtMost)));
  if (kind !== 'directory') return [await file(place, name)];
  const parts: OpenedPart[] = [];
  try {
    for (const entry of filesIn(place)) parts.push(await file(join(place, entry), join(name, entry)));
  } catch (error) {
    parts.push({ from: place, hosts: [], errors: [failedHost(name, error)] });
  }
  return parts;
}

function filesIn(directory: string): readonly string[] {
  const files = regularFilesIn(directory);
  if (files.length > 0) return files;
  const facts = { expected: 'a directory of host descriptions', found: 'no regular file in it' };
  throw new CkptError('empty', { layer: 'host' }, facts);
}

async function currentHost(name: string, options: OpenHostOptions): Promise<Host> {
  const { describeCurrentHost } = await import('./current.ts');
  return describeCurrentHost({ probe: true, runsc: 'auto', ...options, name }, options.system);
}

/** The parsers and their tables are loaded when there is a description to parse: the current host needs none of them. */
async function parsed(name: string, bytes: Uint8Array, limits: Limits): Promise<OpenedHosts> {
  const { parseHosts } = await import('./parse-host.ts');
  return parseHosts(name, bytes, limits);
}

async function modelHost(name: string, model: string): Promise<Host> {
  const { hostFromModel } = await import('./host-from-model.ts');
  return hostFromModel(name, model);
}

/** Under `name=`, one host is called that; of several, which have their own names, each is called `name/own`. */
function named(name: string, isNamed: boolean, { hosts, errors }: OpenedHosts): OpenedHosts {
  if (!isNamed) return { hosts, errors };
  const [first] = hosts;
  if (first !== undefined && hosts.length === 1 && errors.length === 0) return only({ ...first, name });
  const under = (own: string): string => (own === name || own.startsWith(`${name} `) ? own : `${name}/${own}`);
  return {
    hosts: hosts.map((host) => ({ ...host, name: under(host.name) })),
    errors: errors.map(({ host, error }) => ({ host: under(host), error })),
  };
}

function only(host: Host): OpenedHosts {
  return { hosts: [host], errors: [] };
}

async function collect(name: string, open: () => Promise<OpenedHosts>): Promise<OpenedHosts> {
  try {
    return await open();
  } catch (error) {
    return { hosts: [], errors: [failedHost(name, error)] };
  }
}

function splitName(spec: string): NamedPlace {
  const at = spec.indexOf('=');
  if (at <= 0 || at === spec.length - 1 || whatIsAt(spec) !== 'nothing') return { name: spec, place: spec, isNamed: false };
  return { name: spec.slice(0, at), place: spec.slice(at + 1), isNamed: true };
}
