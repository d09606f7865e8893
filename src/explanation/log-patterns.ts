/** All messages that `ckpt explain` knows, in the order in which runsc comes to them. */
import type { LogPattern } from './log-pattern.ts';
import { DEATH_PATTERNS } from './log-patterns-death.ts';
import { FILESYSTEM_PATTERNS } from './log-patterns-filesystem.ts';
import { HEADER_PATTERNS } from './log-patterns-header.ts';
import { KERNEL_PATTERNS } from './log-patterns-kernel.ts';
import { MEMORY_PATTERNS } from './log-patterns-memory.ts';
import { START_PATTERNS } from './log-patterns-start.ts';

/** Of two patterns that fit at one place of a line, the earlier one counts. */
export const LOG_PATTERNS: readonly LogPattern[] = [
  ...START_PATTERNS,
  ...HEADER_PATTERNS,
  ...KERNEL_PATTERNS,
  ...MEMORY_PATTERNS,
  ...FILESYSTEM_PATTERNS,
  ...DEATH_PATTERNS,
];
