/** What a core file holds: the document `ckpt/core@1`. */
import type { CkptError } from '../errors.ts';
import type { SavedProcess } from '../kernel/tasks/processes.ts';
import { TOOL } from '../tool.ts';
import type { CoreLayout } from './core-layout.ts';
import { type ExtractError, extractError } from './document.ts';

/** One mapping of the process. Addresses and offsets are `0x…`. */
export interface CoreMappingDocument {
  readonly start: string;
  /** The first address behind it. */
  readonly end: string;
  /** As in /proc/PID/maps: `rw-p`. */
  readonly permissions: string;
  readonly offset: string;
  /** Path of a file, `[heap]`, or empty; null when it cannot be read. */
  readonly name: string | null;
  readonly bytes: number;
  /** Of these the bytes out of the image, those that are zeros because nobody wrote them, and those that the image does not have. */
  readonly saved: number;
  readonly zeros: number;
  readonly missing: number;
}

/** The document. */
export interface CoreDocument {
  readonly schema: 'ckpt/core@1';
  readonly tool: { readonly name: string; readonly version: string };
  readonly image: { readonly path: string };
  /** The file that was written; null for standard output. */
  readonly output: string | null;
  readonly process: {
    readonly pid: number | null;
    readonly name: string;
    readonly container: string | null;
    /** Threads whose registers are in it. */
    readonly threads: readonly number[];
  };
  readonly totals: {
    readonly mappings: number;
    readonly segments: number;
    readonly saved: number;
    readonly zeros: number;
    readonly missing: number;
  };
  readonly errors: readonly ExtractError[];
  /** By address. */
  readonly mappings: readonly CoreMappingDocument[];
}

/** @param output the file that was written, or null. */
export function coreDocument(
  path: string,
  output: string | null,
  { process, core, errors }: { readonly process: SavedProcess; readonly core: CoreLayout; readonly errors: readonly CkptError[] },
): CoreDocument {
  const { thread } = process.leader;
  const sum = (of: 'saved' | 'zeros' | 'missing'): number => core.mappings.reduce((total, mapping) => total + mapping[of], 0);
  const container = thread.containerName ?? thread.containerId;
  return {
    schema: 'ckpt/core@1',
    tool: TOOL,
    image: { path },
    output,
    process: {
      pid: process.pid,
      name: thread.name,
      container: container === '' ? null : container,
      threads: process.threads.flatMap((task) => (task.registers === null ? [] : (task.thread.tid ?? []))),
    },
    totals: {
      mappings: core.mappings.length,
      segments: core.segments.length,
      saved: sum('saved'),
      zeros: sum('zeros'),
      missing: sum('missing'),
    },
    errors: errors.map(extractError),
    mappings: core.mappings.map(({ start, end, permissions, offset, name, saved, zeros, missing, private: own }) => ({
      start: hex(start),
      end: hex(end),
      permissions: `${permissions}${own ? 'p' : 's'}`,
      offset: hex(offset),
      name,
      bytes: saved + zeros + missing,
      saved,
      zeros,
      missing,
    })),
  };
}

function hex(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}
