/** The probe: a static x86-64 Linux executable that ckpt makes itself, without compiler or linker. */
import { type Assembled, assemble, type DataBlock } from './assemble.ts';
import { CPUID_QUESTIONS } from './cpuid-questions.ts';
import { elfExecutable } from './elf-executable.ts';
import { PROBE_CODE } from './probe-program.ts';

/** First line of the probe's output. */
export const PROBE_MAGIC = 'ckpt-probe 1';
/** Last line of the probe's output. */
export const PROBE_END = 'end';

/** The texts that the program writes, each ended by a zero byte, and its table of questions. */
const TEXTS: readonly (readonly [label: string, text: string])[] = [
  ['magic', `${PROBE_MAGIC}\n\0`],
  ['pagesize', 'pagesize \0'],
  ['hwcap', 'hwcap \0'],
  ['hwcap2', 'hwcap2 \0'],
  ['kernel', 'kernel \0'],
  ['mxcsrmask', 'mxcsrmask \0'],
  ['registers', ': eax=\0 ebx=\0 ecx=\0 edx=\0'],
  ['end', `${PROBE_END}\n\0`],
];

/** The probe's machine code and data, with the place of every instruction. */
export function assembleProbe(): Assembled {
  const data: DataBlock[] = TEXTS.map(([label, text]) => ({ label, bytes: Buffer.from(text, 'latin1') }));
  data.push({ label: 'questions', bytes: questionTable() });
  return assemble(PROBE_CODE, data);
}

/** The probe as an ELF64 file of under 1 KiB. The same bytes every time. */
export function buildProbe(): Uint8Array {
  return elfExecutable(assembleProbe().bytes);
}

/** Six bytes for each run of leaves: first leaf (little endian), number of leaves, subleaves of each; then six zero bytes. */
function questionTable(): Uint8Array {
  const table = new Uint8Array((CPUID_QUESTIONS.length + 1) * 6);
  const view = new DataView(table.buffer);
  for (const [index, run] of CPUID_QUESTIONS.entries()) {
    view.setUint32(index * 6, run.leaf, true);
    view.setUint8(index * 6 + 4, run.leaves);
    view.setUint8(index * 6 + 5, run.subleaves);
  }
  return table;
}
