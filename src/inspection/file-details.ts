/** What the document says of a file beyond its path. */
import { field } from '../graph/node.ts';
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { readDentry } from '../kernel/dentry.ts';
import { epollEvents, inotifyEvents } from '../kernel/event-names.ts';
import type { FileDetails } from '../kernel/file-details.ts';
import { countedPath, type FileReading } from '../kernel/file-reading.ts';
import { type Place, readPlace } from '../kernel/mount.ts';
import type { ResourceId } from '../kernel/resource-id.ts';
import type { SavedClocks } from '../kernel/saved-clocks.ts';
import { watchedPath } from '../kernel/watched-path.ts';
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
  | { readonly type: 'socket'; readonly family: string }
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
  readonly reading: FileReading;
  readonly onDamage: OnDamage;
}

/** @param root of a process in whose mount namespace watched files are looked for. */
export function detailsDocument(
  details: FileDetails | null,
  root: Place | null,
  otherEnd: readonly Holder[],
  { clocks, tids, reading, onDamage }: DetailsContext,
): FileDetailsDocument | null {
  switch (details?.type) {
    case undefined:
      return null;
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
        expiresIn: now === null || !details.armed ? null : String(details.next - now),
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

function pathText(place: Place | null, reading: FileReading): string | null {
  return place === null ? null : countedPath(place, null, reading).text;
}
