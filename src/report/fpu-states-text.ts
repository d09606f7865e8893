/** The processes of an image, for people. */
import type { ImageProcess, ThreadFpu } from '../inspect-document.ts';
import { escapeAll, escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

/** A table of processes, and one of their saved floating-point states. Escapes what it shows. */
export function processLines(processes: readonly ImageProcess[], options: TextOptions): string[] {
  if (processes.length === 0) return ['  none'];
  const style = styleFor(options);
  const some = firstOf(processes);
  const rows = escapeAll(some.shown).map((process) => [
    process.pid === null ? 'dead' : String(process.pid),
    process.ppid === null ? '-' : String(process.ppid),
    String(Math.max(process.tids.length, 1)),
    process.container ?? '-',
    process.name,
  ]);
  const lines = withRest(
    table(rows, {
      head: { cells: ['PID', 'PPID', 'THREADS', 'CONTAINER', 'NAME'], paint: style.faint },
      indent: 2,
      width: options.width,
    }),
    some,
    2,
  );
  const states = processes.flatMap((process) => process.fpu.map((fpu) => ({ process, fpu })));
  if (states.length === 0) return lines;
  const someStates = firstOf(states);
  const stateRows = someStates.shown.map(({ process, fpu }) => fpuRow(escapeText(process.name), escapeAll(fpu)));
  const head = { cells: ['TID', 'NAME', 'XSTATE_BV', 'REGISTERS IN USE'], paint: style.faint };
  return [
    ...lines,
    '',
    `  saved floating-point state (${countOf(states.length, 'thread')})`,
    ...withRest(table(stateRows, { head, indent: 2, width: options.width }), someStates, 2),
  ];
}

function fpuRow(processName: string, fpu: ThreadFpu): string[] {
  return [
    fpu.tid === null ? 'dead' : String(fpu.tid),
    fpu.name ?? processName,
    fpu.xstateBv,
    fpu.components.length === 0 ? 'none' : fpu.components.join(' '),
  ];
}
