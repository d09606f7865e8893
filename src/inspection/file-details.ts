/** What the document says of a file beyond its path. */
import { field } from '../graph/node.ts';
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { readDentry } from '../kernel/files/dentry.ts';
import { epollEvents, inotifyEvents } from '../kernel/files/event-names.ts';
import type { FileDetails } from '../kernel/files/file-details.ts';
import { countedPath, type FileReading } from '../kernel/files/file-reading.ts';
import { type Place, readPlace } from '../kernel/files/mount.ts';
import { watchedPath } from '../kernel/files/watched-path.ts';
import type { InetAddress, SavedSocket } from '../kernel/network/saved-socket.ts';
import type { ResourceId } from '../kernel/resource-id.ts';
import type { SavedClocks } from '../kernel/saved-clocks.ts';
import { hex } from './quantities.ts';

/** A process and one of its descriptors. */
export interface Holder {
  readonly pid: number;
  readonly fd: number;
}

/** By kind. Sizes in bytes; times are decimal strings of nanoseconds. */
export type FileDetailsDocument =
  | {
      readonly type: 'pipe';
      readonly end: 'read' | 'write' | 'both';
      /** Bytes written and not read; null when they are not saved. */
      readonly waiting: number | null;
      readonly capacity: number;
      readonly readers: number;
      readonly writers: number;
      /** Descriptors on the other end, at most 16 of them. */
      readonly otherEnd: readonly Holder[];
    }
  | {
      readonly type: 'socket';
      readonly family: string;
      /** `tcp`, `udp` …, or the type of a socket without a protocol; null with the rest when the socket itself cannot be read. */
      readonly protocol: string | null;
      readonly state: string | null;
      /** `127.0.0.1:8123`, a path, or an abstract name behind `@`. */
      readonly local: string | null;
      readonly remote: string | null;
    }
  | {
      readonly type: 'epoll';
      readonly watches: readonly {
        readonly fd: number;
        readonly path: string | null;
        readonly events: readonly string[];
        readonly data: string;
      }[];
      /** Watched files that may have something to report. */
      readonly ready: number;
    }
  | { readonly type: 'eventfd'; readonly count: string; readonly semaphore: boolean }
  | {
      readonly type: 'timerfd';
      readonly clock: 'realtime' | 'monotonic' | null;
      readonly armed: boolean;
      /** From the moment of the checkpoint; null when it is not armed or its clock is not known. */
      readonly expiresIn: string | null;
      readonly interval: string;
      /** Expirations that were not read. */
      readonly expirations: string;
    }
  | { readonly type: 'signalfd'; readonly signals: readonly string[] }
  | {
      readonly type: 'inotify';
      readonly watches: readonly { readonly wd: number; readonly path: string | null; readonly events: readonly string[] }[];
      readonly waitingEvents: number;
    }
  | { readonly type: 'pty'; readonly side: 'master' | 'replica'; readonly number: number; readonly waiting: number }
  | { readonly type: 'memfd'; readonly name: string; readonly seals: readonly string[] }
  | { readonly type: 'host'; readonly key: ResourceId | null; readonly hostFd: number | null; readonly tty: boolean }
  | { readonly type: 'pidfd'; readonly tid: number | null }
  | { readonly type: 'namespace'; readonly namespace: string }
  | { readonly type: 'cwd' /** Four octal digits. */; readonly umask: string };

/** What details need to know of their surroundings. */
export interface DetailsContext {
  readonly clocks: SavedClocks | null;
  /** Thread ids by the object id of their task. */
  readonly tids: ReadonlyMap<number, number | null>;
  /** Sockets by the object id of their file. */
  readonly sockets: ReadonlyMap<number, SavedSocket>;
  readonly reading: FileReading;
  readonly onDamage: OnDamage;
}

/**
 * @param root of a process in whose mount namespace watched files are looked for.
 * @param objectId of the file.
 */
export function detailsDocument(
  details: FileDetails | null,
  root: Place | null,
  otherEnd: readonly Holder[],
  objectId: number,
  { clocks, tids, sockets, reading, onDamage }: DetailsContext,
): FileDetailsDocument | null {
  switch (details?.type) {
    case undefined:
      return null;
    case 'socket':
      return socketDetails(details.family, sockets.get(objectId) ?? null);
    case 'pipe': {
      const { end, waiting, capacity, readers, writers } = details;
      return { type: 'pipe', end, waiting, capacity, readers, writers, otherEnd };
    }
    case 'epoll':
      return {
        type: 'epoll',
        watches: details.watches.map(({ fd, file, events, data }) => ({
          fd,
          path: attempt(() => pathText(readPlace(field(file, 'vd')), reading), onDamage),
          events: epollEvents(events),
          data: hex(data),
        })),
        ready: details.ready,
      };
    case 'eventfd':
      return { type: 'eventfd', count: String(details.count), semaphore: details.semaphore };
    case 'timerfd': {
      const now = details.clock === null || clocks === null ? null : clocks[details.clock];
      return {
        type: 'timerfd',
        clock: details.clock,
        armed: details.armed,
        // The saved clock may be ahead of a timer that fires often.
        expiresIn: now === null || !details.armed ? null : String(details.next < now ? 0n : details.next - now),
        interval: String(details.interval),
        expirations: String(details.expirations),
      };
    }
    case 'inotify':
      return {
        type: 'inotify',
        watches: details.watches.map(({ wd, target, events }) => ({
          wd,
          path: target === null ? null : attempt(() => watchedPath(readDentry(target), root, reading), onDamage),
          events: inotifyEvents(events),
        })),
        waitingEvents: details.waitingEvents,
      };
    case 'pidfd':
      return { type: 'pidfd', tid: tids.get(details.task) ?? null };
    default:
      return details;
  }
}

function socketDetails(family: string, socket: SavedSocket | null): FileDetailsDocument {
  if (socket === null) return { type: 'socket', family, protocol: null, state: null, local: null, remote: null };
  const { protocol, type, state, name, local, remote } = socket;
  const bound = name === null ? addressText(local) : (name.abstract ? '@' : '') + name.text;
  return { type: 'socket', family, protocol: protocol ?? type, state, local: bound, remote: addressText(remote) };
}

function addressText(address: InetAddress | null): string | null {
  if (address === null) return null;
  return `${address.text.includes(':') ? `[${address.text}]` : address.text}:${address.port}`;
}

function pathText(place: Place | null, reading: FileReading): string | null {
  return place === null ? null : countedPath(place, null, reading).text;
}
