/** A saved floating-point state as a document (amd64). */
import { decodeFpuState } from '../cpu/xsave.ts';
import type { SavedFpState } from '../kernel/threads.ts';
import { hex, hexOrNull } from './quantities.ts';

/** One thread's floating-point state (amd64). */
export interface ThreadFpu {
  readonly tid: number | null;
  readonly name: string | null;
  readonly xstateBv: string;
  /** Components in use, by name. */
  readonly components: readonly string[];
  readonly xcompBv: string | null;
  readonly mxcsr: string | null;
  readonly bytes: number;
}

/** What a saved XSAVE area says of itself. */
export function fpuDocument({ thread, bytes }: SavedFpState): ThreadFpu {
  const fpu = decodeFpuState(bytes ?? new Uint8Array(0));
  return {
    tid: thread?.tid ?? null,
    name: thread?.name ?? null,
    xstateBv: hex(fpu.xstateBv),
    components: fpu.components,
    xcompBv: hexOrNull(fpu.xcompBv),
    mxcsr: fpu.mxcsr === null ? null : `0x${fpu.mxcsr.toString(16)}`,
    bytes: fpu.length,
  };
}
