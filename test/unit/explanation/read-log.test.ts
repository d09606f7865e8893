import { describe, expect, it } from 'vitest';
import { createLogReader, type LogReading } from '../../../src/explanation/read-log.ts';

function read(...lines: readonly string[]): LogReading {
  const reader = createLogReader();
  for (const line of lines) reader.add(line);
  return reader.finish();
}
const glog = (text: string, level = 'W'): string => `${level}1123 16:53:26.867947   19874 util.go:64] ${text}`;
const VERSION = (version: string): string => glog(`Version ${version}, go1.22.1, amd64, 2 CPUs, linux, PID 1`, 'I');
const RESTORE = 'starting container: restoring container "x": ';
const EOF_LINE = glog(`FATAL ERROR: ${RESTORE}urpc method "containerManager.Restore" failed: EOF`);

describe('a log with several messages', () => {
  it('names the earliest condition as the cause, with its lines', () => {
    const { findings, rootCause, lines } = read(
      glog('Failed to load main MemoryFile 0xc000: unexpected EOF'),
      glog(`FATAL ERROR: ${RESTORE}failed to load kernel: incompatible FeatureSet: missing features: map[mpx:{}]`),
      EOF_LINE,
      glog(`FATAL ERROR: ${RESTORE}failed to load kernel: incompatible FeatureSet: missing features: map[mpx:{}]`),
    );
    expect([lines, rootCause]).toEqual([4, 0]);
    expect(findings.map(({ id }) => id)).toEqual(['missing-features', 'memory-loading', 'restore-died']);
    expect(findings[0]).toMatchObject({ lines: [2, 4], count: 2, order: 30, features: { list: [{ name: 'mpx' }] } });
    expect(findings[2]?.possibleCauses).toEqual([]);
  });

  it('knows messages that differ in what they name as several', () => {
    const { findings } = read('missing features: map[mpx:{}]', 'missing features: map[avx512f:{}]');
    expect(findings.map(({ message }) => message)).toEqual([
      'missing features: map[mpx:{}]',
      'missing features: map[avx512f:{}]',
    ]);
  });

  it('leaves out wrappers around a message', () => {
    const { findings } = read(
      `${RESTORE}failed to load kernel: vfs.CompleteRestore() failed: failed to complete restore for filesystem type "9p": failed to walk "/bin/a b" of type 0100000 in mount "app:/": no such file or directory`,
    );
    expect(findings.map(({ id }) => id)).toEqual(['file-missing']);
    expect(findings[0]?.parts.map(({ name, value }) => [name, value])).toEqual([
      ['path', '/bin/a b'],
      ['type', '0100000'],
      ['mount', 'app:/'],
      ['why', 'no such file or directory'],
    ]);
  });

  it('tells the innermost wrapper when nothing else is known', () => {
    const { findings } = read(`${RESTORE}failed to load memory files: failed to load main MemoryFile 0xc0: strange words`);
    expect(findings.map(({ id }) => id)).toEqual(['memory-loading']);
  });
});

describe('a sandbox that died', () => {
  it.each([
    ['settings', 'D1123 18:16:44.791057    7485 config.go:436] Config.OCISeccomp (--oci-seccomp): false'],
    ['filters', 'D1123 18:16:44.841349    7485 seccomp.go:676] Ordered seccomp rules:'],
    ['attributes', 'D1123 18:16:44.841349    7485 specutils.go:1] oomScoreAdj: 0, room for 3'],
    ['statistics', '         38.38µs |        7 |          5.482µs | pkg/tcpip/transport/tcp.Endpoint'],
    ['statistics of files', '         38.38µs |        7 |          5.482µs | pkg/sentry/fsimpl/gofer.dentry'],
  ])('takes %s, which runsc prints with every --debug, for no evidence', (_what, line) => {
    const [died] = read(VERSION('0.0~20240729.0'), line, EOF_LINE).findings;
    expect(died?.possibleCauses.length).toBeGreaterThan(3);
    expect(died?.possibleCauses.filter(({ evidence }) => evidence !== null)).toEqual([]);
  });

  it('gives the possible causes, those of the release only, and what speaks for one first', () => {
    const { rootCause, findings } = read(
      VERSION('release-20260817.0'),
      'panic: runtime error: index out of range',
      'gvisor.dev/gvisor/pkg/sentry/fsimpl/gofer.(*directfsInode).restoreFile(0xc000)',
      '\tpkg/sentry/fsimpl/gofer/directfs_inode.go:353 +0x1c5',
      EOF_LINE,
    );
    expect(rootCause).toBeNull();
    const died = findings.find(({ id }) => id === 'restore-died');
    expect(died?.possibleCauses[0]).toMatchObject({ gate: 'host-files', evidence: expect.stringContaining('line 3: ') });
    expect(died?.possibleCauses.map(({ gate }) => gate)).not.toContain('network');
    expect(read(VERSION('release-20250415.0'), EOF_LINE).findings[0]?.possibleCauses.map(({ gate }) => gate)).toContain(
      'network',
    );
  });

  it.each([
    ['release-20250820.0', 'cause'],
    ['release-20260817.0', 'death'],
  ])('takes a nil pointer of %s for a %s', (version, role) => {
    const { findings } = read(VERSION(version), `${RESTORE}runtime error: invalid memory address or nil pointer dereference:`);
    expect(findings[0]).toMatchObject({ id: 'nil-pointer', role });
  });

  it('finds the memory of the host as the cause', () => {
    const { rootCause, findings } = read(
      'Nov 23 16:53:26 node kernel: Memory cgroup out of memory: Killed process 4711 (exe) total-vm:1kB',
      EOF_LINE,
    );
    expect([rootCause, findings[0]?.id]).toEqual([0, 'out-of-memory']);
  });
});

