/** The auxiliary vector that a program was started with. */
import { elements, type Node } from '../../graph/node.ts';
import { integerIn, structOf } from '../struct-values.ts';

/** One entry. */
export interface AuxiliaryEntry {
  readonly key: bigint;
  /** `AT_PHDR`, or null for a key without a name here. */
  readonly name: string | null;
  readonly value: bigint;
}

/** @see Linux include/uapi/linux/auxvec.h; gVisor pkg/abi/linux/elf.go */
const NAMES: Readonly<Record<string, string>> = {
  '0': 'AT_NULL',
  '1': 'AT_IGNORE',
  '2': 'AT_EXECFD',
  '3': 'AT_PHDR',
  '4': 'AT_PHENT',
  '5': 'AT_PHNUM',
  '6': 'AT_PAGESZ',
  '7': 'AT_BASE',
  '8': 'AT_FLAGS',
  '9': 'AT_ENTRY',
  '10': 'AT_NOTELF',
  '11': 'AT_UID',
  '12': 'AT_EUID',
  '13': 'AT_GID',
  '14': 'AT_EGID',
  '15': 'AT_PLATFORM',
  '16': 'AT_HWCAP',
  '17': 'AT_CLKTCK',
  '23': 'AT_SECURE',
  '24': 'AT_BASE_PLATFORM',
  '25': 'AT_RANDOM',
  '26': 'AT_HWCAP2',
  '27': 'AT_RSEQ_FEATURE_SIZE',
  '28': 'AT_RSEQ_ALIGN',
  '31': 'AT_EXECFN',
  '33': 'AT_SYSINFO_EHDR',
  '51': 'AT_MINSIGSTKSZ',
};

/**
 * The entries, in stored order.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/arch: Auxv, AuxEntry.
 */
export function readAuxiliaryVector(slice: Node | undefined): AuxiliaryEntry[] {
  if (slice === undefined) return [];
  return Array.from(elements(slice), (entry) => {
    const struct = structOf(entry);
    const key = integerIn(struct, 'Key') ?? 0n;
    return { key, name: NAMES[String(key)] ?? null, value: integerIn(struct, 'Value') ?? 0n };
  });
}
