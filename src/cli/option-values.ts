/** The values of options: from what yargs hands over to what the commands take. */
import { resolve } from 'node:path';
import { closestName } from '../closest-name.ts';
import { UsageError } from '../errors.ts';
import { parseInterface, parseRoute } from '../given-network.ts';
import type { Section } from '../inspection/document.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { parseMount } from '../open-trees.ts';
import type { GateId } from '../restore/result.ts';
import type { NetworkMode, SpecPolicy } from '../restore/settings.ts';
import type { OnUnknown } from '../restore/verdict.ts';
import type { Destination, Format } from './invocation.ts';

/** What yargs found, by option name. An option given twice is a list. */
export type Values = Readonly<Record<string, unknown>>;

/** Total over the sections and gates, so that a new one cannot be forgotten here; the modules themselves load later. */
const SECTIONS = {
  summary: true,
  cpu: true,
  containers: true,
  processes: true,
  threads: true,
  memory: true,
  maps: true,
  files: true,
  sockets: true,
  mounts: true,
  network: true,
  objects: true,
  filesystem: true,
  integrity: true,
} satisfies Record<Section, true>;
export const SECTION_NAMES = Object.keys(SECTIONS) as Section[];

const GATES = {
  'image-readable': true,
  'container-count': true,
  'container-specs': true,
  'runsc-version': true,
  'oci-spec': true,
  network: true,
  gpu: true,
  'page-size': true,
  'cpu-arch': true,
  'cpu-features': true,
  'cache-line': true,
  'object-graph': true,
  'fpu-state': true,
  'host-files': true,
  pages: true,
  'fs-version': true,
  'fs-page-size': true,
  'fs-endianness': true,
  'fs-bounds': true,
} satisfies Record<GateId, true>;
export const GATE_NAMES = Object.keys(GATES) as GateId[];
export const ON_UNKNOWN_NAMES = ['fail', 'warn', 'pass'] as const satisfies readonly OnUnknown[];

/** Every value of an option, in order. */
export function texts(values: Values, name: string): string[] {
  const value = values[name];
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
}

/** The value of an option; of one given twice the last. */
export function text(values: Values, name: string): string | null {
  return texts(values, name).at(-1) ?? null;
}

/** Whether a switch is on. */
export function flag(values: Values, name: string): boolean {
  const value = values[name];
  return (Array.isArray(value) ? value.at(-1) : value) === true;
}

/** The value of an option that takes one of a few words. */
export function choice<T extends string>(values: Values, name: string, choices: readonly T[], otherwise: T): T {
  const given = text(values, name);
  return given === null ? otherwise : oneOf(given, choices, `--${name}`);
}

/** Words separated by commas, in one or several options; empty when it was not given. */
export function choices<T extends string>(values: Values, name: string, allowed: readonly T[]): T[] {
  const given = texts(values, name);
  return given.length === 0 ? [] : wordsOf(given.join(','), allowed, `--${name}`);
}

/** The same; null when the option was not given. */
export function choicesOrNone<T extends string>(values: Values, name: string, allowed: readonly T[]): T[] | null {
  return text(values, name) === null ? null : choices(values, name, allowed);
}

/** The words of a list with commas, each once; `option` is what it was given as, for errors. */
export function wordsOf<T extends string>(given: string, allowed: readonly T[], option: string): T[] {
  return [...new Set(given.split(',').map((word) => oneOf(word.trim(), allowed, option)))];
}

/**
 * `--format`, `--json`, `--output` and `--also` as destinations, the command's own first; `formats` are those that the command has.
 *
 * @throws UsageError also when two formats are asked for at once, or two documents would go to one place
 */
export function destinations(values: Values, formats: readonly Format[]): readonly [Destination, ...Destination[]] {
  const named = choice(values, 'format', formats, flag(values, 'json') ? 'json' : 'text');
  if (flag(values, 'json') && named !== 'json') throw new UsageError(`--json and --format ${named} contradict one another`);
  const all = [
    { format: named, file: outputFile(values) },
    ...texts(values, 'also').map((given) => also(given, formats)),
  ] as const;
  const taken = new Set<string | null>();
  for (const { file } of all) {
    const place = file === null ? null : resolve(file);
    if (taken.has(place))
      throw new UsageError(`${file ?? 'standard output'} can take one document only, and two were sent there`);
    taken.add(place);
  }
  return all;
}

/** `--output`, or null for standard output. */
export function outputFile(values: Values): string | null {
  return fileOrStandardOutput(text(values, 'output'));
}

function fileOrStandardOutput(file: string | null): string | null {
  return file === '-' ? null : file;
}

function also(value: string, formats: readonly Format[]): Destination {
  const at = value.indexOf('=');
  if (at < 1 || at === value.length - 1) throw new UsageError(`--also takes FORMAT=FILE, found ${JSON.stringify(value)}`);
  const format = oneOf(value.slice(0, at), formats, '--also');
  return { format, file: fileOrStandardOutput(value.slice(at + 1)) };
}

/**
 * The version of `--runsc-version`, or null.
 *
 * @throws UsageError for an empty one, such as of a variable that is not set
 */
