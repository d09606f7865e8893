/** The list that `runsc cpu-features` prints, as evidence. */
import type { Arch } from '../cpu/feature.ts';
import { featureNamed, featuresOf } from '../cpu/feature-names.ts';
import { allBits, known, NO_BITS, unknown } from './facts.ts';
import type { Fact, FeatureFact, KnownBits } from './host.ts';
import { hostError, quoteLine, textLines } from './host-text.ts';

/** What the list proves. `cacheLine`, `useXsave`, `xcr0`, `xcr0Known`, `notEnabled` mean something on amd64 only. */
export interface RunscListEvidence {
  readonly arch: Arch;
  readonly features: ReadonlyMap<string, FeatureFact>;
  readonly cacheLine: Fact<number>;
  readonly useXsave: Fact<boolean>;
  readonly xcr0: Fact<bigint>;
  readonly xcr0Known: KnownBits;
  /** Bits of XCR0 that a Linux kernel certainly has not enabled, whatever CPUID leaf 0xd says. */
  readonly notEnabled: bigint;
  readonly hypervisor: Fact<string>;
  readonly notes: readonly string[];
}

const SOURCE = 'runsc cpu-features';
const NOT_SAID = `${SOURCE} does not say`;
const LIST = 'the names that `runsc cpu-features` prints, with commas between them, on one line';
/** XCR0 bits that a feature brings. @see Intel SDM vol. 1, 13.2 and 13.3 */
const STATE_OF_FEATURE: readonly (readonly [name: string, bits: bigint])[] = [
  ['avx', 0x4n],
  ['mpx', 0x18n],
  ['avx512f', 0xe0n],
  ['pku', 0x200n],
  ['amx_tile', 0x6_0000n],
];

/**
 * Reads the list. It is exact, because it is what runsc itself compares, except for `xsave` where CPUID may lack it: there runsc's
 * own answer changes from run to run. Every runsc that has the command (since release-20250820.0) knows the whole table.
 *
 * @throws CkptError `unknown-format` without a list on one line, `bad-host` for a name that gVisor does not have, one that comes
 * twice, and a list that fits both architectures or lacks what every host has
 * @see gVisor runsc/cmd/cpu_features.go: Execute; pkg/cpuid/features_amd64.go: Feature.set, check
 */
export function parseRunscCpuFeatures(text: string): RunscListEvidence {
  const lines = textLines(text);
  const [line, second] = lines;
  if (line === undefined) throw hostError('unknown-format', null, LIST, 'nothing');
  if (second !== undefined) throw hostError('bad-host', second.number, LIST, `a second line ${quoteLine(second.text)}`);
  const names = line.text.split(',').map((name) => name.trim());
  const arch = archOf(names, line.number);
  const listed = new Set<string>();
  for (const name of names) {
    if (listed.has(name)) throw hostError('bad-host', line.number, 'every name once', `${quoteLine(name)} a second time`);
    listed.add(name);
  }
  const features = new Map<string, FeatureFact>();
  for (const { name } of featuresOf(arch)) {
    features.set(
      name,
      listed.has(name) ? { presence: 'present', source: SOURCE } : { presence: 'absent', source: `not in ${SOURCE}` },
    );
  }
  return arch === 'amd64' ? amd64Evidence(features, listed) : arm64Evidence(features);
}

/** `fpu` and `lm`, or `fp`, are there on every host that runs runsc, so the list of each architecture names itself. */
function archOf(names: readonly string[], line: number): Arch {
  const arch: Arch | null = names.includes('lm') ? 'amd64' : names.includes('fp') ? 'arm64' : null;
  const unknownName = names.find((name) => featureNamed(arch ?? 'amd64', name) === undefined);
  if (arch !== null && unknownName === undefined) return arch;
  if (unknownName !== undefined) {
    throw hostError(
      'bad-host',
      line,
      arch === null ? LIST : `names of gVisor's table for ${arch}`,
      quoteLine(unknownName),
      NEWER_HINT,
    );
  }
  throw hostError('bad-host', line, 'a list with lm (amd64) or fp (arm64), which every host has', quoteLine(names.join(',')));
}

const NEWER_HINT = 'A runsc that is newer than this ckpt may know more features';

function amd64Evidence(features: Map<string, FeatureFact>, listed: ReadonlySet<string>): RunscListEvidence {
  const certain = ['osxsave', 'xsaveopt', 'xsavec', 'xgetbv1', 'xsaves'].some((name) => listed.has(name));
  if (!certain) {
    const source = `${SOURCE} names nothing that needs CPUID's XSAVE bit; where CPUID lacks it, runsc's own answer changes from run to run`;
    features.set('xsave', { presence: 'unknown', source });
  }
  const osxsave = listed.has('osxsave');
  const useXsave = known(osxsave, osxsave ? `${SOURCE}: osxsave, which needs xsave` : `${SOURCE}: no osxsave`);
  const bits = (there: boolean): bigint =>
    STATE_OF_FEATURE.reduce((all, [name, own]) => (listed.has(name) === there ? all | own : all), 0n);
  return {
    arch: 'amd64',
    features,
    cacheLine: listed.has('avx') ? known(64, 'every CPU with AVX has cache lines of 64 bytes') : unknown(NOT_SAID),
    useXsave,
    xcr0: unknown(osxsave ? `${SOURCE} proves single bits of CPUID leaf 0xd, not the whole` : 'XSAVE is not enabled'),
    xcr0Known: osxsave ? { set: 0x3n | bits(true), clear: 0n } : allBits(0n),
    notEnabled: osxsave ? bits(false) : 0n,
    hypervisor: listed.has('hypervisor') ? unknown(NOT_SAID) : known('none', `not in ${SOURCE}`),
    notes: certain ? [] : ['whether runsc reports xsave on this host is random'],
  };
}

function arm64Evidence(features: Map<string, FeatureFact>): RunscListEvidence {
  const none = <T>(): Fact<T> => unknown('not a fact of arm64');
  return {
    arch: 'arm64',
    features,
    cacheLine: none(),
    useXsave: none(),
    xcr0: none(),
    xcr0Known: NO_BITS,
    notEnabled: 0n,
    hypervisor: unknown(NOT_SAID),
    notes: [],
  };
}
