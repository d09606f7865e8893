/** Names of Linux signals. */

/** @see Linux include/uapi/asm-generic/signal.h; signal(7), numbers of x86 and ARM */
const SIGNALS = [
  ...['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGUSR1', 'SIGSEGV'],
  ...['SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGSTKFLT', 'SIGCHLD', 'SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'],
  ...['SIGURG', 'SIGXCPU', 'SIGXFSZ', 'SIGVTALRM', 'SIGPROF', 'SIGWINCH', 'SIGIO', 'SIGPWR', 'SIGSYS'],
] as const;

/** First real-time signal as the kernel counts them. */
const FIRST_REAL_TIME = 32;

/** `SIGUSR2`; `SIGRT0` to `SIGRT32` for 32 to 64; `signal 70` for a number that Linux does not have. */
export function signalName(signal: number): string {
  const name = SIGNALS[signal - 1];
  if (name !== undefined) return name;
  return signal >= FIRST_REAL_TIME && signal <= 64 ? `SIGRT${signal - FIRST_REAL_TIME}` : `signal ${signal}`;
}

/** The signals of a mask (bit 0 is signal 1) in ascending order. */
export function signalNames(mask: bigint): string[] {
  const names: string[] = [];
  for (let signal = 1; signal <= 64; signal++) {
    if (((mask >> BigInt(signal - 1)) & 1n) !== 0n) names.push(signalName(signal));
  }
  return names;
}
