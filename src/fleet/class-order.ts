/** Where an image that a host would save can be restored. */
import { comparedNames, TABLE_COMPARED_SINCE } from '../cpu/compare-features.ts';
import type { FpuState } from '../cpu/xsave.ts';
import type { Host } from '../host/host.ts';
import { IGNORED_BITS, judgeFpuState, supportedBits } from '../restore/gates/fpu-rules.ts';
import { pageSize } from '../restore/gates/page-size.ts';
import { type Rules, selectRules } from '../restore/rules.ts';
import { parseRunscVersion, versionString } from '../restore/runsc-version.ts';
import { addBit, type Bits, bitsOf, common, either, hasBit, isEmpty, noBits, without } from './bits.ts';
import { featurePlace, type HostClass, type HostClasses } from './host-classes.ts';

const ALL_BITS = (1n << 64n) - 1n;
/** MXCSR as Linux sets it for a new program. @see Linux arch/x86/include/asm/fpu/xstate.h: MXCSR_DEFAULT */
const USUAL_MXCSR = 0x1f80;
const FXSAVE_LENGTH = 512;
const MAGIC2_LENGTH = 4;
/** Longer than every XSAVE area, for a host that does not say: older releases look only at states that are longer than theirs. */
const LONGEST_AREA = 65_536;

export interface OrderOptions {
  /** The version of the runsc that saves and restores everywhere, or null. */
  readonly runscVersion: string | null;
  /** Hosts with the same description are taken for equal, also in what it leaves unknown. */
  readonly assumeAlike: boolean;
}

/**
 * For each class, the classes on which an image that one of its hosts saves is proven to restore, whatever floating-point state its
 * threads hold: all features that the host has, or may have, are there; the cache line, the version of runsc and the page size fit.
 *
 * MXCSR is taken to hold no bits beyond those that every CPU accepts. A class is in its own set when its description leaves nothing open,
 * or when it is one machine.
 */
export function imageReach({ classes, frames }: HostClasses, options: OrderOptions): Bits[] {
  const fits = framesFit(frames, options);
  const compared = frames.map((frame) => comparedBits(frame, rulesOf(frame, options)));
  const width = classes.reduce((most, { present }) => Math.max(most, present.length), 0);
  // One after the other in memory: this is asked for every pair of classes.
  const present = new Uint32Array(classes.length * width);
  for (const one of classes) present.set(one.present, one.index * width);
  const frameOf = Int32Array.from(classes, ({ frame }) => frame);
  return classes.map((from) => {
    const reach = noBits(classes.length);
    const may = either(from.present, from.unknown);
    // Of what the image may require, what the runsc of each frame compares; nothing for a frame that cannot be proven to take it.
    const needs = compared.map((matters, frame) =>
      matters === undefined || frames[frame]?.arch !== from.host.arch ? null : common(may, matters),
    );
    for (let to = 0; to < frameOf.length; to++) {
      const frame = frameOf[to] ?? 0;
      const needed = needs[frame];
      if (needed == null || to === from.index || !isWithin(needed, present, to * width)) continue;
      if (fits(from.frame, frame)) addBit(reach, to);
    }
    if (ownImages(from, options)) addBit(reach, from.index);
    return reach;
  });
}

/** Whether every number of a set is in the set that begins at a place in a list of words. */
function isWithin(needed: Bits, words: Uint32Array, start: number): boolean {
  for (let word = 0; word < needed.length; word++) if (((needed[word] ?? 0) & ~(words[start + word] ?? 0)) !== 0) return false;
  return true;
}

/**
 * Whether an image that a machine saved when it was in one class restores on it now that it is in another; `blocked` only where no image
 * of a sandbox that was not levelled could.
 */
