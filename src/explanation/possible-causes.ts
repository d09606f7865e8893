/** What a sandbox can have died of that only says `EOF`. */
import type { GateId } from '../restore/gate-ids.ts';
import { releaseTag } from '../restore/release-tags.ts';
import { parseRunscVersion } from '../restore/runsc-version.ts';
import type { PossibleCause } from './log-finding.ts';

interface Row {
  readonly title: string;
  readonly gate: GateId | null;
  readonly codes: readonly string[];
  readonly why: string;
  readonly howToTell: string;
  /** First release and the first one after it in which it is no cause any more. */
  readonly from?: string;
  readonly before?: string;
  /** What of the log speaks for it. */
  readonly speaks?: RegExp;
  readonly source: string;
}

/** The commonest first. */
const ROWS: readonly Row[] = [
  {
    title: 'a thread holds floating-point state that the host cannot load',
    gate: 'fpu-state',
    codes: ['CKPT1801', 'CKPT1802', 'CKPT1803'],
    why: 'a refused state is a panic; where it is not caught, the sandbox is gone',
    howToTell: '`ckpt check IMAGE --host current` reads every thread, and names the components and the processes',
    speaks: /arch\/fpu\.|fpu_amd64\.go/,
    source: 'gVisor pkg/sentry/arch/fpu/fpu_amd64.go: State.AfterLoad',
  },
  {
    title: 'the image is of another release, and its pages were parsed before the versions were compared',
    gate: 'runsc-version',
    codes: ['CKPT1301'],
    why: 'the loader of pages_meta.img starts in the background before the version is looked at, and crashes on another layout',
    howToTell: 'compare `ckpt inspect IMAGE --section summary` with `runsc --version`',
    from: 'release-20240930.0',
    speaks: /AsyncMFLoader|kernel_restore\.go|makeslice/,
    source: 'github.com/google/gvisor/issues/14278; measured with release-20260817.0',
  },
  {
    title: 'a saved socket does not find its address, route or interface',
    gate: 'network',
    codes: ['CKPT1365', 'CKPT1369'],
    why: 'endpoints of UDP, ICMP, TCP and packet sockets panic when they cannot be restored',
    howToTell: '`ckpt check IMAGE --network none`, or with `--address` and `--route`, says which sockets need what',
    before: 'release-20260223.0',
    speaks: /endpoint_state\.go|tcpip\/transport/,
    source: 'gVisor pkg/tcpip/transport/*/endpoint_state.go until 1985b831b; github.com/google/gvisor/issues/12189',
  },
  {
    title: 'a file of a bind mount is of another type now',
    gate: 'host-files',
    codes: ['CKPT1852'],
    why: 'runsc looks at the types of files of shared mounts again, and panics',
    howToTell: '`ckpt check IMAGE --rootfs DIR --mount /path=DIR` compares every file',
    speaks: /file type changed|directfs_inode\.go|fsimpl\/gofer\.\(/,
    source: 'gVisor pkg/sentry/fsimpl/gofer/directfs_inode.go',
  },
  {
    title: 'the host or the cgroup ran out of memory',
    gate: null,
    codes: [],
    why: 'the kernel killed the sandbox while it loaded the pages',
    howToTell: '`dmesg` has `Out of memory` or `oom-kill`; `ckpt pages IMAGE` says how much memory is needed',
    speaks: /[Oo]ut of memory|\boom-kill\b|\boom_reaper\b|\bOOM\b/,
    source: 'Linux mm/oom_kill.c',
  },
  {
    title: 'a system call was forbidden to the sandbox',
    gate: null,
    codes: [],
    why: 'a seccomp filter (of runsc, or of what started it) ended the process',
    howToTell: '`dmesg` or the audit log has `type=1326` with the number of the system call',
    // runsc itself prints its filters (seccomp.go) with every --debug.
    speaks: /type=1326|type=SECCOMP|\bSIGSYS\b|[Bb]ad system call/,
    source: 'gVisor runsc/boot/filter',
  },
  {
    title: 'runsc has a defect that this image meets',
    gate: null,
    codes: [],
    why: 'any other panic of the sandbox ends in the same message',
    howToTell: 'the stack trace in `*.boot.txt` or in the panic log (`--panic-log`); search for it in the issues of gVisor',
    speaks: /^panic:|goroutine \d+ \[running\]/m,
    source: 'github.com/google/gvisor/issues/11842',
  },
];

/** Lines of which a part is kept as evidence, and characters of each. */
const LONGEST_EVIDENCE = 160;

/** A row of the statistics that runsc prints after it has loaded the objects: every type of the image, with how long it took. */
const STATISTICS = / \| pkg\//;

/** Looks at lines for what speaks for one of the causes; keeps the first of each. */
export interface CauseWitness {
  readonly look: (line: string, number: number) => void;
  /** The causes that come into question for these releases: those that something speaks for first. */
  readonly causes: (versions: readonly string[]) => PossibleCause[];
}

export function witnessCauses(): CauseWitness {
  const seen = new Map<Row, string>();
  return {
    look(line, number) {
      if (STATISTICS.test(line)) return;
      for (const row of ROWS) {
        if (row.speaks === undefined || seen.has(row)) continue;
        const match = row.speaks.exec(line);
        if (match === null) continue;
        const begin = Math.max(0, match.index - LONGEST_EVIDENCE / 2);
        seen.set(row, `line ${number}: ${line.slice(begin, begin + LONGEST_EVIDENCE).trim()}`);
      }
    },
    causes(versions) {
      const rows = ROWS.filter((row) => versions.length === 0 || versions.some((version) => concerns(row, version)));
      return [...rows.filter((row) => seen.has(row)), ...rows.filter((row) => !seen.has(row))].map((row) => ({
        title: row.title,
        gate: row.gate,
        codes: row.codes,
        why: row.why,
        howToTell: row.howToTell,
        releases: releasesText(row),
        evidence: seen.get(row) ?? null,
      }));
    },
  };
}

function releasesText({ from, before }: Row): string | null {
  if (from !== undefined) return before === undefined ? `since ${from}` : `${from} to before ${before}`;
  return before === undefined ? null : `before ${before}`;
}

function concerns({ from, before }: Row, version: string): boolean {
  const rank = parseRunscVersion(version)?.tag?.rank;
  if (rank === undefined) return true;
  const first = from === undefined ? 0 : (releaseTag(from)?.rank ?? 0);
  const end = before === undefined ? Number.POSITIVE_INFINITY : (releaseTag(before)?.rank ?? Number.POSITIVE_INFINITY);
  return rank >= first && rank < end;
}