describe('what is around messages', () => {
  const MESSAGE = 'container count not present in state file';
  it.each([
    JSON.stringify({ log: `controller.go:668] ${MESSAGE}`, level: 'warning' }),
    JSON.stringify({ msg: `${RESTORE}${MESSAGE}:\ngoroutine 1 [running]:\nmain.main()\n\tmain.go:1 +0x1`, level: 'error' }),
    `time="2026-11-23T16:53:26Z" level=error msg="StartContainer failed" error="rpc error: code = Unknown desc = OCI runtime restore failed: \\"${MESSAGE}\\": unknown"`,
    `Warning  Failed  2s  kubelet  Error: failed to start container "web": ${RESTORE.replaceAll('"', '\\"')}${MESSAGE}: unknown`,
    `\x1b[31mError: ${RESTORE}${MESSAGE}\x1b[0m\r`,
    `2026-11-23T16:53:26.867Z stderr F ${glog(`FATAL ERROR: ${RESTORE}${MESSAGE}`)}`,
  ])('%s', (line) => {
    expect(read(line)).toMatchObject({ rootCause: 0, findings: [{ id: 'container-count-missing', message: MESSAGE }] });
  });

  it('reads quoted text through the quotes of a wrapper', () => {
    const inner = `"Cwd" does not match across checkpoint restore for container: "web", checkpoint "/" restore "/srv"`;
    const { findings } = read(JSON.stringify({ message: `desc = ${JSON.stringify(inner)}` }));
    expect(findings[0]?.parts.slice(0, 2).map(({ value }) => value)).toEqual(['Cwd', 'web']);
  });

  it('does not take what programs do, settings and stack traces for messages', () => {
    const { findings, notUnderstood } = read(
      'I1123 16:53:26.867947   19874 strace.go:587] [   1] sh X open(0x1) = 0 errno=12 (cannot allocate memory)',
      'D1123 16:53:26.867947   19874 config.go:436] Config.PanicLog (--panic-log): object missing',
      'goroutine 1 [running]:',
      'gvisor.dev/gvisor/pkg/state.safely.func1()',
    );
    expect(findings).toEqual([]);
    expect(notUnderstood.count).toBe(0);
  });

  it('shows what it did not understand', () => {
    const { notUnderstood } = read(...Array.from({ length: 60 }, (_, index) => (index % 2 ? 'fine' : `E: it failed ${index}`)));
    expect([notUnderstood.count, notUnderstood.first.length, notUnderstood.first[0]]).toEqual([
      30,
      20,
      { line: 1, text: 'E: it failed 0' },
    ]);
  });
});

describe('hostile lines', () => {
  it.each([
    'type "',
    'restoring container "',
    '\\"',
    '{"msg":"',
    'failed to walk "',
    '(',
    'missing features: map[',
    'error decoding object ID 1 (',
    'level= msg="',
    'E1123 16:53:26.867947 ',
    '" does not match across checkpoint restore for container: ',
    '__proto__',
    '\x1b[',
  ])('%j, again and again, costs no more than its length', (piece) => {
    const line = piece.repeat(Math.floor(250_000 / piece.length));
    expect(() => read(...Array.from({ length: 20 }, () => line))).not.toThrow();
  });

  it('names without a prototype, and features that are no features', () => {
    const { findings } = read('missing features: map[__proto__:{} constructor:{} avx512f:{}]');
    expect(findings[0]?.features?.list.map(({ name }) => name)).toEqual([null, null, 'avx512f']);
  });

  it('keeps a bounded number of messages', () => {
    const reading = read(...Array.from({ length: 500 }, (_, index) => `opening state file "${index}" failed: no`));
    expect([reading.findings.length, reading.unlisted]).toEqual([100, 400]);
  });
});
