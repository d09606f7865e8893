/** ELF, as little of it as Linux needs to run a program. */

/** Address at which the file is mapped; the code follows the headers. */
const LOAD_ADDRESS = 0x40_0000;
const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PROGRAM_HEADERS = 2;
/** Offset of the first instruction in the file. */
export const ELF_CODE_OFFSET = ELF_HEADER_BYTES + PROGRAM_HEADERS * PROGRAM_HEADER_BYTES;

/**
 * A static x86-64 Linux executable of position-independent code that starts with its first byte: header, two program headers (one
 * loaded segment, readable and executable; a stack that is not executable), code.
 *
 * @see System V ABI, x86-64 supplement, chapters 4 and 5; elf(5)
 */
export function elfExecutable(program: Uint8Array): Uint8Array {
  const size = ELF_CODE_OFFSET + program.length;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);

  file.set([0x7f, 0x45, 0x4c, 0x46]); // magic
  file.set([2, 1, 1, 0], 4); // 64 bit, little endian, version 1, System V
  view.setUint16(16, 2, true); // e_type: ET_EXEC
  view.setUint16(18, 62, true); // e_machine: EM_X86_64
  view.setUint32(20, 1, true); // e_version
  view.setBigUint64(24, BigInt(LOAD_ADDRESS + ELF_CODE_OFFSET), true); // e_entry
  view.setBigUint64(32, BigInt(ELF_HEADER_BYTES), true); // e_phoff
  view.setUint16(52, ELF_HEADER_BYTES, true); // e_ehsize
  view.setUint16(54, PROGRAM_HEADER_BYTES, true); // e_phentsize
  view.setUint16(56, PROGRAM_HEADERS, true); // e_phnum
  view.setUint16(58, 64, true); // e_shentsize; there are no sections

  const load = ELF_HEADER_BYTES;
  view.setUint32(load, 1, true); // p_type: PT_LOAD
  view.setUint32(load + 4, 5, true); // p_flags: readable, executable
  view.setBigUint64(load + 16, BigInt(LOAD_ADDRESS), true); // p_vaddr
  view.setBigUint64(load + 24, BigInt(LOAD_ADDRESS), true); // p_paddr
  view.setBigUint64(load + 32, BigInt(size), true); // p_filesz
  view.setBigUint64(load + 40, BigInt(size), true); // p_memsz
  view.setBigUint64(load + 48, 0x1000n, true); // p_align

  const stack = load + PROGRAM_HEADER_BYTES;
  view.setUint32(stack, 0x6474_e551, true); // p_type: PT_GNU_STACK
  view.setUint32(stack + 4, 6, true); // p_flags: readable, writable
  view.setBigUint64(stack + 48, 0x10n, true); // p_align

  file.set(program, ELF_CODE_OFFSET);
  return file;
}
