/** The notes of a core file: threads with their registers, the process, its auxiliary vector and mapped files. */

import { joinedBytes } from '../bytes/source-reading.ts';
import type { AuxiliaryEntry } from '../kernel/memory/auxiliary-vector.ts';
import type { SavedProcess } from '../kernel/tasks/processes.ts';
import type { SavedRegisters } from '../kernel/tasks/registers.ts';
import { maskOf } from '../kernel/tasks/signals.ts';
import type { SavedTask } from '../kernel/tasks/tasks.ts';
import type { CoreMapping } from './core-layout.ts';

/** Numbers of notes. @see Linux include/uapi/linux/elf.h */
const NT = {
  prstatus: 1,
  fpregset: 2,
  prpsinfo: 3,
  auxv: 6,
  file: 0x4649_4c45,
  x86Xstate: 0x202,
  armTls: 0x401,
} as const;

/** Registers in the order of struct user_regs_struct. @see Linux arch/x86/include/asm/user_64.h */
const AMD64 = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi', 'orig_rax'],
  ...['rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs'],
];
/** Of struct user_pt_regs. @see Linux arch/arm64/include/uapi/asm/ptrace.h */
const ARM64 = [...Array.from({ length: 31 }, (_, index) => `x${index}`), 'sp', 'pc', 'pstate'];

/** Offset of the registers in struct elf_prstatus, and of the fields before them. @see Linux include/linux/elfcore.h */
const STATUS = { cursig: 12, sigpend: 16, sighold: 24, pid: 32, ppid: 36, pgrp: 40, sid: 44, reg: 112 } as const;
/** Struct elf_prpsinfo. */
const INFO = { uid: 16, gid: 20, pid: 24, ppid: 28, pgrp: 32, sid: 36, fname: 40, psargs: 56, size: 136 } as const;

/** The legacy area of an XSAVE area, and where Linux writes the enabled components into it. @see Linux arch/x86/kernel/fpu/regset.c */
const FXSAVE_BYTES = 512;
const SOFTWARE_XCR0 = 464;
const XCOMP_BV = 520;
const FRAME_MAGIC = 0x4650_5853;
const XSAVE_HEADER_END = 576;

const PAGE_BYTES = 4096n;
const TEXT = new TextEncoder();

/** What a core file says about a process besides its memory. */
export interface CoreProcess {
  readonly process: SavedProcess;
  /** Floating-point state by task object; amd64 only. */
  readonly fpu: ReadonlyMap<number, Uint8Array>;
  /** XCR0 of the machine that took the image; null when unknown. */
  readonly xcr0: bigint | null;
  /** The arguments as they lie in memory, or null. */
  readonly arguments: Uint8Array | null;
  readonly auxv: readonly AuxiliaryEntry[];
  readonly mappings: readonly CoreMapping[];
}

/** All notes, those of the leading thread first: debuggers show that one. */
export function coreNotes(core: CoreProcess): Uint8Array {
  const { process, mappings } = core;
  const threads = [process.leader, ...process.threads.filter((task) => task !== process.leader)].filter(
    ({ registers, thread }) => registers !== null && thread.tid !== null,
  );
  const notes: Uint8Array[] = [];
  for (const [index, task] of threads.entries()) {
    notes.push(...statusOf(task, process));
    if (index === 0) {
      notes.push(note('CORE', NT.prpsinfo, processInfo(core)));
      notes.push(note('CORE', NT.auxv, auxiliaryVector(core.auxv)));
      notes.push(note('CORE', NT.file, fileMap(mappings)));
    }
    notes.push(...floatingPoint(task, core));
  }
  return joinedBytes(notes);
}

