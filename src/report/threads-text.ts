/** The threads of an image, for people. */
import type { ThreadDocument } from '../inspection/threads.ts';
import { escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { exitText, STATE_WORDS } from './processes-text.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

export interface ThreadTextOptions extends TextOptions {
  /** Also the registers of every thread. */
  readonly registers: boolean;
}

/** A table of threads: what each waits in, its program counter, and its floating-point registers in use. Escapes what it shows. */
export function threadLines(threads: readonly ThreadDocument[], options: ThreadTextOptions): string[] {
  if (threads.length === 0) return ['  none'];
  const style = styleFor(options);
  const some = firstOf(threads);
  const rows = some.shown.map((thread) => [
    thread.tid === null ? 'dead' : String(thread.tid),
    thread.pid === null ? '-' : String(thread.pid),
    escapeText(thread.name),
    stateText(thread),
    instructionPointer(thread),
    thread.fpu?.xstateBv ?? '-',
    thread.fpu === null ? '-' : thread.fpu.components.join(' ') || 'none',
  ]);
  const head = { cells: ['TID', 'PID', 'NAME', 'STATE', 'PC', 'XSTATE_BV', 'FPU REGISTERS IN USE'], paint: style.faint };
  const lines = withRest(table(rows, { head, indent: 2, width: options.width }), some, 2);
  if (!options.registers) return lines;
  return [...lines, ...some.shown.flatMap((thread) => ['', ...registerLines(thread, options)])];
}

/** `sleeping in futex`, `running`, `zombie (ended with 3)`. */
function stateText({ state, syscall, exit, signals }: ThreadDocument): string {
  if (state === null) return 'unknown';
  const call = syscall === null ? '' : ` in ${syscall.name ?? `system call ${syscall.number}`}`;
  const pending =
    signals === null || signals.pending.queued === 0 ? '' : `, ${countOf(signals.pending.queued, 'signal')} pending`;
  return `${STATE_WORDS[state]}${call}${exit === null ? '' : ` (${exitText(exit)})`}${pending}`;
}

function instructionPointer({ registers }: ThreadDocument): string {
  return registers?.['rip'] ?? registers?.['pc'] ?? '-';
}

/** Width of `0x` and sixteen digits. */
const VALUE = 18;

/** Longest name of a register: `orig_rax`, `tpidr_el0`. */
const NAME = 9;

/** The registers of one thread in as many columns as the width has room for. */
export function registerLines(thread: ThreadDocument, options: TextOptions): string[] {
  const title = `  ${styleFor(options).strong(`thread ${thread.tid ?? 'dead'}`)} ${escapeText(thread.name)}`;
  if (thread.registers === null) return [`${title}: no registers`];
  const cells = Object.entries(thread.registers).map(([name, value]) => `${name.padEnd(NAME)} ${value.padEnd(VALUE)}`);
  const columns = Math.max(1, Math.min(4, Math.floor((options.width - 4 + 2) / (NAME + 1 + VALUE + 2))));
  const height = Math.ceil(cells.length / columns);
  const lines = Array.from({ length: height }, (_, row) => {
    const line = Array.from({ length: columns }, (_cell, column) => cells[column * height + row] ?? '').join('  ');
    return `    ${line}`.trimEnd();
  });
  return [title, ...lines];
}
