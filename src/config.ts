/** Use case: the configuration that a run goes by, and what its policy makes of the answers. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isPattern } from './bytes/name-pattern.ts';
import { CkptError, UsageError } from './errors.ts';
import { expandPattern } from './io/expand-pattern.ts';
import { isHttpAddress } from './io/http-address.ts';
import { readSmallFile, whatIsAt } from './io/small-files.ts';
import { currentTime } from './io/system-facts.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import {
  type AcceptedFindings,
  acceptedDocument,
  acceptedFinding,
  answeredPairs,
  type PolicyNames,
  readAcceptedFindings,
} from './policy/accepted-findings.ts';
import type { Config } from './policy/config.ts';
import { findConfig } from './policy/find-config.ts';
import { judgeFindings } from './policy/judge-findings.ts';
import type { CheckDocument, GateId } from './restore/result.ts';

/** A configuration with what it names made usable from the current directory. */
export interface OpenedConfig extends Omit<Config, 'baseline'> {
  /** The file of accepted findings as it is opened, or null. */
  readonly baseline: string | null;
}

export interface OpenConfigOptions {
  /** The file; null: `ckpt.yaml` or `ckpt.yml` here or above. */
  readonly file: string | null;
  /** Where to look for it (default: the current directory). */
  readonly directory?: string;
  readonly limits?: Limits;
}

/**
 * The configuration that applies, or null when there is none.
 *
 * @throws UsageError when it is not in order, with file, line and key; CkptError when it cannot be read
 */
export async function openConfig({
  file,
  directory = '.',
  limits = DEFAULT_LIMITS,
}: OpenConfigOptions): Promise<OpenedConfig | null> {
  const found = file ?? shown(findConfig(directory));
  if (found === null) return null;
  const text = new TextDecoder().decode(readSmallFile(found, limits.configBytes, 'a configuration'));
  // Nearly no run has a configuration: the reader of YAML is not loaded for the others.
  const { readConfig } = await import('./policy/read-config.ts');
  const config = readConfig(text, found, dirname(resolve(found)));
  return {
    ...config,
    images: config.images?.flatMap((image) => expand(image, config)) ?? null,
    hosts: config.hosts?.flatMap((host) => hostPlaces(host, config)) ?? null,
    baseline: config.baseline === null ? null : fromHere(config.directory, config.baseline),
  };
}

export interface ApplyPolicyOptions {
  readonly config: OpenedConfig | null;
  /** The file of accepted findings, or null. */
  readonly baseline: string | null;
  /** Gates that must be answered (default: none). */
  readonly require?: readonly GateId[];
  /** The day, YYYY-MM-DD (default: today, UTC). */
  readonly today?: string;
  readonly limits?: Limits;
}

/**
 * The document with what rules, waivers and accepted findings make of it.
 *
 * @throws CkptError when the file of accepted findings cannot be read; one that does not exist has none
 */
export function applyPolicy(document: CheckDocument, options: ApplyPolicyOptions): CheckDocument {
  const { config, baseline, require = [], today = currentTime().slice(0, 10), limits = DEFAULT_LIMITS } = options;
  const { rules, waivers, file } = config ?? { rules: [], waivers: [], file: null };
  const accepted = baseline === null ? null : readAccepted(baseline, limits);
  return judgeFindings(document, { config: file, rules, waivers, accepted, require, ...namesOf(config) }, today);
}

/**
 * The file of accepted findings that makes every pair of a judged document pass which neither rules nor waivers let pass, but for those with a
 * waiver that has expired: that is not renewed in silence. What the file holds of pairs that the document does not answer stays.
 *
 * @throws CkptError when the file that is there cannot be read, or is none of accepted findings
 */
export function acceptFindings(document: CheckDocument, options: Omit<ApplyPolicyOptions, 'require' | 'today'>): object {
  const { config, baseline, limits = DEFAULT_LIMITS } = options;
  const names = namesOf(config);
  const answered = answeredPairs(document, names);
  const before = baseline === null ? [] : [...readAccepted(baseline, limits).values()];
  const now = document.results.flatMap((result) =>
    (result.policy?.findings ?? [])
      .filter(({ level, by }) => by === 'baseline' || (by !== 'waiver' && (level === 'block' || level === 'open')))
      .map((finding) => acceptedFinding(result, finding, names)),
  );
  return acceptedDocument([...before.filter((finding) => !answered(finding)), ...now.filter(answered)]);
}

function readAccepted(file: string, limits: Limits): AcceptedFindings {
  if (whatIsAt(file) === 'nothing') return new Map();
  return readAcceptedFindings(new TextDecoder().decode(readSmallFile(file, limits.configBytes, 'a configuration')), file);
}

/** Paths as rules know them: seen from the configuration; without one, from here. Hosts that are not named are named by their paths. */
function namesOf(config: OpenedConfig | null): PolicyNames {
  const directory = config?.directory ?? resolve('.');
  const way = relative(resolve('.'), directory);
  return {
    imageName: (path) => (path === '-' || isHttpAddress(path) ? path : relative(directory, resolve(path)) || '.'),
    hostName: (name) => (way !== '' && name.startsWith(`${way}/`) ? name.slice(way.length + 1) : name),
  };
}

/** A place of the configuration as it is opened from the current directory. */
function fromHere(directory: string, place: string): string {
  if (place === '-' || isHttpAddress(place) || isAbsolute(place)) return place;
  return relative(resolve('.'), join(directory, place)) || '.';
}

function shown(path: string | null): string | null {
  return path === null ? null : relative(resolve('.'), path);
}

function expand(place: string, { directory, file }: Config): string[] {
  const path = fromHere(directory, place);
  // The question mark of an address begins its query.
  if (isHttpAddress(place) || !isPattern(place) || whatIsAt(path) !== 'nothing') return [path];
  const literal = relative(resolve('.'), directory).replaceAll(/[\\*?[]/g, '\\$&');
  try {
    return expandPattern(isAbsolute(place) ? place : join(literal, place));
  } catch (error) {
    if (error instanceof CkptError && error.code === 'not-found') throw new UsageError(`${file}: no file fits ${path}`);
    throw error;
  }
}

/** `current`, `cpu:…` and names stay as they are; what they name is a path. */
function hostPlaces(host: string, config: Config): string[] {
  const here = (place: string): string => fromHere(config.directory, place);
  if (isNoPath(host)) return [host];
  const at = host.indexOf('=');
  if (at > 0 && whatIsAt(here(host)) === 'nothing') {
    const place = host.slice(at + 1);
    return [`${host.slice(0, at)}=${isNoPath(place) ? place : here(place)}`];
  }
  return expand(host, config);
}

function isNoPath(host: string): boolean {
  return host === 'current' || host === '-' || /^cpu:/i.test(host);
}
