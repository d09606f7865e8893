import { beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/errors.ts';
import { pathOf } from '../../../../src/graph/node.ts';
import { leafJson } from '../../../../src/graph/query/json-leaf.ts';
import { openValue } from '../../../../src/graph/query/open-value.ts';
import { parsePath } from '../../../../src/graph/query/parse-path.ts';
import { isCpuPath, PathError, resolvePath } from '../../../../src/graph/query/path-language.ts';
import { meets, parseCondition } from '../../../../src/graph/query/where.ts';
import { buildGraphs, type OpenGraphs } from '../../../support/open-graph.ts';
import { array, bool, float64, int, map, nil, nilInterface, ref, refInto, string, uint } from '../../../support/wire-value.ts';

let graphs: OpenGraphs;
beforeAll(async () => {
  graphs = await buildGraphs((graph) => {
    const kernel = graph.reserve();
    const task = graph.reserve();
    const key = (leaf: number, subleaf: number) =>
      graph.struct('pkg/cpuid.In', { Eax: uint(leaf), Ecx: subleaf === 0 ? nil() : uint(subleaf) });
    graph.define(
      task,
      graph.struct('pkg/sentry/kernel.Task', {
        name: string('sh'),
        niceness: int(-3),
        k: ref(kernel),
        state: { kind: 'interface', type: graph.spec('string'), value: string('running') },
        node: graph.struct('pkg/sentry/kernel.taskNode', { tg: nil() }),
        alive: bool(true),
        load: float64(1.5),
      }),
    );
    graph.define(
      kernel,
      graph.struct('pkg/sentry/kernel.Kernel', {
        tasks: graph.slice([ref(task), ref(0)]),
        byName: graph.pointer(
          map([
            [string('a b'), uint(1)],
            [string('plain'), uint(2)],
            [string('12'), uint(3)],
          ]),
        ),
        byNumber: graph.pointer(
          map([
            [int(-1), string('minus')],
            [int(0), string('zero')],
            [int(4096), string('page')],
          ]),
        ),
        byTask: graph.pointer(map([[ref(task), int(117)]])),
        leaves: graph.pointer(
          map([
            [key(7, 0), uint(70)],
            [key(13, 1), uint(131)],
          ]),
        ),
        count: graph.struct('pkg/atomicbitops.Int32', { value: int(5) }),
        none: graph.struct('pkg/atomicbitops.Int64', { value: nil() }),
        flag: graph.struct('pkg/atomicbitops.Bool', { Uint32: graph.struct('pkg/atomicbitops.Uint32', { value: uint(1) }) }),
        empty: nilInterface(),
        part: refInto(task, ['node'], { spec: 'id', id: 1 }),
        zeros: { kind: 'slice', length: 3, capacity: 3, ref: ref(graph.object(nil())) },
        'odd.name [x]': uint(9),
        grid: array([array([uint(1), uint(2)]), array([uint(3)])]),
      }),
    );
  });
});

const get = (path: string): unknown => {
  const value = openValue(resolvePath(graphs, path));
  return (
    leafJson(value, { textBytes: 1000, hide: () => null })?.json ??
    (value.kind === 'nil' ? null : `${value.kind} ${pathOf(value.node)}`)
  );
};

describe('a path', () => {
  it.each([
    ['kernel.tasks[0].name', 'sh'],
    ['tasks[0].name', 'sh'],
    ['.tasks[0].name', 'sh'],
    ['g1.tasks[0]["name"]', 'sh'],
    ['kernel.tasks[-2].niceness', -3],
    ['g1r2.k.tasks[0].k.tasks[0].alive', true],
    ['r2.load', 1.5],
    ['r2.state', 'running'],
    ['kernel.tasks[1]', null],
    ['kernel.byName["a b"]', 1],
    ['kernel.byName[a b]', 1],
    ['kernel.byName.plain', 2],
    ['kernel.byName.12', 3],
    ['kernel.byName["12"]', 3],
    ['kernel.byNumber.-1', 'minus'],
    ['kernel.byNumber[0]', 'zero'],
    ['kernel.byNumber[0x1000]', 'page'],
    ['kernel.byNumber.$key2', 4096],
    ['kernel.byTask[g1r2]', 117],
    ['kernel.byTask[r2]', 117],
    ['kernel.leaves[{Eax: 7, Ecx: nil}]', 70],
    ['kernel.leaves[{Eax:0x7,Ecx:0}]', 70],
    ['kernel.leaves[ { Eax: 13, Ecx: 1 } ]', 131],
    ['kernel.count', 5],
    ['kernel.count.value', 5],
    ['kernel.none', 0],
    ['kernel.flag', true],
    ['kernel.empty', null],
    ['kernel.part', 'struct g1r2.node'],
    ['kernel.part.tg', null],
    ['kernel.zeros[2]', null],
    ['kernel."odd.name [x]"', 9],
    ['kernel["odd.name [x]"]', 9],
    ['kernel.grid[1][0]', 3],
    ['cpu', 7],
    ['g0r1', 7],
    ['featureSet', 7],
    ['kernel', 'struct g1r1'],
  ])('%s', (path, expected) => {
    expect(get(path)).toEqual(expected);
  });

  it.each([
    ['kernel.task', 'kernel', ['tasks', 'byName']],
    ['tsks', 'kernel', ['tasks']],
    ['kernel.byName.c', 'kernel.byName', ['12', 'a b', 'plain']],
    ['kernel.byName["a"].x', 'kernel.byName', ['plain']],
    ['kernel.leaves[{Eax: 8}]', 'kernel.leaves', ['{Eax: 7, Ecx: nil}', '{Eax: 13, Ecx: 1}']],
  ])('%s leads nowhere, and the error lists what is there', (path, reached, available) => {
    const error = errorOf(() => resolvePath(graphs, path));
    expect(error).toBeInstanceOf(PathError);
    expect((error as PathError).reached).toBe(reached);
    expect((error as PathError).available).toEqual(expect.arrayContaining(available));
    expect((error as PathError).message).toContain(available[0]);
  });

  it.each([
    ['kernel.tasks[2]', 'a list of 2, from [0] to [1]'],
    ['kernel.tasks[-3]', 'a list of 2'],
    ['kernel.tasks.name', 'a list of 2'],
    ['kernel.zeros[3]', 'a list of 3'],
    ['kernel.empty.x', 'is nil'],
    ['kernel.count.value.x', 'is the integer 5'],
    ['g1r99', 'has no object 99'],
    ['r99999999999999999999', 'has no object'],
    ['g2r1', 'in no graph that paths reach'],
    ['g2', 'in no graph that paths reach'],
    ['kernel.tasks[', 'a bracket that closes'],
    ['kernel.tasks[]', 'an index or a key'],
    ['kernel..tasks', 'a name after the dot'],
    ['kernel.', 'a name after the dot'],
    ['kernel["tasks]', 'a text in double quotes'],
    ['kernel.tasks[0]name', 'a step'],
    [`kernel${'.k'.repeat(5000)}`, 'at most 4096 steps'],
  ])('%s is refused', (path, message) => {
    const error = errorOf(() => resolvePath(graphs, path));
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(message);
  });

  it('says which graph it begins in', () => {
    expect(['cpu', 'cpu.x', 'featureSet[1]', 'g0', 'g0r12.x'].map(isCpuPath)).toEqual([true, true, true, true, true]);
    expect(['kernel', 'g1', 'g1r1', 'r0', 'cpuClock', 'kernel.featureSet'].map(isCpuPath)).toEqual(Array(6).fill(false));
  });

  it('is parsed into steps', () => {
    expect(parsePath('a.b[{x: "]"}]["c"]')).toMatchObject({
      start: 'a',
      steps: [
        { name: 'b', quoted: false },
        { name: '{x: "]"}', quoted: false },
        { name: 'c', quoted: true },
      ],
    });
  });
});

describe('a condition', () => {
  it.each([
    ['name=sh', true],
    ['name="sh"', true],
    ['name=bash', false],
    ['niceness=-3', true],
    ['niceness=-0x3', true],
    ['alive=true', true],
    ['load=1.5', true],
    ['k=g1r1', true],
    ['k=r1', true],
    ['k.count=5', true],
    ['node.tg=nil', true],
    ['node.tg=0', true],
    ['node.tg.leader=1', false],
    ['k.byNumber[4096]=page', true],
    ['k.byName["a b"]=1', true],
    ['k.byName.none=1', false],
    ['state=running', true],
    ['k.tasks=x', false],
  ])('%s', (text, expected) => {
    expect(meets(resolvePath(graphs, 'r2'), parseCondition(text))).toBe(expected);
  });

  it('about a field that the type does not have is refused', () => {
    expect(() => meets(resolvePath(graphs, 'r2'), parseCondition('nam=sh'))).toThrow(/has no field "nam"/);
  });

  it.each(['', 'name', '=sh', '["a=b"'])('%j is none', (text) => {
    expect(() => parseCondition(text)).toThrow(UsageError);
  });

  it('ends its path at the first = outside of brackets and quotes', () => {
    expect(parseCondition('a["x=y"].b=c=d')).toEqual({ path: 'a["x=y"].b', value: 'c=d' });
  });
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}
