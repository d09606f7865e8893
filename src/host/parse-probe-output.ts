/** The text that the probe writes. */
import type { CpuidEntry, CpuidTable } from '../cpu/cpuid-table.ts';
import { answeredLeaves } from './answered-leaves.ts';
import { hostError, quoteLine, textLines } from './host-text.ts';
import { parseLeafLine } from './parse-leaf-line.ts';
import { PROBE_END, PROBE_MAGIC } from './probe-executable.ts';

/** What the probe found; null where its output has no such line. */
export interface ProbeReport {
  /** CPUID of one logical CPU, without leaves that this CPU does not define and runsc does not ask for. */
  readonly cpuid: CpuidTable;
  readonly hwcap: bigint | null;
  readonly hwcap2: bigint | null;
  /** Bytes. */
  readonly pageSize: number | null;
  /** MXCSR_MASK as FXSAVE stored it; 0 stands for 0xffbf. */
  readonly mxcsrMask: number | null;
  /** Release of the kernel, as `uname -r`. */
  readonly kernel: string | null;
}

type FactName = 'hwcap' | 'hwcap2' | 'pagesize' | 'mxcsrmask' | 'kernel';
const FACT_LINE = /^(hwcap|hwcap2|pagesize|mxcsrmask|kernel) (.+)$/;

/**
 * Parses the probe's output.
 *
 * @throws CkptError `unknown-format` for another first line, `truncated` without the last line, `trailing-bytes` after it, `bad-host`
 * for any other line, for a leaf or a fact that comes twice, and without leaves 0 and 1.
 */
export function parseProbeOutput(text: string): ProbeReport {
  const lines = textLines(text);
  const first = lines[0];
  if (first === undefined || first.text !== PROBE_MAGIC) {
    throw hostError(
      'unknown-format',
      first?.number ?? null,
      `the line ${PROBE_MAGIC}`,
      first === undefined ? 'nothing' : quoteLine(first.text),
    );
  }
  const entries = new Map<string, CpuidEntry>();
  const facts = new Map<string, string>();
  let ended = false;
  for (const line of lines.slice(1)) {
    if (ended) throw hostError('trailing-bytes', line.number, `nothing after the line ${PROBE_END}`, quoteLine(line.text));
    if (line.text === PROBE_END) {
      ended = true;
      continue;
    }
    const entry = parseLeafLine(line.text);
    const fact = entry === null ? FACT_LINE.exec(line.text) : null;
    if (entry !== null) {
      const key = `${entry[0]}/${entry[1]}`;
      if (entries.has(key)) throw hostError('bad-host', line.number, 'every leaf once', `${quoteLine(line.text)} a second time`);
      entries.set(key, entry);
    } else if (fact?.[1] !== undefined && fact[2] !== undefined) {
      if (facts.has(fact[1])) throw hostError('bad-host', line.number, 'every fact once', `${fact[1]} a second time`);
      if (fact[1] !== 'kernel' && !/^0x[0-9a-f]{1,16}$/.test(fact[2])) {
        throw hostError('bad-host', line.number, 'a hexadecimal number', quoteLine(fact[2]));
      }
      facts.set(fact[1], fact[2]);
    } else {
      throw hostError('bad-host', line.number, 'a line of the probe', quoteLine(line.text));
    }
  }
  if (!ended) {
    throw hostError(
      'truncated',
      lines.at(-1)?.number ?? null,
      `the line ${PROBE_END} at the end`,
      'the end of the text',
      'Copy the whole output of the probe',
    );
  }
  if (!entries.has('0/0') || !entries.has('1/0'))
    throw hostError('bad-host', null, 'the answers of CPUID leaves 0 and 1', 'none');
  const number = (name: FactName): bigint | null => {
    const value = facts.get(name);
    return value === undefined ? null : BigInt(value);
  };
  const pageSize = number('pagesize');
  const mxcsrMask = number('mxcsrmask');
  return {
    cpuid: answeredLeaves([...entries.values()]),
    hwcap: number('hwcap'),
    hwcap2: number('hwcap2'),
    pageSize: pageSize === null || pageSize > 0x4000_0000n ? null : Number(pageSize),
    mxcsrMask: mxcsrMask === null ? null : Number(mxcsrMask & 0xffff_ffffn),
    kernel: facts.get('kernel') ?? null,
  };
}
