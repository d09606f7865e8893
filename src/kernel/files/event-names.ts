/** Names of the events that epoll and inotify report. */

/** @see Linux include/uapi/linux/eventpoll.h */
const EPOLL: readonly (readonly [number, string])[] = [
  [0x1, 'EPOLLIN'],
  [0x2, 'EPOLLPRI'],
  [0x4, 'EPOLLOUT'],
  [0x8, 'EPOLLERR'],
  [0x10, 'EPOLLHUP'],
  [0x20, 'EPOLLNVAL'],
  [0x40, 'EPOLLRDNORM'],
  [0x80, 'EPOLLRDBAND'],
  [0x100, 'EPOLLWRNORM'],
  [0x200, 'EPOLLWRBAND'],
  [0x400, 'EPOLLMSG'],
  [0x2000, 'EPOLLRDHUP'],
  [0x1000_0000, 'EPOLLEXCLUSIVE'],
  [0x2000_0000, 'EPOLLWAKEUP'],
  [0x4000_0000, 'EPOLLONESHOT'],
  [0x8000_0000, 'EPOLLET'],
];

/** @see Linux include/uapi/linux/inotify.h */
const INOTIFY: readonly (readonly [number, string])[] = [
  [0x1, 'IN_ACCESS'],
  [0x2, 'IN_MODIFY'],
  [0x4, 'IN_ATTRIB'],
  [0x8, 'IN_CLOSE_WRITE'],
  [0x10, 'IN_CLOSE_NOWRITE'],
  [0x20, 'IN_OPEN'],
  [0x40, 'IN_MOVED_FROM'],
  [0x80, 'IN_MOVED_TO'],
  [0x100, 'IN_CREATE'],
  [0x200, 'IN_DELETE'],
  [0x400, 'IN_DELETE_SELF'],
  [0x800, 'IN_MOVE_SELF'],
  [0x0400_0000, 'IN_EXCL_UNLINK'],
  [0x2000_0000, 'IN_MASK_ADD'],
  [0x8000_0000, 'IN_ONESHOT'],
];

export function epollEvents(mask: number): string[] {
  return names(mask, EPOLL);
}

export function inotifyEvents(mask: number): string[] {
  return names(mask, INOTIFY);
}

/** Names of the bits that are set; those without a name as one `0x…`. */
function names(mask: number, table: readonly (readonly [number, string])[]): string[] {
  const found: string[] = [];
  let rest = mask >>> 0;
  for (const [bit, name] of table) {
    if ((rest & bit) === 0) continue;
    found.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  return rest === 0 ? found : [...found, `0x${rest.toString(16)}`];
}