export function restoresAfter(
  from: HostClass,
  to: HostClass,
  reach: readonly Bits[],
  options: OrderOptions,
): 'restorable' | 'blocked' | 'unknown' {
  if (hasBit(reach[from.index] ?? noBits(0), to.index)) return 'restorable';
  const [before, after] = [from.host, to.host];
  if (before.arch !== after.arch) return 'blocked';
  const rules = rulesOf(after, options);
  const compared = comparedBits(after, rules);
  if (compared !== undefined && !isEmpty(without(common(from.present, compared), either(to.present, to.unknown))))
    return 'blocked';
  if (pageSize.check({}, after, rules)?.outcome === 'fail') return 'blocked';
  const lines = [before.cacheLine.value, after.cacheLine.value];
  if (!lines.includes(null) && lines[0] !== lines[1]) return 'blocked';
  const versions = [before.runscVersion.value, after.runscVersion.value] as const;
  const otherRunsc =
    options.runscVersion === null && !versions.includes(null) && !sameRunsc(...versions) && rules.has('version-in-kernel');
  return otherRunsc ? 'blocked' : 'unknown';
}

/** The features that the runsc of a frame compares; null before 2022-01-13, when bits without a name counted, too. */
function comparedBits(frame: Host, rules: Rules): Bits | undefined {
  if (rules.date < TABLE_COMPARED_SINCE) return undefined;
  const places = comparedNames(frame.arch, rules.date).flatMap((name) => featurePlace(frame.arch, name) ?? []);
  return bitsOf(frame.features.size, places);
}

/** Whether the machines of a class restore one another's images. */
function ownImages({ host, exact, weight }: HostClass, options: OrderOptions): boolean {
  // What runsc says of this feature on a CPU without it is random, on the machine itself too.
  if (host.useXsave.value === false && host.features.get('xsave')?.presence === 'unknown') return false;
  const size = pageSize.check({}, host, rulesOf(host, options));
  return (exact || weight === 1 || options.assumeAlike) && size?.outcome !== 'fail' && size?.outcome !== 'unknown';
}

function rulesOf(host: Host, { runscVersion }: OrderOptions): Rules {
  return selectRules({ runscVersion: null, typesRelease: null }, { flag: runscVersion, host: host.runscVersion.value });
}

/** Whether two frames fit, worked out when it is asked for. */
function framesFit(frames: readonly Host[], options: OrderOptions): (from: number, to: number) => boolean {
  const answers = frames.map(() => new Map<number, boolean>());
  return (from, to) => {
    const known = answers[from]?.get(to);
    if (known !== undefined) return known;
    const [a, b] = [frames[from], frames[to]];
    const answer = a !== undefined && b !== undefined && frameFits(a, b, options);
    answers[from]?.set(to, answer);
    return answer;
  };
}

function frameFits(from: Host, to: Host, options: OrderOptions): boolean {
  if (options.runscVersion === null && !sameRunsc(from.runscVersion.value, to.runscVersion.value)) return false;
  const rules = rulesOf(to, options);
  const size = pageSize.check({}, to, rules)?.outcome;
  if (size !== 'pass' && size !== 'not-applicable') return false;
  if (to.arch === 'arm64') return true;
  if (from.cacheLine.value === null || from.cacheLine.value !== to.cacheLine.value) return false;
  return judgeFpuState(fullestState(from, rules), to, rules).kind === 'pass';
}

/** Versions that are the same as text, or name the same release; two that are not known are taken to be the same, as `check` does. */
function sameRunsc(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((text) => (text === null ? null : parseRunscVersion(text)));
  return one != null && other != null && versionString(one) === versionString(other);
}

/** A state in which a thread uses every component that runsc may save on a host. */
function fullestState(host: Host, rules: Rules): FpuState {
  const saved = ALL_BITS & ~supportedBits(host, rules).clear;
  const ignored = host.useXsave.value === false ? 0n : IGNORED_BITS & ~host.xcr0Known.clear;
  const area = host.useXsave.value === false ? FXSAVE_LENGTH : (host.identity?.xsaveSizes?.enabled ?? LONGEST_AREA);
  return {
    length: area + MAGIC2_LENGTH,
    areaLength: area,
    xstateBv: saved | ignored,
    xcompBv: 0n,
    headerReservedZero: true,
    mxcsr: USUAL_MXCSR,
    mxcsrMask: null,
    components: [],
  };
}
