import { describe, expect, it } from 'vitest';
import type { Node } from '../../../../src/graph/node.ts';
import { fields, foundNode } from '../../../../src/graph/node.ts';
import type { SavedRegisters } from '../../../../src/kernel/tasks/registers.ts';
import { type RunState, readRunState } from '../../../../src/kernel/tasks/run-state.ts';
import { syscallName } from '../../../../src/kernel/tasks/syscall-names.ts';
import { isThreadType } from '../../../../src/kernel/threads.ts';
import type { GraphBuilder } from '../../../support/graph-builder.ts';
import { processGraph } from '../../../support/process-graph.ts';
import { bool, int, nil, ref, uint, type WireValue } from '../../../support/wire-value.ts';

type Fields = Readonly<Record<string, WireValue>>;

async function stateOf(describe: (graph: GraphBuilder) => Fields, registers: SavedRegisters | null = null): Promise<RunState> {
  const graph = await processGraph((builder) => ({ processes: [{ pid: 1, tasks: [{ tid: 1, fields: describe(builder) }] }] }));
  const found = graph.found.find(({ typeId }) => isThreadType(graph.types[typeId - 1]?.name ?? ''));
  if (found === undefined) throw new Error('no task');
  const task: ReadonlyMap<string, Node> = fields(foundNode(graph, found.objectId, found.position));
  return readRunState(task, registers);
}

/** A pointer of this type in an interface; nil, as gVisor's empty states are. */
const stateless = (graph: GraphBuilder, type: string): WireValue => ({
  kind: 'interface',
  type: { spec: 'pointer', to: graph.spec(`pkg/sentry/kernel.${type}`) },
  value: ref(0),
});

const amd64 = (rax: bigint): SavedRegisters => ({
  arch: 'amd64',
  values: new Map([
    ['rax', BigInt.asUintN(64, rax)],
    ['orig_rax', 202n],
  ]),
});

describe('the state of a task', () => {
  const inCall = (graph: GraphBuilder): Fields => ({ runState: stateless(graph, 'runApp'), haveSyscallReturn: bool(true) });

  it.each([4n, 512n, 513n, 514n, 516n])('is sleeping when its call was interrupted (-%s)', async (error) => {
    const state = await stateOf(inCall, amd64(-error));
    expect(state).toEqual({ letter: 'S', goType: 'runApp', call: { number: 202, name: 'futex' }, exit: null });
  });

  it('is running when its call came to an end, or it was in none', async () => {
    expect(await stateOf(inCall, amd64(-11n))).toMatchObject({ letter: 'R', call: null });
    expect(await stateOf(inCall, amd64(4n))).toMatchObject({ letter: 'R', call: null });
    expect(await stateOf((graph) => ({ runState: stateless(graph, 'runApp') }), amd64(-512n))).toMatchObject({ letter: 'R' });
  });

  it('takes the call of arm64 from x8 and its result from x0', async () => {
    const values = new Map([
      ['x0', BigInt.asUintN(64, -512n)],
      ['x8', 9999n],
    ]);
    expect((await stateOf(inCall, { arch: 'arm64', values })).call).toEqual({ number: 9999, name: null });
  });

  it.each([
    ['groupStop', 'T'],
    ['ptraceStop', 't'],
    ['vforkStop', 'D'],
  ])('is that of its stop: %s is %s', async (stop, letter) => {
    expect((await stateOf((graph) => ({ stop: stateless(graph, stop) }))).letter).toBe(letter);
  });

  it('is zombie or dead by its exit state, wrapped or not, whatever it was before', async () => {
    const zombie = await stateOf((graph) => ({
      exitState: graph.struct('pkg/atomicbitops.Uint32', { value: uint(2) }),
      exitStatus: uint(3 << 8),
      stop: stateless(graph, 'groupStop'),
    }));
    expect(zombie).toEqual({ letter: 'Z', goType: null, call: null, exit: { code: 3, signal: null, coreDumped: false } });
    const dead = await stateOf(() => ({ exitState: int(3), exitStatus: uint(0x8b) }));
    expect(dead).toMatchObject({ letter: 'X', exit: { code: null, signal: 11, coreDumped: true } });
  });

  it('ended by a struct of code and signal before 2021-07', async () => {
    const ended = (code: number, signal: number): Promise<RunState> =>
      stateOf((graph) => ({
        exitState: int(2),
        exitStatus: graph.struct('pkg/sentry/kernel.ExitStatus', { Code: code === 0 ? nil() : int(code), Signo: int(signal) }),
      }));
    expect((await ended(7, 0)).exit).toEqual({ code: 7, signal: null, coreDumped: false });
    expect((await ended(0, 9)).exit).toEqual({ code: null, signal: 9, coreDumped: false });
  });
});

describe('names of system calls', () => {
  it.each([
    ['amd64', 0, 'read'],
    ['amd64', 230, 'clock_nanosleep'],
    ['amd64', 334, 'rseq'],
    ['amd64', 435, 'clone3'],
    ['amd64', 400, null],
    ['arm64', 63, 'read'],
    ['arm64', 98, 'futex'],
    ['arm64', 115, 'clock_nanosleep'],
    ['arm64', 79, 'newfstatat'],
    ['arm64', 260, 'wait4'],
    ['arm64', 244, null],
    ['arm64', 435, 'clone3'],
  ] as const)('%s %s is %s', (arch, number, name) => {
    expect(syscallName(arch, number)).toBe(name);
  });
});
