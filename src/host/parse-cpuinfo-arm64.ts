/** /proc/cpuinfo of an arm64 host as evidence: its line Features is AT_HWCAP and AT_HWCAP2. */
import { ARM64_FEATURES } from '../cpu/features-arm64.ts';
import { type CpuIdentity, identityOfArm64 } from '../cpu/identity.ts';
import { type CpuinfoBlock, cpuinfoBlocks } from './cpuinfo-evidence-blocks.ts';
import { HWCAP_NAMES, HWCAP2_NAMES, NAMES_OF_32_BIT_READERS } from './cpuinfo-evidence-hwcap.ts';
import { known, unknown } from './facts.ts';
import type { Fact, FeatureFact } from './host.ts';
import { hostError, quoteLine } from './host-text.ts';

/** What one page proves. */
export interface CpuinfoArm64Evidence {
  readonly features: ReadonlyMap<string, FeatureFact>;
  /** AT_HWCAP and AT_HWCAP2; unknown when the line has a name that is newer than the table of names. */
  readonly hwcap: Fact<bigint>;
  readonly hwcap2: Fact<bigint>;
  /** The CPU, when all are of one kind. */
  readonly identity: CpuIdentity | null;
  /** Logical CPUs on the page. */
  readonly cpus: number;
  readonly notes: readonly string[];
}

const SOURCE = '/proc/cpuinfo: Features, which Linux prints from the word it passes on as AT_HWCAP';

/**
 * Reads what /proc/cpuinfo of an arm64 host says: every feature exactly, because the kernel prints the words of AT_HWCAP and AT_HWCAP2.
 *
 * @throws CkptError `unknown-format` without a line `Features`, `bad-host` for a page that a 32-bit kernel or reader made and for lines
 * that are not of this format
 * @see Linux arch/arm64/kernel/cpuinfo.c: c_show; gVisor pkg/cpuid/native_arm64.go
 */
export function parseCpuinfoArm64(text: string): CpuinfoArm64Evidence {
  const blocks = cpuinfoBlocks(text, 'Features');
  const [first] = blocks;
  if (first === undefined) throw hostError('unknown-format', null, 'a line `Features : …` of /proc/cpuinfo on arm64', 'none');
  for (const block of blocks) checkIs64Bit(block);
  const lists = [...new Set(blocks.map((block) => block.flags))];
  const whole = blocks.every((block) => block.whole);
  const features = new Map<string, FeatureFact>();
  for (const { name } of ARM64_FEATURES) features.set(name, judge(name, lists, whole));
  const alike = lists.every((list) => list === first.flags);
  const why = !whole ? CUT : 'logical CPUs differ in their Features';
  const kinds = kindsOf(blocks);
  return {
    features,
    hwcap: alike && whole ? maskOf(first.flags, HWCAP_NAMES) : unknown(why),
    hwcap2: alike && whole ? maskOf(first.flags, HWCAP2_NAMES) : unknown(why),
    identity: kinds.length === 1 ? (kinds[0] ?? null) : null,
    cpus: blocks.length,
    notes: [
      ...(whole ? [] : [CUT]),
      ...(alike ? [] : ['logical CPUs differ in their Features; what differs is unknown']),
      ...(kinds.length > 1 ? [`this machine has CPUs of several kinds: ${namesOf(kinds)}`] : []),
    ],
  };
}

const CUT = 'no line follows Features, so the page may be cut: a missing name proves nothing';

function judge(name: string, lists: readonly ReadonlySet<string>[], whole: boolean): FeatureFact {
  const count = lists.filter((list) => list.has(name)).length;
  if (count === lists.length) return { presence: 'present', source: SOURCE };
  if (count > 0) return { presence: 'unknown', source: 'logical CPUs differ: some show it, others do not' };
  return whole ? { presence: 'absent', source: SOURCE } : { presence: 'unknown', source: CUT };
}

function maskOf(names: ReadonlySet<string>, table: readonly string[]): Fact<bigint> {
  const stranger = [...names].find((name) => !HWCAP_NAMES.includes(name) && !HWCAP2_NAMES.includes(name));
  if (stranger !== undefined) return unknown(`/proc/cpuinfo: the place of ${stranger} in AT_HWCAP is not known here`);
  return known(
    table.reduce((mask, name, bit) => (names.has(name) ? mask | (1n << BigInt(bit)) : mask), 0n),
    SOURCE,
  );
}

function checkIs64Bit(block: CpuinfoBlock): void {
  const foreign = [...block.flags].find((name) => NAMES_OF_32_BIT_READERS.has(name));
  if (foreign !== undefined) {
    const hint = 'Read /proc/cpuinfo without a 32-bit personality (setarch, linux32)';
    throw hostError(
      'bad-host',
      null,
      'Features of a 64-bit kernel, read by a 64-bit process',
      `${quoteLine(foreign)}, a name of 32-bit ARM`,
      hint,
    );
  }
  if (!block.flags.has('fp') && !block.flags.has('asimd')) {
    throw hostError('bad-host', null, 'Features of arm64 (fp, asimd, …)', quoteLine([...block.flags].join(' ')));
  }
}

function kindsOf(blocks: readonly CpuinfoBlock[]): CpuIdentity[] {
  const kinds = new Map<string, CpuIdentity>();
  for (const { fields } of blocks) {
    const [implementer, variant, part] = ['CPU implementer', 'CPU variant', 'CPU part'].map((key) => hexOf(fields.get(key)));
    const revision = /^\d{1,3}$/.test(fields.get('CPU revision') ?? '') ? Number(fields.get('CPU revision')) : null;
    if (implementer == null || variant == null || part == null || revision === null) return [];
    kinds.set(`${implementer}/${variant}/${part}/${revision}`, identityOfArm64({ implementer, variant, part, revision }));
  }
  return [...kinds.values()];
}

/** Kinds that a note names. */
const NAMED_KINDS = 8;

function namesOf(kinds: readonly CpuIdentity[]): string {
  const names = kinds.slice(0, NAMED_KINDS).map((kind) => kind.brand ?? hex(kind.part ?? 0));
  return `${names.join(', ')}${kinds.length > NAMED_KINDS ? ', …' : ''}`;
}

function hexOf(value: string | undefined): number | null {
  return value !== undefined && /^0x[0-9a-f]{1,4}$/i.test(value) ? Number.parseInt(value, 16) : null;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
