/** The processes of an image, for people. */
import type { ImageProcess, ThreadFpu } from '../inspect-document.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

/** A table of processes, and one of their saved floating-point states. Every text must be escaped already. */
export function processLines(processes: readonly ImageProcess[], options: TextOptions): string[] {
  if (processes.length === 0) return ['  none'];
  const style = styleFor(options);
  const rows = processes.map((process) => [
    process.pid === null ? 'dead' : String(process.pid),
    process.ppid === null ? '-' : String(process.ppid),
    String(Math.max(process.tids.length, 1)),
    process.container ?? '-',
    process.name,
  ]);
  const lines = table(rows, {
    head: { cells: ['PID', 'PPID', 'THREADS', 'CONTAINER', 'NAME'], paint: style.faint },
    indent: 2,
    width: options.width,
  });
  const states = processes.flatMap((process) => process.fpu.map((fpu) => fpuRow(process, fpu)));
  if (states.length === 0) return lines;
  const head = { cells: ['TID', 'NAME', 'XSTATE_BV', 'REGISTERS IN USE'], paint: style.faint };
  return [
    ...lines,
    '',
    `  saved floating-point state (${countOf(states.length, 'thread')})`,
    ...table(states, { head, indent: 2, width: options.width }),
  ];
}

function fpuRow(process: ImageProcess, fpu: ThreadFpu): string[] {
  return [
    fpu.tid === null ? 'dead' : String(fpu.tid),
    fpu.name ?? process.name,
    fpu.xstateBv,
    fpu.components.length === 0 ? 'none' : fpu.components.join(' '),
  ];
}
