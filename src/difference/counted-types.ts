/** Which types of objects are worth a row of their own when their number differs. */

/**
 * Types whose number follows from that of others, or from what was looked at in /proc: a process more makes sixty of them more.
 *
 * A type that is not listed is counted, so that what a later gVisor adds is not missed.
 */
const FOLLOWERS: readonly (readonly [pattern: RegExp, follows: string])[] = [
  [
    /^pkg\/sentry\/fsimpl\/(proc|sys|kernfs|nsfs|sockfs|pipefs)\./,
    'what was opened below /proc and /sys, and open sockets and pipes',
  ],
  [/^pkg\/(atomicbitops|hostarch|cpuid|refs|waiter|abi\/linux|sync|bitmap|ring0)\b/, 'values, which belong to what holds them'],
  [
    /^pkg\/(sentry\/)?(arch|limits|usage|ktime|kernel\/time|kernel\/futex|fsutil|memmap|fsimpl\/lock)\b/,
    'threads, processes and files',
  ],
  [
    /^pkg\/sentry\/kernel\.(ThreadGroup|SignalHandlers|OldRSeqCriticalRegion|FSContext|FDTable|SocketRecord|UserCounters)$/,
    'processes and sockets',
  ],
  [/^pkg\/sentry\/kernel\.(itimer|rlimitCPU)\w+$/, 'processes'],
  [/^pkg\/sentry\/kernel\/auth\.Credentials$/, 'processes and mounts'],
  [/^pkg\/sentry\/(syscalls\/linux|kernel)\.\w*(RestartBlock|run[A-Z]\w*)$/, 'what a thread does at that moment'],
  [/^pkg\/sentry\/vfs\.(FileLocks|anonDentry|Event|epollInterestEntry)$/, 'open files'],
  [/^pkg\/sentry\/fsimpl\/tmpfs\.dentry$/, 'files and directories'],
  [/^pkg\/sentry\/fsimpl\/gofer\.\w*(Inode|inode)$/, 'files that were looked at'],
  [/^pkg\/tcpip\b(?!\/transport\/\w+\.(e|E)ndpoint$)/, 'endpoints and interfaces, which the section on the network tells'],
  [/^pkg\/sentry\/socket\/(control|unix\/transport)\.(?!\w+Endpoint$)/, 'unix sockets and what waits in them'],
];

/** Whether the number of objects of this type says something that no other row says. */
export function isCountedType(type: string): boolean {
  return !FOLLOWERS.some(([pattern]) => pattern.test(type));
}
