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
  findingKey,
  readAcceptedFindings,
} from './policy/accepted-findings.ts';
import type { Config } from './policy/config.ts';
import { findConfig } from './policy/find-config.ts';
import { judgeFindings } from './policy/judge-findings.ts';
import type { CheckDocument } from './restore/result.ts';

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
  const here = (place: string): string => fromHere(config.directory, place);
  return {
    ...config,
    images: config.images?.flatMap((image) => expand(here(image), config.file)) ?? null,
    hosts: config.hosts?.flatMap((host) => hostPlaces(host, here, config.file)) ?? null,
    baseline: config.baseline === null ? null : here(config.baseline),
  };
}

export interface ApplyPolicyOptions {
  readonly config: OpenedConfig | null;
  /** The file of accepted findings, or null. */
  readonly baseline: string | null;
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
  const { config, baseline, today = currentTime().slice(0, 10), limits = DEFAULT_LIMITS } = options;
  const { rules, waivers, file } = config ?? { rules: [], waivers: [], file: null };
  const accepted = baseline === null ? null : readAccepted(baseline, limits);
  return judgeFindings(document, { config: file, rules, waivers, accepted, imageName: imageNames(config) }, today);
}

/** The file of accepted findings that makes every pair of a document pass which neither rules nor waivers let pass. */
export function acceptFindings(document: CheckDocument, config: OpenedConfig | null): object {
  const name = imageNames(config);
  const accepted = document.results.flatMap((result) =>
    (result.policy?.findings ?? [])
      .filter(({ level, by }) => level === 'block' || level === 'open' || by === 'baseline')
      .map((finding) => acceptedFinding(result, finding, name)),
  );
  // Two images may be given by two paths that are one.
  return acceptedDocument([...new Map(accepted.map((finding) => [findingKey(finding), finding])).values()]);
}

function readAccepted(file: string, limits: Limits): AcceptedFindings {
  if (whatIsAt(file) === 'nothing') return new Set();
  return readAcceptedFindings(new TextDecoder().decode(readSmallFile(file, limits.configBytes, 'a configuration')), file);
}

/** Paths as rules know them: seen from the configuration; without one, from here. */
function imageNames(config: OpenedConfig | null): (path: string) => string {
  const directory = config?.directory ?? resolve('.');
  return (path) => (path === '-' || isHttpAddress(path) ? path : relative(directory, resolve(path)) || '.');
}

/** A place of the configuration as it is opened from the current directory. */
function fromHere(directory: string, place: string): string {
  if (place === '-' || isHttpAddress(place) || isAbsolute(place)) return place;
  return relative(resolve('.'), join(directory, place)) || '.';
}

function shown(path: string | null): string | null {
  return path === null ? null : relative(resolve('.'), path);
}

function expand(place: string, file: string): string[] {
  if (!isPattern(place) || whatIsAt(place) !== 'nothing') return [place];
  try {
    return expandPattern(place);
  } catch (error) {
    if (error instanceof CkptError && error.code === 'not-found') throw new UsageError(`${file}: no file fits ${place}`);
    throw error;
  }
}

/** `current`, `cpu:…` and names stay as they are; what they name is a path. */
function hostPlaces(host: string, here: (place: string) => string, file: string): string[] {
  if (host === 'current' || host === '-' || /^cpu:/i.test(host)) return [host];
  const at = host.indexOf('=');
  if (at > 0 && whatIsAt(here(host)) === 'nothing') {
    const place = host.slice(at + 1);
    return [`${host.slice(0, at)}=${place === 'current' || place === '-' || /^cpu:/i.test(place) ? place : here(place)}`];
  }
  return expand(here(host), file);
}