/** Bytes of one note: name and content each fill whole words. */
export function note(name: string, type: number, content: Uint8Array): Uint8Array {
  const nameBytes = TEXT.encode(`${name}\0`);
  const contentAt = 12 + aligned(nameBytes.length);
  const bytes = new Uint8Array(contentAt + aligned(content.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, nameBytes.length, true);
  view.setUint32(4, content.length, true);
  view.setUint32(8, type, true);
  bytes.set(nameBytes, 12);
  bytes.set(content, contentAt);
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function statusOf(task: SavedTask, process: SavedProcess): Uint8Array[] {
  const registers = task.registers as SavedRegisters;
  const names = registers.arch === 'amd64' ? AMD64 : ARM64;
  const fpValidAt = STATUS.reg + names.length * 8;
  const bytes = new Uint8Array(fpValidAt + 8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(STATUS.sigpend, maskOf(task.signals?.pending ?? []), true);
  view.setBigUint64(STATUS.sighold, task.signals?.blocked ?? 0n, true);
  ids(view, STATUS, { ...process, pid: task.thread.tid });
  for (const [index, name] of names.entries())
    view.setBigUint64(STATUS.reg + index * 8, BigInt.asUintN(64, registers.values.get(name) ?? 0n), true);
  view.setInt32(fpValidAt, registers.arch === 'amd64' ? 1 : 0, true);
  const status = note('CORE', NT.prstatus, bytes);
  const tls = registers.values.get('tpidr_el0');
  if (tls === undefined) return [status];
  const content = new Uint8Array(8);
  new DataView(content.buffer).setBigUint64(0, tls, true);
  return [status, note('LINUX', NT.armTls, content)];
}

type Ids = Pick<SavedProcess, 'pid' | 'ppid' | 'pgid' | 'sid'>;

function ids(view: DataView, at: { pid: number; ppid: number; pgrp: number; sid: number }, { pid, ppid, pgid, sid }: Ids): void {
  view.setInt32(at.pid, pid ?? 0, true);
  view.setInt32(at.ppid, ppid ?? 0, true);
  view.setInt32(at.pgrp, pgid ?? 0, true);
  view.setInt32(at.sid, sid ?? 0, true);
}

function processInfo({ process, arguments: args }: CoreProcess): Uint8Array {
  const { leader } = process;
  const bytes = new Uint8Array(INFO.size);
  const view = new DataView(bytes.buffer);
  const letter = leader.run?.letter ?? 'S';
  // The number is the position of the letter in this list. @see Linux fs/binfmt_elf.c: fill_psinfo
  bytes[0] = Math.max(0, 'RSDTZW'.indexOf(letter));
  bytes[1] = letter.charCodeAt(0);
  bytes[2] = letter === 'Z' ? 1 : 0;
  view.setInt8(3, leader.scheduling.nice ?? 0);
  view.setUint32(INFO.uid, leader.credentials?.uid.real ?? 0, true);
  view.setUint32(INFO.gid, leader.credentials?.gid.real ?? 0, true);
  ids(view, INFO, process);
  bytes.set(TEXT.encode(leader.thread.name).subarray(0, 15), INFO.fname);
  const words = (args ?? new Uint8Array(0)).slice(0, INFO.size - INFO.psargs - 1).map((byte) => (byte === 0 ? 0x20 : byte));
  bytes.set(words, INFO.psargs);
  return bytes;
}

function auxiliaryVector(entries: readonly AuxiliaryEntry[]): Uint8Array {
  const ended = entries.at(-1)?.key === 0n ? entries : [...entries, { key: 0n, value: 0n }];
  const bytes = new Uint8Array(ended.length * 16);
  const view = new DataView(bytes.buffer);
  for (const [index, { key, value }] of ended.entries()) {
    view.setBigUint64(index * 16, BigInt.asUintN(64, key), true);
    view.setBigUint64(index * 16 + 8, BigInt.asUintN(64, value), true);
  }
  return bytes;
}

/** Count and page size, start, end and page offset of each mapping, then the paths. @see Linux fs/binfmt_elf.c: fill_files_note */
function fileMap(mappings: readonly CoreMapping[]): Uint8Array {
  const files = mappings.filter(({ file }) => file);
  const numbers = new Uint8Array(16 + files.length * 24);
  const view = new DataView(numbers.buffer);
  view.setBigUint64(0, BigInt(files.length), true);
  view.setBigUint64(8, PAGE_BYTES, true);
  const names: Uint8Array[] = [];
  for (const [index, { start, end, offset, name }] of files.entries()) {
    view.setBigUint64(16 + index * 24, BigInt.asUintN(64, start), true);
    view.setBigUint64(24 + index * 24, BigInt.asUintN(64, end), true);
    view.setBigUint64(32 + index * 24, BigInt.asUintN(64, offset / PAGE_BYTES), true);
    names.push(TEXT.encode(`${(name ?? '').replaceAll('\0', '')}\0`));
  }
  return joinedBytes([numbers, ...names]);
}

function floatingPoint(task: SavedTask, { fpu, xcr0 }: CoreProcess): Uint8Array[] {
  const area = fpu.get(task.thread.objectId);
  if (task.registers?.arch !== 'amd64' || area === undefined || area.length < FXSAVE_BYTES) return [];
  const notes = [note('CORE', NT.fpregset, area.slice(0, FXSAVE_BYTES))];
  if (area.length < XSAVE_HEADER_END || xcr0 === null) return notes;
  const state = area.slice(0, xsaveLength(area));
  const view = new DataView(state.buffer, state.byteOffset, state.length);
  // The compacted form is not what debuggers read.
  if (view.getBigUint64(XCOMP_BV, true) !== 0n) return notes;
  view.setBigUint64(SOFTWARE_XCR0, xcr0, true);
  return [...notes, note('LINUX', NT.x86Xstate, state)];
}

/** Bytes of the area without what a signal frame adds behind it. @see Linux arch/x86/include/uapi/asm/sigcontext.h: struct _fpx_sw_bytes */
function xsaveLength(area: Uint8Array): number {
  const view = new DataView(area.buffer, area.byteOffset, area.length);
  const length = view.getUint32(SOFTWARE_XCR0 + 16, true);
  const framed = view.getUint32(SOFTWARE_XCR0, true) === FRAME_MAGIC && length >= XSAVE_HEADER_END && length <= area.length;
  return framed ? length : area.length;
}
