/** The saved floating-point states of an image, for people. */
import type { ProcessDocument } from '../inspection/process-document.ts';
import type { ThreadFpu } from '../inspection/thread-fpu.ts';
import { escapeAll, escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

/** Which registers each thread has in use: what the gate `fpu-state` looks at. None without states. Escapes what it shows. */
export function fpuStateLines(processes: readonly Pick<ProcessDocument, 'name' | 'fpu'>[], options: TextOptions): string[] {
  const states = processes.flatMap((process) => process.fpu.map((fpu) => ({ process, fpu })));
  if (states.length === 0) return [];
  const all = states.map(({ process, fpu }) => fpuRow(escapeText(process.name), escapeAll(fpu)));
  const some = firstOf(deadTogether(all));
  const rows = some.shown;
  const head = { cells: ['TID', 'NAME', 'XSTATE_BV', 'REGISTERS IN USE'], paint: styleFor(options).faint };
  return [
    `  saved floating-point state (${countOf(states.length, 'thread')})`,
    ...withRest(table(rows, { head, indent: 2, width: options.width }), some, 2),
  ];
}

/** What is left of dead threads is often many times the same: such rows are one, with their number behind the name. */
function deadTogether(rows: readonly (readonly string[])[]): string[][] {
  const live = rows.filter(([tid]) => tid !== 'dead').map((row) => [...row]);
  const dead = new Map<string, { row: readonly string[]; count: number }>();
  for (const row of rows) {
    if (row[0] !== 'dead') continue;
    const key = JSON.stringify(row);
    const found = dead.get(key) ?? { row, count: 0 };
    found.count++;
    dead.set(key, found);
  }
  const rest = [...dead.values()].map(({ row: [tid = '', name = '', ...others], count }) => [
    tid,
    count === 1 ? name : `${name} (${count} times)`,
    ...others,
  ]);
  return [...live, ...rest];
}

function fpuRow(processName: string, fpu: ThreadFpu): string[] {
  return [
    fpu.tid === null ? 'dead' : String(fpu.tid),
    fpu.name ?? processName,
    fpu.xstateBv,
    fpu.components.length === 0 ? 'none' : fpu.components.join(' '),
  ];
}
