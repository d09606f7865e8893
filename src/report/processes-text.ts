/** The processes of an image, for people. */
import type { ProcessDocument } from '../inspection/process-document.ts';
import type { StateLetter } from '../kernel/tasks/run-state.ts';
import { durationText } from './duration.ts';
import { escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { type Branch, processTree } from './process-tree.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

/** State letters in words. */
export const STATE_WORDS = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting',
  T: 'stopped',
  t: 'traced',
  Z: 'zombie',
  X: 'dead',
} as const satisfies Record<StateLetter, string>;

/** What of a process a row of the tree shows. */
export type ProcessRow = Pick<
  ProcessDocument,
  | 'pid'
  | 'tids'
  | 'ppid'
  | 'pgid'
  | 'sid'
  | 'uid'
  | 'state'
  | 'exit'
  | 'cpuTime'
  | 'tty'
  | 'container'
  | 'name'
  | 'argv'
  | 'origin'
>;

/** The processes as a tree, one line each, and what is left of dead ones. Escapes what it shows. */
export function processLines(processes: readonly ProcessRow[], options: TextOptions): string[] {
  const style = styleFor(options);
  const tree = firstOf(processTree(processes));
  const severalContainers = new Set(processes.map(({ container }) => container)).size > 1;
  const terminals = processes.some(({ tty }) => tty !== null);
  const columns = COLUMNS.filter(({ name }) => (name !== 'CONTAINER' || severalContainers) && (name !== 'TTY' || terminals));
  const cells = tree.shown.map(({ process }) => columns.map(({ of }) => of(process)));
  const widths = columns.map(({ name }, column) =>
    cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), name.length),
  );
  const left = 2 + widths.reduce((sum, width) => sum + width + 2, 0);
  const rows = cells.flatMap((row, index) => {
    const branch = tree.shown[index] as Branch<ProcessRow>;
    const below = (tree.shown[index + 1]?.prefix.length ?? 0) > branch.prefix.length;
    const [first = '', ...others] = commandLines(branch, below, Math.max(LEAST_COMMAND, options.width - left));
    const padded = row.map((cell, column) => (columns[column]?.number ? cell.padStart(widths[column] ?? 0) : cell));
    // The last column would be wrapped, and the branches with it.
    return [[...padded, first, ''], ...others.map((line) => [...row.map(() => ''), line, ''])];
  });
  const head = {
    cells: [...columns.map(({ name, number }, column) => (number ? name.padStart(widths[column] ?? 0) : name)), 'COMMAND', ''],
    paint: style.faint,
  };
  const lines = rows.length === 0 ? ['  none'] : table(rows, { head, indent: 2, width: options.width });
  return [...withRest(lines, tree, 2), ...deadLines(processes)];
}

/** A column of the tree; numbers stand to the right. */
interface Column {
  readonly name: string;
  readonly number: boolean;
  readonly of: (process: ProcessRow) => string;
}

const COLUMNS: readonly Column[] = [
  { name: 'PID', number: true, of: ({ pid }) => orDash(pid) },
  { name: 'PGID', number: true, of: ({ pgid }) => orDash(pgid) },
  { name: 'SID', number: true, of: ({ sid }) => orDash(sid) },
  { name: 'UID', number: true, of: ({ uid }) => orDash(uid?.effective ?? null) },
  { name: 'TTY', number: false, of: ({ tty }) => (tty === null ? '-' : `pts/${tty}`) },
  { name: 'STATE', number: false, of: ({ state }) => (state === null ? 'unknown' : STATE_WORDS[state]) },
  { name: 'THREADS', number: true, of: ({ tids }) => String(tids.length) },
  { name: 'CPU', number: true, of: ({ cpuTime }) => cpuText(cpuTime) },
  { name: 'CONTAINER', number: false, of: ({ container }) => (container === null ? '-' : escapeText(container)) },
];

function orDash(value: number | null): string {
  return value === null ? '-' : String(value);
}

function cpuText(time: ProcessRow['cpuTime']): string {
  return time === null ? '-' : durationText((BigInt(time.user) + BigInt(time.system)).toString());
}

/** The narrowest column of commands: below that lines may be longer than the width. */
const LEAST_COMMAND = 32;

/** The command behind the branches of the tree, and what is special about the process; where it takes several lines, the branches go on beside them. */
function commandLines({ process, prefix }: Branch<ProcessRow>, below: boolean, width: number): string[] {
  const notes = [process.exit === null ? null : exitText(process.exit), process.origin === 'exec' ? 'runsc exec' : null];
  const shown = notes.filter((note) => note !== null);
  const text = `${commandLine(process)}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`;
  const beside = `${prefix.replace(/├─ $/, '│  ').replace(/└─ $/, '   ')}${below ? '│    ' : '     '}`;
  return wrap(text, Math.max(LEAST_COMMAND, width - beside.length)).map((line, index) => (index === 0 ? prefix : beside) + line);
}

/** The arguments as a shell would take them; the name before them where the process has given itself another. */
export function commandLine({ name, argv }: Pick<ProcessRow, 'name' | 'argv'>): string {
  const [program] = argv ?? [];
  if (argv === null || program === undefined) return escapeText(name);
  const words = shellWords(argv);
  // Names of threads are cut to 15 bytes.
  const own = program.slice(program.lastIndexOf('/') + 1).startsWith(name);
  return own ? words : `${escapeText(name)}: ${words}`;
}

/** Arguments as a shell would take them. Escapes them. */
export function shellWords(argv: readonly string[]): string {
  return argv.map((argument) => escapeText(shellWord(argument))).join(' ');
}

/** One argument, in quotes where a shell needs them. Escapes nothing. */
export function shellWord(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** `ended with 3`, `killed by SIGKILL, core dumped`. */
export function exitText({ code, signal, coreDumped }: NonNullable<ProcessRow['exit']>): string {
  return signal === null ? `ended with ${code}` : `killed by ${signal}${coreDumped ? ', core dumped' : ''}`;
}

/** Dead processes are not part of the tree, but runsc checks what it saved of them. */
function deadLines(processes: readonly ProcessRow[]): string[] {
  const dead = processes.filter(({ pid }) => pid === null);
  if (dead.length === 0) return [];
  const names = firstOf([...new Set(dead.map(({ name }) => escapeText(name)))]);
  const list = names.shown.join(', ') + (names.more === null ? '' : ` ${names.more}`);
  const verb = dead.length === 1 ? 'is' : 'are';
  return [`  ${countOf(dead.length, 'dead process', 'dead processes')} ${verb} still in the saved graph: ${list}`];
}
