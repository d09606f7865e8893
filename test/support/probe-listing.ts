/** The probe's machine code as a listing to read. */
import { ELF_CODE_OFFSET } from '../../src/host/elf-executable.ts';
import { assembleProbe } from '../../src/host/probe-executable.ts';
import { PROBE_CODE } from '../../src/host/probe-program.ts';

/**
 * One line for every instruction: offset in the file, bytes, mnemonic, comment; names on lines of their own. Ends with a newline.
 */
export function probeListing(): string {
  const { bytes, instructions, labels } = assembleProbe();
  const codeEnd = labels.get('magic') ?? bytes.length;
  const lines: string[] = [];
  let index = 0;
  for (const row of PROBE_CODE) {
    if (row.length === 1) {
      lines.push(row[0]);
      continue;
    }
    const start = instructions[index]?.offset ?? 0;
    const end = instructions[index + 1]?.offset ?? codeEnd;
    index++;
    const hex = [...bytes.subarray(start, end)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const offset = (ELF_CODE_OFFSET + start).toString(16).padStart(4, '0');
    lines.push(`  ${offset}  ${hex.padEnd(24)} ${row[1].padEnd(42)}${row[2] === '' ? '' : `; ${row[2]}`}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}
