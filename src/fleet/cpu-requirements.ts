/** What an image requires of a CPU, learnt from the gates themselves: each fact is taken away from a host that has everything. */
import type { Arch } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import { allBits, known, NO_BITS, unknown } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import { type EvaluateInput, type PartialFacts, rulesFor } from '../restore/evaluate.ts';
import type { Gate } from '../restore/gate.ts';
import { cacheLine } from '../restore/gates/cache-line.ts';
import { cpuFeatures } from '../restore/gates/cpu-features.ts';
import { fpuState } from '../restore/gates/fpu-state.ts';
import { pageSize } from '../restore/gates/page-size.ts';
import { runscVersion } from '../restore/gates/runsc-version.ts';
import type { TaskFpu } from '../restore/image-facts.ts';

/** Every fact that is required, and none that is not. */
export interface CpuRequirements {
  readonly arch: Arch;
  /** gVisor names, in feature-number order. */
  readonly features: readonly string[];
  /** Bits without a name, in the words of the gate; only runsc before 2022-01-13 compares them. */
  readonly unnamed: readonly string[];
  /** Bytes, or null where any will do. */
  readonly cacheLine: number | null;
  /** Whether runsc has to use XSAVE on the host. */
  readonly useXsave: boolean;
  /** Bits of XCR0, beyond x87 and SSE. */
  readonly states: readonly number[];
  /** Bits of MXCSR that not every CPU accepts. */
  readonly mxcsrBits: readonly number[];
  /** Bytes, or null where any will do. */
  readonly pageSize: number | null;
  /** The version that the restoring runsc must have, or null where versions are not compared. */
  readonly runscVersion: string | null;
}

const GATES: readonly Gate[] = [pageSize, cpuFeatures, cacheLine, fpuState];

const STATE_BITS = 64;
const EVERY_STATE = (1n << 64n) - 1n;
/** What CPUs accept of MXCSR, with misaligned SSE of AMD; bits 6 and 17 are those that not every CPU has. */
const EVERY_MXCSR = 0x2_ffff;
const MXCSR_BITS: readonly number[] = [6, 17];
const PAGE = 4096;
const OTHER_PAGE = 16384;
const SOURCE = 'a host that has everything';

/** A host that lacks nothing that the image could ask for, so that what its gates refuse no host can give. */
export function idealHost(image: PartialFacts): Host {
  const arch = image.arch ?? 'amd64';
  const amd64 = arch === 'amd64';
  const none = unknown<never>(SOURCE);
  return {
    name: 'ideal',
    arch,
    source: 'model',
    provenance: SOURCE,
    rejected: [],
    cpuid: null,
    features: new Map(featuresOf(arch).map(({ name }) => [name, { presence: 'present', source: SOURCE }])),
    cacheLine: amd64 ? known(image.cpu?.cacheLine ?? 0, SOURCE) : none,
    xcr0: amd64 ? known(EVERY_STATE, SOURCE) : none,
    xcr0Known: amd64 ? allBits(EVERY_STATE) : NO_BITS,
    statesNotEnabled: 0n,
    mxcsrMask: amd64 ? known(EVERY_MXCSR, SOURCE) : none,
    useXsave: amd64 ? known(true, SOURCE) : none,
    hwcap: none,
    hwcap2: none,
    pageSize: known(PAGE, SOURCE),
    kernel: none,
    microcode: none,
    hypervisor: none,
    runscVersion: none,
    identity: null,
    capturedFrom: null,
    capturedAt: null,
    notes: [],
  };
}

/** What the gates about a CPU require of a host, under the rules of a restoring runsc. */
export function cpuRequirements(image: PartialFacts, input: EvaluateInput): CpuRequirements {
  const ideal = idealHost(image);
  const rules = rulesFor(image, ideal, input);
  const facts = image.tasks === undefined ? image : { ...image, tasks: distinctStates(image.tasks) };
  const answers = (host: Host): string => JSON.stringify(GATES.map((gate) => gate.check(facts, host, rules)));
  const best = answers(ideal);
  const needed = (without: Partial<Host>): boolean => answers({ ...ideal, ...without }) !== best;

  const { arch } = ideal;
  const amd64 = arch === 'amd64';
  const line = ideal.cacheLine.value;
  const without = (name: string): Host['features'] => new Map(ideal.features).set(name, { presence: 'absent', source: SOURCE });
  const bits = (count: number): number[] => Array.from({ length: amd64 ? count : 0 }, (_, bit) => bit);
  return {
    arch,
    features: featuresOf(arch)
      .map(({ name }) => name)
      .filter((name) => needed({ features: without(name) })),
    unnamed: unnamedOf(cpuFeatures.check(facts, ideal, rules)),
    cacheLine: line !== null && needed({ cacheLine: known(line + 1, SOURCE) }) ? line : null,
    useXsave: amd64 && needed({ useXsave: known(false, SOURCE) }),
    states: bits(STATE_BITS).filter((bit) => {
      const xcr0 = EVERY_STATE & ~(1n << BigInt(bit));
      return needed({ xcr0: known(xcr0, SOURCE), xcr0Known: allBits(xcr0) });
    }),
    mxcsrBits: (amd64 ? MXCSR_BITS : []).filter((bit) => needed({ mxcsrMask: known(EVERY_MXCSR & ~(1 << bit), SOURCE) })),
    pageSize: needed({ pageSize: known(OTHER_PAGE, SOURCE) }) ? PAGE : null,
    runscVersion: neededVersion(image, ideal, rules),
  };
}

/** The features that the gate cannot decide even where every feature is there. */
function unnamedOf(answer: ReturnType<Gate['check']>): readonly string[] {
  return (answer?.reasons ?? []).flatMap((because) =>
    because.code === 'CKPT1602' ? because.details.features.map(({ name }) => name) : [],
  );
}

/** The version of the image, where a runsc of any other version would be refused. */
function neededVersion(image: PartialFacts, host: Host, rules: ReturnType<typeof rulesFor>): string | null {
  const saved = image.runscVersion?.value ?? null;
  const other = runscVersion.check(image, host, { ...rules, restoring: 'release-19700101.0' });
  return saved !== null && other?.outcome === 'fail' ? saved : null;
}

/** One task of each kind of saved state: the others get the same answer. */
function distinctStates(tasks: readonly TaskFpu[]): TaskFpu[] {
  const byState = new Map<string, TaskFpu>();
  for (const task of tasks) {
    const { length, xstateBv, xcompBv, headerReservedZero, mxcsr } = task.fpu;
    const key = [length, xstateBv, xcompBv, headerReservedZero, mxcsr].join(' ');
    if (!byState.has(key)) byState.set(key, task);
  }
  return [...byState.values()];
}