export function runscVersion(values: Values): string | null {
  const given = text(values, 'runsc-version');
  if (given?.trim() === '') throw new UsageError('--runsc-version takes a version or a date, found an empty value');
  return given;
}

/** The process of `--pid`, or null. */
export function processId(values: Values): number | null {
  return processNumber(values, 'pid');
}

/** The process of an option, or null. */
export function processNumber(values: Values, name: string): number | null {
  const given = text(values, name);
  if (given === null) return null;
  if (!/^[1-9]\d{0,9}$/.test(given)) throw new UsageError(`--${name} takes a process id, found ${JSON.stringify(given)}`);
  return Number(given);
}

/** The value of an option that takes one of a few words, or null when it was not given. */
export function choiceOrNone<T extends string>(values: Values, name: string, choices: readonly T[]): T | null {
  const given = text(values, name);
  return given === null ? null : oneOf(given, choices, `--${name}`);
}

/**
 * A number of things from 0, or null when it was not given.
 *
 * @throws UsageError
 */
export function count(values: Values, name: string): number | null {
  const given = text(values, name);
  if (given === null) return null;
  if (!/^\d{1,6}$/.test(given)) throw new UsageError(`--${name} takes a number from 0, found ${JSON.stringify(given)}`);
  return Number(given);
}

/**
 * A version of the NVIDIA driver, or null when it was not given.
 *
 * @throws UsageError
 */
export function driverVersion(values: Values, name: string): string | null {
  const given = text(values, name);
  if (given !== null && !/^\s*\d{1,6}(?:\.\d{1,6}){1,2}\s*$/.test(given))
    throw new UsageError(`--${name} takes a version such as 550.54.15, found ${JSON.stringify(given)}`);
  return given;
}

/**
 * Names of directories.
 *
 * @throws UsageError for an empty one, such as of a variable that is not set
 */
export function directories(values: Values, name: string): string[] {
  const given = texts(values, name);
  if (given.some((directory) => directory === '' || directory.endsWith('=')))
    throw new UsageError(`--${name} takes a directory, found none`);
  return given;
}

/**
 * The values of `--mount`.
 *
 * @throws UsageError
 */
export function mounts(values: Values): string[] {
  const given = texts(values, 'mount');
  const wrong = given.find((mount) => parseMount(mount) === null);
  if (wrong !== undefined) throw new UsageError(`--mount takes /path=DIR or container:/path=DIR, found ${JSON.stringify(wrong)}`);
  return given;
}

/**
 * The values of `--address` and `--route`.
 *
 * @throws UsageError
 */
export function addresses(values: Values): { readonly addresses: string[]; readonly routes: string[] } {
  const given = { addresses: texts(values, 'address'), routes: texts(values, 'route') };
  const address = given.addresses.find((text) => parseInterface(text) === null);
  if (address !== undefined)
    throw new UsageError(`--address takes addresses such as 10.1.2.3/24, found ${JSON.stringify(address)}`);
  const route = given.routes.find((text) => parseRoute(text) === null);
  if (route !== undefined)
    throw new UsageError(`--route takes default or a network such as 10.0.0.0/8, found ${JSON.stringify(route)}`);
  if (given.routes.length > 0 && given.addresses.length === 0) throw new UsageError('--route is of use with --address only');
  return given;
}

/** Total over the words of the other options, as above. */
export const SPEC_POLICY_NAMES = Object.keys({ enforce: true, warning: true, ignore: true } satisfies Record<
  SpecPolicy,
  true
>) as SpecPolicy[];
export const NETWORK_NAMES = Object.keys({ sandbox: true, none: true, host: true, plugin: true } satisfies Record<
  NetworkMode,
  true
>) as NetworkMode[];

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `--limit name=value` over the defaults; a value may end in k, m or g (powers of 1024). */
export function limits(values: Values): Limits {
  const changed: Record<string, number> = {};
  for (const given of texts(values, 'limit')) {
    const match = /^(\w+)=(\d+)([kmg]?)$/i.exec(given);
    if (match === null) throw new UsageError(`--limit takes name=number, found ${JSON.stringify(given)}`);
    const [, name = '', digits = '', suffix = ''] = match;
    const value = Number(digits) * (SUFFIXES[suffix.toLowerCase()] ?? 1);
    if (!Number.isSafeInteger(value)) throw new UsageError(`--limit ${name} is too large: ${digits}${suffix}`);
    changed[oneOf(name, Object.keys(DEFAULT_LIMITS), '--limit')] = value;
  }
  return { ...DEFAULT_LIMITS, ...changed };
}

/** @throws UsageError with the near word; `option` is what it was given as */
export function oneOf<T extends string>(given: string, allowed: readonly T[], option: string): T {
  const found = allowed.find((word) => word === given);
  if (found !== undefined) return found;
  const meant = closestName(given, allowed);
  const hint = meant === null ? '' : ` Did you mean ${meant}?`;
  throw new UsageError(`${option} takes ${allowed.join(', ')}; found ${JSON.stringify(given)}.${hint}`);
}
