/** Messages of a sandbox that ended without saying why, and what the kernel and Go print about it. */
import type { LogPattern } from './log-pattern.ts';

const LINUX = 'Linux kernel log';
const GO = 'Go runtime';
const WHY = 'the error';
const MEMORY = {
  title: 'The host ran out of memory, or the cgroup did',
  meaning: 'The kernel killed the sandbox while it loaded the image. The command that waited for it sees `EOF`.',
  remedy:
    'Raise the memory limit of the container: a restore needs the memory of the image and some more. `ckpt pages IMAGE` says how much is saved.',
} as const;

export const DEATH_PATTERNS: readonly LogPattern[] = [
  {
    id: 'out-of-memory',
    shapes: [
      'Out of memory: Killed process {pid:d}',
      'Memory cgroup out of memory: {who}',
      'oom-kill:{who}',
      'invoked oom-killer: {who}',
      'runtime: out of memory: {who}',
      'fatal error: runtime: out of memory',
      'fatal error: runtime: cannot allocate memory',
      'cannot allocate memory',
    ],
    role: 'cause',
    order: null,
    gate: null,
    codes: [],
    parts: { pid: 'the process', who: 'more about it' },
    text: MEMORY,
    source: `${LINUX}; ${GO}`,
  },
  {
    id: 'seccomp-kill',
    shapes: ['type=1326 {who}', 'audit: seccomp {who}', 'bad system call', 'SIGSYS: {who}'],
    role: 'cause',
    order: null,
    gate: null,
    codes: [],
    parts: { who: 'process and system call' },
    text: {
      title: 'A system call was forbidden to the sandbox',
      meaning:
        'The sandbox or what starts it runs under a seccomp filter, and a call that it needs is not allowed. The kernel ends the process, and the command that waited for it sees `EOF`.',
      remedy:
        'Look which system call it was (`syscall=` in the audit line). When the filter is that of runsc itself, this is a defect of that release: try another one.',
    },
    source: LINUX,
  },
  {
    id: 'illegal-instruction',
    shapes: ['trap invalid opcode {where}', 'SIGILL: illegal instruction'],
    role: 'cause',
    order: null,
    gate: 'cpu-features',
    codes: ['CKPT1601'],
    parts: { where: 'address' },
    text: {
      title: 'A program used an instruction that this CPU does not have',
      meaning:
        'The restore was let through, and a program executes an instruction of a feature that gVisor does not compare (leaf 7 subleaf 1 such as avx_vnni, avx512ifma, AMX on some hosts) or that was hidden from gVisor by the annotation.',
      remedy:
        '`ckpt explain FLAG` says whether gVisor compares a feature. Save on the machine with the fewest features, and bind the run-time too (`GLIBC_TUNABLES`).',
    },
    source: `${LINUX}; ${GO}`,
  },
  {
    id: 'restore-died',
    shapes: [
      'urpc method "containerManager.Restore" failed: EOF',
      'urpc method "containerManager.RestoreSubcontainer" failed: EOF',
    ],
    role: 'death',
    order: null,
    gate: null,
    codes: [],
    text: {
      title: 'The sandbox died while it restored, and could not say why',
      meaning:
        '`runsc restore` waits for an answer of the sandbox, and the connection ended without one. The reason is in the log of the sandbox, or nowhere.',
      remedy:
        'Restore again with `runsc --debug --debug-log=DIR/ --panic-log=DIR/panic.log restore …` and give `DIR/*.boot.txt` and `panic.log` to `ckpt explain`; look at `dmesg`; and run `ckpt check IMAGE --host current`, which tells the conditions that end in this message.',
    },
    source: 'gVisor pkg/urpc/urpc.go: Client.Call',
  },
  {
    id: 'sandbox-died',
    shapes: [
      'waiting for sandbox to start: EOF',
      'cannot read client sync file: {why}',
      'sandbox no longer running and its exit status is unavailable',
    ],
    role: 'death',
    order: null,
    gate: null,
    codes: [],
    parts: { why: WHY },
    text: {
      title: 'The sandbox died before it looked at the image',
      meaning:
        'The sandbox process ended while it started. The image is not the reason; the annotation `dev.gvisor.internal.cpufeatures` with a name that gVisor does not know is one that belongs here.',
      remedy: 'Try `runsc run` of the same bundle on the same machine, and look at `*.boot.txt` of `--debug --debug-log=DIR/`.',
    },
    source: 'gVisor runsc/sandbox/sandbox.go: New',
  },
  {
    id: 'gofer-left-alone',
    shapes: ['unable to read from the sync descriptor: {read:d}, error {why}'],
    role: 'death',
    order: null,
    gate: null,
    codes: [],
    parts: { read: 'bytes that were read', why: WHY },
    text: {
      title: 'A helper of the sandbox ended with it',
      meaning:
        'The process that removes a mount of the gofer waited for a sign, and who should give it was gone. It follows from the failure.',
      remedy: 'Look at what else is in the log.',
    },
    source: 'gVisor runsc/cmd/umount_unsafe.go: Umount.Execute',
  },
  {
    id: 'control-server',
    shapes: ['connecting to control server at PID {pid:d}: {why}', 'urpc method {method:q} failed: EOF'],
    role: 'death',
    order: null,
    gate: null,
    codes: [],
    parts: { pid: 'the sandbox process', why: WHY, method: 'what was asked of it' },
    text: {
      title: 'The sandbox does not answer',
      meaning:
        'The sandbox process has ended. When that came right after a restore that seemed to succeed, its pages may have been missing (`--background`), or a program in it crashed.',
      remedy: 'Look at `*.boot.txt` of `--debug --debug-log=DIR/` and at `dmesg`.',
    },
    source: 'gVisor runsc/sandbox/sandbox.go: Sandbox.sandboxConnect',
  },
  {
    id: 'sandbox-exit',
    shapes: ['signal: killed', 'Sandbox exited: {why}', 'Received external signal {signal:d}'],
    role: 'death',
    order: null,
    gate: null,
    codes: [],
    parts: { why: WHY, signal: 'the signal' },
    text: {
      title: 'Something ended the sandbox',
      meaning: 'It did not end by itself: the kernel (memory), a supervisor or a timeout did.',
      remedy: 'Look at `dmesg` for `Out of memory`, and at the log of what started it.',
    },
    source: 'Go os/exec; gVisor runsc/boot/loader.go',
  },
  {
    id: 'panic',
    shapes: ['panic: {what}', 'fatal error: {what}', 'unexpected fault address {what}', 'SIGSEGV: segmentation violation'],
    general: true,
    role: 'death',
    order: null,
    gate: null,
    codes: [],
    parts: { what: 'what Go says of it' },
    text: {
      title: 'runsc crashed',
      meaning:
        'A condition that runsc did not expect. The stack trace after it says where: a function with `afterLoad` belongs to a saved object, `AsyncMFLoader` to the pages, `endpoint` to a socket.',
      remedy:
        'Run `ckpt check IMAGE --host current` for the conditions that are known. When it passes, search for the panic in the issues of gVisor, and report it there with the stack trace.',
    },
    source: GO,
  },
];
