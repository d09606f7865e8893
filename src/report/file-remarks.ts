/** What there is to say of an open file beyond its path. */
import type { FileDocument } from '../inspection/files.ts';
import { byteSize, countOf } from './quantities.ts';

type Details = NonNullable<FileDocument['details']>;
type Of<T extends Details['type']> = Extract<Details, { type: T }>;

/** Parts of a remark, in order. The file must be escaped. */
export function fileRemarks(file: FileDocument): string[] {
  const { sameAs, locks, asyncOwner } = file;
  return [
    ...(file.details === null ? [] : detailsText(file.details, file.pid)),
    // A lock of the open file itself is told where the file is met first.
    ...locks.filter(({ type }) => sameAs === null || type === 'posix').map(lockText),
    ...flagWords(file),
    ...(asyncOwner === null ? [] : [`${asyncOwner.signal} to ${asyncOwner.kind} ${asyncOwner.id ?? 'unknown'}`]),
    ...(sameAs === null
      ? []
      : [sameAs.pid === file.pid ? `same as fd ${sameAs.fd}` : `same as fd ${sameAs.fd} of PID ${sameAs.pid}`]),
  ];
}

/** Flags that say how the file behaves from now on; the access mode has a column of its own, and the others ended with open(2). */
const LASTING: Readonly<Record<string, string>> = {
  O_APPEND: 'append',
  O_NONBLOCK: 'non-blocking',
  O_DSYNC: 'dsync',
  O_SYNC: 'sync',
  O_ASYNC: 'async',
  O_DIRECT: 'direct',
  O_NOATIME: 'noatime',
  O_PATH: 'path only',
};

function flagWords({ flags, closeOnExec }: FileDocument): string[] {
  const words = flags.map((flag) => LASTING[flag]).filter((word) => word !== undefined);
  return closeOnExec === true ? [...words, 'close-on-exec'] : words;
}

/** `tcp LISTEN 127.0.0.1:8123`, `unix stream CONNECTED`. */
function socketText({ family, protocol, state, local, remote }: Of<'socket'>): string {
  const words = [family === 'inet' ? null : family, protocol, state, local, remote === null ? null : `to ${remote}`];
  return words.filter((word) => word !== null).join(' ');
}

function lockText({ type, mode, start, end, pid }: FileDocument['locks'][number]): string {
  const range = start === 0 && end === null ? '' : ` from byte ${start}${end === null ? '' : ` to ${end}`}`;
  // A lock of an open file is no process's.
  return `${mode} lock (${type})${range}${pid > 0 ? ` of PID ${pid}` : ''}`;
}

function detailsText(details: Details, pid: number): string[] {
  switch (details.type) {
    case 'pipe':
      return pipeText(details, pid);
    case 'socket':
      return [socketText(details)];
    case 'epoll':
      return epollText(details);
    case 'eventfd':
      return [`count ${details.count}${details.semaphore ? ', semaphore' : ''}`];
    case 'timerfd':
      return timerText(details);
    case 'signalfd':
      return [details.signals.length === 0 ? 'no signals' : details.signals.join(' ')];
    case 'inotify':
      return [
        ...details.watches.map(({ wd, path, events }) => `watch ${wd} on ${path ?? 'what cannot be read'} (${events.join('|')})`),
        ...(details.waitingEvents === 0 ? [] : [`${countOf(details.waitingEvents, 'event')} waiting`]),
      ];
    case 'pty':
      return [`${details.side} of terminal ${details.number}`, ...waitingText(details.waiting)];
    case 'memfd':
      return details.seals.length === 0 ? [] : [details.seals.join('|')];
    case 'host':
      return hostText(details);
    case 'pidfd':
      return [details.tid === null ? 'of a thread that has ended' : `of thread ${details.tid}`];
    case 'namespace':
      return [`${details.namespace} namespace`];
    case 'cwd':
      return [`umask ${details.umask}`];
  }
}

function waitingText(bytes: number | null): string[] {
  return bytes === null || bytes === 0 ? [] : [`${byteSize(bytes, 'short')} waiting`];
}

function pipeText({ end, waiting, readers, writers, otherEnd }: Of<'pipe'>, own: number): string[] {
  const others = end === 'read' ? writers : end === 'write' ? readers : readers + writers;
  const holders = holdersText(otherEnd, own);
  return [
    end === 'both' ? 'both ends' : `${end} end`,
    // The bytes are counted once, at the end that takes them out.
    ...(end === 'write' ? [] : waitingText(waiting)),
    ...(others === 0 ? ['the other end is closed'] : holders === '' ? [] : [`other end: ${holders}`]),
  ];
}

/** `fd 4` of the process itself, `fd 4, PID 8 fd 5`, or `fd 4 of pids 1, 5, 8` where all have it under one number. */
function holdersText(holders: readonly { readonly pid: number; readonly fd: number }[], own: number): string {
  const fds = new Set(holders.map(({ fd }) => fd));
  const pids = [...new Set(holders.map(({ pid }) => pid))];
  if (fds.size === 1 && pids.length > 1) return `fd ${[...fds].join('')} of pids ${pids.join(', ')}`;
  return holders.map(({ pid, fd }) => (pid === own ? `fd ${fd}` : `PID ${pid} fd ${fd}`)).join(', ');
}

/** Events that every watch gets, asked for or not. */
const ALWAYS = new Set(['EPOLLERR', 'EPOLLHUP']);

function epollText({ watches, ready }: Of<'epoll'>): string[] {
  if (watches.length === 0) return ['watches nothing'];
  return [
    ...watches.map(({ fd, path, events }) => {
      const asked = events.filter((event) => !ALWAYS.has(event));
      return `watches fd ${fd} ${path ?? 'that cannot be read'}${asked.length === 0 ? '' : ` (${asked.join('|')})`}`;
    }),
    ...(ready === 0 ? [] : [`${ready} ready`]),
  ];
}

function timerText({ clock, armed, expiresIn, interval, expirations }: Of<'timerfd'>): string[] {
  return [
    `${clock ?? 'unknown'} clock`,
    armed ? (expiresIn === null ? 'armed' : `expires ${seconds(expiresIn)} after the checkpoint`) : 'not armed',
    ...(interval === '0' ? [] : [`then every ${seconds(interval)}`]),
    ...(expirations === '0' ? [] : [`${expirations} expirations not read`]),
  ];
}

/** Nanoseconds as seconds with at most three decimals. */
function seconds(nanoseconds: string): string {
  return `${Number((Number(nanoseconds) / 1e9).toFixed(3))} s`;
}

function hostText({ key, hostFd, tty }: Of<'host'>): string[] {
  const from =
    key !== null
      ? `restore gives ${key.container === null || key.container === '' ? '' : `${key.container}:`}${key.path}`
      : hostFd === null
        ? 'of the host'
        : `host descriptor ${hostFd}`;
  return [...(tty ? ['terminal of the host'] : []), from];
}
