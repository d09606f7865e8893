/** One process in full, for people. */
import type { NamespacesDocument, ProcessDocument, TimerDocument } from '../inspection/process-document.ts';
import type { ThreadDocument } from '../inspection/threads.ts';
import { durationText } from './duration.ts';
import { escapeText } from './escape.ts';
import { firstOf, joined, withRest } from './long-list.ts';
import { commandLine, exitText, STATE_WORDS } from './processes-text.ts';
import { countOf, timeText } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { threadLines } from './threads-text.ts';

type Pair = readonly [name: string, value: string | null];

/** Everything that is known of a process and its threads, under headings. Escapes what it shows. */
export function processDetailLines(process: ProcessDocument, threads: readonly ThreadDocument[], options: TextOptions): string[] {
  const style = styleFor(options);
  const indented = { indent: 2, width: options.width, paint: style.faint };
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', style.strong(title), ...lines];
  return [
    style.strong(`Process ${process.pid ?? '(dead)'}: ${escapeText(process.name)}`),
    ...pairs(identityPairs(process), indented),
    ...section('Rights', pairs(rightsPairs(process), indented)),
    ...section('Signals', pairs(signalPairs(process), indented)),
    ...section('Timers', timerLines(process, options)),
    ...section('Limits', limitLines(process, options)),
    ...section(
      'Namespaces and control groups',
      pairs([...namespacePairs(process.namespaces), ...cgroupPairs(process)], indented),
    ),
    ...section('Threads', threadLines(threads, { ...options, registers: true })),
  ];
}

function identityPairs(process: ProcessDocument): Pair[] {
  const { cpuTime, childrenCpuTime, container, containerId, state, exit } = process;
  const others = process.nsPids.length > 1 ? ` (${process.nsPids.join(' > ')} in its PID namespaces)` : '';
  return [
    ['command', commandLine(process)],
    ['executable', text(process.exe)],
    ['directory', text(process.cwd)],
    ['root', text(process.root)],
    ['environment', process.env === null ? null : process.env.length === 0 ? 'empty' : joined(process.env.map(escapeText), ' ')],
    [
      'container',
      container === null ? null : `${escapeText(container)}${container === containerId ? '' : ` (${escapeText(containerId)})`}`,
    ],
    ['state', `${state === null ? 'unknown' : STATE_WORDS[state]}${exit === null ? '' : `, ${exitText(exit)}`}`],
    [
      'process',
      `${number(process.pid)}${others}, parent ${number(process.ppid)}, group ${number(process.pgid)}, session ${number(process.sid)}`,
    ],
    ['children', process.children.length === 0 ? null : joined(process.children, ', ')],
    ['terminal', process.tty === null ? null : `/dev/pts/${process.tty}`],
    ['started', process.startTime === null ? null : timeText(process.startTime)],
    ['by', process.origin === 'exec' ? 'runsc exec, or a process that it started' : null],
    [
      'CPU time',
      cpuTime === null ? null : `${durationText(cpuTime.user)} in the program, ${durationText(cpuTime.system)} in gVisor`,
    ],
    [
      'of children',
      isZero(childrenCpuTime) ? null : `${durationText(childrenCpuTime.user)} and ${durationText(childrenCpuTime.system)}`,
    ],
    ['nice', process.nice === null ? null : `${process.nice} (priority ${process.priority})`],
    ['CPUs', process.cpus],
    ['OOM score', process.oomScoreAdj ? `adjusted by ${process.oomScoreAdj}` : null],
    ['personality', process.personality === null || process.personality === '0x0' ? null : process.personality],
  ];
}

function isZero(time: ProcessDocument['cpuTime']): time is null {
  return time === null || (time.user === '0' && time.system === '0');
}

/** Linux has capabilities 0 to 40. */
const ALL_CAPABILITIES = 41;

