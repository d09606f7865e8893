/** Which runsc reads a level, and which register state the level takes away. */
import type { Host } from '../host/host.ts';
import { NEWEST_KNOWN_DATE, NEWEST_KNOWN_RELEASE } from '../restore/changes.ts';
import { parseRunscVersion, type RunscVersion, versionString } from '../restore/runsc-version.ts';
import { readsAnnotation } from './annotation.ts';
import type { LostState } from './run-time-settings.ts';

/** The runsc whose list of names counts. */
export interface LevelRules {
  readonly release: string;
  /** As given, the oldest one of the hosts, or the newest known. */
  readonly from: 'flag' | 'host' | 'newest';
  /** Date of its code, YYYYMMDD. */
  readonly date: string;
  readonly readsAnnotation: boolean;
}

/**
 * The runsc that is to read the annotation: as given, else the oldest that the hosts name, else the newest known.
 *
 * @returns null when the given version names no code
 */
export function levelRules(flag: string | null, hosts: readonly Host[]): LevelRules | null {
  if (flag !== null) {
    const version = parseRunscVersion(flag);
    return version === null ? null : rulesOf(version, 'flag');
  }
  const oldest = hosts
    .map((host) => (host.runscVersion.value === null ? null : parseRunscVersion(host.runscVersion.value)))
    .reduce((a, b) => (a === null || (b !== null && b.date < a.date) ? b : a), null);
  if (oldest !== null) return rulesOf(oldest, 'host');
  return { release: NEWEST_KNOWN_RELEASE, from: 'newest', date: NEWEST_KNOWN_DATE, readsAnnotation: true };
}

function rulesOf(version: RunscVersion, from: LevelRules['from']): LevelRules {
  return { release: versionString(version), from, date: version.date, readsAnnotation: readsAnnotation(version) };
}

/** Bits of XCR0. @see Intel SDM vol. 1, 13.1 */
const AVX_STATE = 1n << 2n;
const AVX512_STATE = 0b1110_0000n;

/** The register state that threads can hold on one host and that another host, or the level, does not have. */
export function lostState(lost: readonly string[], hosts: readonly Host[]): LostState {
  const differs = (mask: bigint): boolean =>
    hosts.some(({ xcr0Known }) => (xcr0Known.set & mask) !== 0n) &&
    hosts.some(({ xcr0Known }) => (xcr0Known.clear & mask) !== 0n);
  return {
    avx512: lost.some((name) => name.startsWith('avx512')) || differs(AVX512_STATE),
    avx: lost.includes('avx') || differs(AVX_STATE),
  };
}
