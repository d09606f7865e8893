import { describe, expect, it } from 'vitest';
import { durationText } from '../../../src/report/duration.ts';
import { processTree } from '../../../src/report/process-tree.ts';
import { type ProcessRow, processLines } from '../../../src/report/processes-text.ts';

const OPTIONS = { color: false, width: 100 };

function row(pid: number | null, ppid: number | null, fields: Partial<ProcessRow> = {}): ProcessRow {
  return {
    pid,
    ppid,
    pgid: pid,
    sid: 1,
    tids: pid === null ? [] : [pid],
    uid: { real: 0, effective: 0, saved: 0 },
    state: pid === null ? 'X' : 'S',
    exit: null,
    cpuTime: { user: '10000000', system: '0' },
    tty: null,
    container: 'web',
    name: `p${pid}`,
    argv: null,
    origin: null,
    ...fields,
  };
}

describe('the tree of processes', () => {
  it('draws children below their parents, and names what is special', () => {
    const lines = processLines(
      [
        row(1, null, { name: 'init', argv: ['/sbin/init', '--flag', 'two words', "it's"] }),
        row(4, 1, { state: 'Z', exit: { code: 3, signal: null, coreDumped: false } }),
        row(5, 1, { name: 'renamed', argv: ['/bin/sh'], uid: { real: 0, effective: 1000, saved: 0 } }),
        row(12, 5, { origin: 'exec' }),
        row(null, null, { name: 'old', exit: { code: 0, signal: null, coreDumped: false } }),
      ],
      OPTIONS,
    );
    expect(lines).toEqual([
      '  PID  PGID  SID   UID  STATE     THREADS     CPU  COMMAND',
      "    1     1    1     0  sleeping        1  0.01 s  /sbin/init --flag 'two words' 'it'\\''s'",
      '    4     4    1     0  zombie          1  0.01 s  ├─ p4 (ended with 3)',
      '    5     5    1  1000  sleeping        1  0.01 s  └─ renamed: /bin/sh',
      '   12    12    1     0  sleeping        1  0.01 s     └─ p12 (runsc exec)',
      '  1 dead process is still in the saved graph: old',
    ]);
  });

  it('wraps long commands beside the branches', () => {
    const argv = ['/bin/sh', '-c', 'while true; do sleep 1; done'];
    const lines = processLines([row(1, null, { name: 'sh', argv }), row(2, 1, { name: 'sh', argv }), row(3, 1)], {
      color: false,
      width: 88,
    });
    expect(lines.map((line) => line.slice(50))).toEqual([
      'COMMAND',
      "/bin/sh -c 'while true; do sleep",
      "│    1; done'",
      "├─ /bin/sh -c 'while true; do sleep",
      "│       1; done'",
      '└─ p3',
    ]);
  });

  it('has columns for containers and terminals where they tell processes apart', () => {
    const [head, first] = processLines([row(1, null, { tty: 2 }), row(3, null, { container: 'db' })], OPTIONS);
    expect(head).toMatch(/UID {2}TTY {4}STATE .* CPU {2}CONTAINER {2}COMMAND/);
    expect(first).toMatch(/pts\/2 .* web {8}p1$/);
  });

  it('escapes names and arguments', () => {
    const text = processLines([row(1, null, { name: 'a\x1b[2J', argv: ['/bin/\u202e', '\n'] })], OPTIONS).join('\n');
    expect(text).not.toContain('\x1b');
    expect(text).not.toContain('\u202e');
    expect(text).toContain("a\\x1b[2J: '/bin/\\u202e' '\\n'");
  });

  it('has no rows for no processes, and cuts long lists', () => {
    expect(processLines([], OPTIONS)).toEqual(['  none']);
    const many = Array.from({ length: 1200 }, (_, index) => row(index + 1, index === 0 ? null : 1));
    const lines = processLines(many, OPTIONS);
    expect(lines).toHaveLength(1 + 1000 + 1);
    expect(lines.at(-1)).toContain('and 200 more');
  });
});

describe('parents', () => {
  const pids = (processes: readonly { pid: number | null; ppid: number | null }[]): (number | null)[] =>
    processTree(processes).map(({ process }) => process.pid);

  it('may be missing, or lead in a circle: each process is drawn once', () => {
    expect(
      pids([
        { pid: 2, ppid: 99 },
        { pid: 3, ppid: 2 },
      ]),
    ).toEqual([2, 3]);
    expect(
      pids([
        { pid: 1, ppid: 2 },
        { pid: 2, ppid: 1 },
        { pid: 3, ppid: 3 },
      ]),
    ).toEqual([3, 1, 2]);
  });

  it('may be a chain as long as the list', () => {
    const chain = Array.from({ length: 100_000 }, (_, index) => ({ pid: index + 1, ppid: index === 0 ? null : index }));
    const tree = processTree(chain);
    expect(tree).toHaveLength(100_000);
    expect(Math.max(...tree.slice(-10).map(({ prefix }) => prefix.length))).toBeLessThan(200);
  });
});

describe('durations', () => {
  it.each([
    ['0', '0 s'],
    ['210000000', '0.21 s'],
    ['59990000000', '59.99 s'],
    ['60000000000', '1 min'],
    ['7196022005677', '1 h 59 min 56 s'],
    ['266400000000000', '3 d 2 h'],
  ])('%s ns are %s', (nanoseconds, text) => {
    expect(durationText(nanoseconds)).toBe(text);
  });
});