function rightsPairs({ uid, gid, groups, capabilities: sets, ...process }: ProcessDocument): Pair[] {
  const ids = (of: typeof uid): string | null =>
    of === null
      ? null
      : of.real === of.effective && of.real === of.saved
        ? number(of.real)
        : `${number(of.effective)} (real ${number(of.real)}, saved ${number(of.saved)})`;
  const set = (names: readonly string[] | null | undefined): string | null =>
    names === null || names === undefined
      ? null
      : names.length === 0
        ? 'none'
        : names.length >= ALL_CAPABILITIES
          ? 'all'
          : names.join(' ');
  const { seccomp } = process;
  return [
    ['user', ids(uid)],
    ['group', ids(gid)],
    ['more groups', groups === null || groups.length === 0 ? null : joined(groups, ' ')],
    ['effective', set(sets?.effective)],
    ['permitted', set(sets?.permitted)],
    ['inheritable', set(sets?.inheritable)],
    ['bounding', set(sets?.bounding)],
    ['ambient', set(sets?.ambient)],
    ['new privileges', process.noNewPrivileges === null ? null : process.noNewPrivileges ? 'never (no_new_privs)' : 'allowed'],
    ['seccomp', seccomp === null ? null : seccomp.filters === 0 ? 'off' : countOf(seccomp.filters, 'filter')],
    ['umask', process.umask],
    ['dumpable', process.dumpable],
  ];
}

function signalPairs({ signals, parentDeathSignal, terminationSignal }: ProcessDocument): Pair[] {
  if (signals === null) return [];
  const { pending, blocked, ignored, caught } = signals;
  const list = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.length === 64 ? 'all' : names.join(' ');
  return [
    ['pending', `${list(pending.signals)}${pending.queued > pending.signals.length ? ` (${pending.queued} queued)` : ''}`],
    ['blocked', blocked === null ? null : list(blocked.signals)],
    ['ignored', list(ignored.signals)],
    ['caught', list(caught.signals)],
    ['when it ends', terminationSignal],
    ['when its parent ends', parentDeathSignal],
  ];
}

function timerLines({ timers }: ProcessDocument, options: TextOptions): string[] {
  if (timers === null || timers.length === 0) return [];
  const some = firstOf(timers);
  const rows = some.shown.map((timer) => [
    timer.kind === 'posix' ? `timer ${timer.id}` : timer.kind,
    timer.clock,
    timer.signal ?? '-',
    timerText(timer),
  ]);
  const head = { cells: ['TIMER', 'CLOCK', 'SIGNAL', 'FIRES'], paint: styleFor(options).faint };
  return withRest(table(rows, { head, indent: 2, width: options.width }), some, 2);
}

function timerText({ remaining, next, period }: TimerDocument): string {
  const first = remaining === null ? `at ${durationText(next)} of its clock` : `${durationText(remaining)} after the checkpoint`;
  return period === '0' ? first : `${first}, then every ${durationText(period)}`;
}

function limitLines({ limits }: ProcessDocument, options: TextOptions): string[] {
  const rows = (limits ?? []).map(({ name, soft, hard, unit }) => [name, soft, hard, unit ?? '']);
  const head = { cells: ['LIMIT', 'SOFT', 'HARD', 'UNIT'], paint: styleFor(options).faint };
  return table(rows, { head, indent: 2, width: options.width });
}

function namespacePairs(namespaces: NamespacesDocument | null): Pair[] {
  if (namespaces === null) return [];
  const { uts, ...others } = namespaces;
  const rows = Object.entries({ ...others, uts }).map(([kind, namespace]): Pair => {
    if (namespace === null) return [kind, null];
    const words = [namespace.inode === null ? namespace.object : `[${namespace.inode}]`, namespace.initial ? 'initial' : null];
    return [kind, words.filter((word) => word !== null).join(', ')];
  });
  return uts === null ? rows : [...rows, ['host name', escapeText(uts.hostname)], ['domain name', escapeText(uts.domainname)]];
}

function cgroupPairs({ cgroups }: ProcessDocument): Pair[] {
  if (cgroups === null || cgroups.length === 0) return [];
  // Most processes are in the same group of every hierarchy.
  const byPath = new Map<string, string[]>();
  for (const { controllers, path } of cgroups) byPath.set(path, [...(byPath.get(path) ?? []), ...controllers]);
  return [...byPath].map(([path, controllers]) => [
    'cgroup',
    `${escapeText(path)} (${controllers.map(escapeText).sort().join(' ')})`,
  ]);
}

function text(value: string | null): string | null {
  return value === null ? null : escapeText(value);
}

function number(value: number | null): string {
  return value === null ? 'none' : String(value);
}
