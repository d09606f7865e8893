/** The document of a process. Register values, masks and addresses are hexadecimal text, other quantities of 64 bits decimal text. */
import type { SavedIds } from '../kernel/tasks/credentials.ts';
import type { StateLetter } from '../kernel/tasks/run-state.ts';
import type { SavedTimer } from '../kernel/tasks/timers.ts';
import type { SignalSet } from './quantities.ts';
import type { ThreadFpu } from './thread-fpu.ts';
import type { CpuTimeDocument, ExitDocument, PendingDocument } from './threads.ts';

/** What of a process lies in files and memory. */
export interface ProcessPlaces {
  readonly argv: readonly string[] | null;
  /** `NAME` or, when asked for, `NAME=value`. */
  readonly env: readonly string[] | null;
  readonly exe: string | null;
  readonly cwd: string | null;
  readonly root: string | null;
}

/** The capabilities of each set by name, ascending. */
export interface CapabilitiesDocument {
  readonly inheritable: readonly string[];
  readonly permitted: readonly string[];
  readonly effective: readonly string[];
  readonly bounding: readonly string[];
  /** Null before release-20260615.0, which has no such set. */
  readonly ambient: readonly string[] | null;
}

export interface LimitDocument {
  /** As in /proc/PID/limits. */
  readonly name: string;
  /** A decimal number or `unlimited`. */
  readonly soft: string;
  readonly hard: string;
  readonly unit: string | null;
}

/** An armed timer. Times are nanoseconds. */
export interface TimerDocument {
  readonly kind: SavedTimer['kind'];
  /** Of a POSIX timer. */
  readonly id: number | null;
  readonly clock: SavedTimer['clock'];
  /** When it fires, by its clock. */
  readonly next: string;
  /** From the checkpoint on; null when the clock's value was not saved. */
  readonly remaining: string | null;
  /** `0` for one that fires once. */
  readonly period: string;
  readonly signal: string | null;
  readonly overruns: number | null;
}

export interface NamespaceDocument {
  /** The object in the graph: `g1r10`. */
  readonly object: string;
  /** Number in /proc/PID/ns, where it is saved. */
  readonly inode: string | null;
  /** The one that the kernel began with. */
  readonly initial: boolean;
}

export interface NamespacesDocument {
  readonly pid: NamespaceDocument | null;
  readonly net: NamespaceDocument | null;
  readonly uts: (NamespaceDocument & { readonly hostname: string; readonly domainname: string }) | null;
  readonly ipc: NamespaceDocument | null;
  readonly mnt: NamespaceDocument | null;
  readonly user: NamespaceDocument | null;
  readonly cgroup: NamespaceDocument | null;
}

/** One process. Null stands for what could not be read, or is not in an image of this release. */
export interface ProcessDocument extends ProcessPlaces {
  /** Id in the root PID namespace; null for a process that ended and was waited for, but is still in the graph. */
  readonly pid: number | null;
  readonly tids: readonly number[];
  readonly ppid: number | null;
  readonly pgid: number | null;
  readonly sid: number | null;
  /** Ids in all PID namespaces that it is in, the outermost first. */
  readonly nsPids: readonly number[];
  readonly children: readonly number[];
  readonly name: string;
  readonly container: string | null;
  readonly containerId: string;
  /** `exec`: started by `runsc exec`, or a descendant of such a process. Null before 2024-04. */
  readonly origin: 'exec' | 'unknown' | null;
  /** Letter of /proc/PID/stat. */
  readonly state: StateLetter | null;
  readonly runState: string | null;
  readonly exit: ExitDocument | null;
  readonly uid: SavedIds | null;
  readonly gid: SavedIds | null;
  readonly groups: readonly number[] | null;
  readonly capabilities: CapabilitiesDocument | null;
  readonly noNewPrivileges: boolean | null;
  readonly seccomp: { readonly mode: 'disabled' | 'filter'; readonly filters: number } | null;
  readonly nice: number | null;
  readonly priority: number | null;
  /** SCHED_… number; null before release-20260706.0. */
  readonly policy: number | null;
  readonly cpus: string | null;
  readonly cpuTime: CpuTimeDocument | null;
  /** Of children that were waited for. */
  readonly childrenCpuTime: CpuTimeDocument | null;
  readonly startTime: string | null;
  /** Number of the terminal below /dev/pts. */
  readonly tty: number | null;
  readonly oomScoreAdj: number | null;
  /** Four octal digits. */
  readonly umask: string | null;
  readonly dumpable: 'no' | 'user' | 'root' | null;
  readonly personality: string | null;
  readonly parentDeathSignal: string | null;
  readonly terminationSignal: string | null;
  readonly subreaper: boolean | null;
  readonly limits: readonly LimitDocument[] | null;
  readonly signals: {
    /** For the process as a whole; those of single threads are in `threads`. */
    readonly pending: PendingDocument;
    /** By the leading thread. */
    readonly blocked: SignalSet | null;
    readonly ignored: SignalSet;
    readonly caught: SignalSet;
    readonly handlers: readonly {
      readonly signal: string;
      readonly handler: string;
      readonly flags: string;
      readonly mask: string;
    }[];
  } | null;
  readonly timers: readonly TimerDocument[] | null;
  readonly cgroups:
    | readonly { readonly hierarchy: number; readonly controllers: readonly string[]; readonly path: string }[]
    | null;
  readonly namespaces: NamespacesDocument | null;
  /** Floating-point states of its threads (amd64). */
  readonly fpu: readonly ThreadFpu[];
}
