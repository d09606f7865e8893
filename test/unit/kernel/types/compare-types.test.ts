import { describe, expect, it } from 'vitest';
import { compareTypes } from '../../../../src/kernel/types/compare-types.ts';
import { rangesOf, releasesByEqualTypes } from '../../../../src/kernel/types/equal-types.ts';
import { type CodePlace, listsAt, loadSchemaHistory, type SchemaHistory } from '../../../../src/kernel/types/schema-history.ts';

const HISTORY: SchemaHistory = {
  releases: ['r0', 'r1', 'r2', 'r3'],
  types: {
    'pkg/a.A': [
      [0, ['x']],
      [2, ['y', 'x'], '20240110'],
    ],
    'pkg/a.Gone': [
      [0, ['p']],
      [1, null, '20240105'],
    ],
    'pkg/a.Twice': [
      [0, ['a']],
      [2, ['a', 'b'], '20240108'],
      [3, ['a', 'c'], '20240120'],
    ],
    'pkg/a.Undated': [
      [0, ['a']],
      [2, ['b']],
    ],
    'pkg/a.Machine@amd64': [[0, ['rax']]],
    'pkg/a.Machine@arm64': [[0, ['x0']]],
  },
};

const at = (release: number): CodePlace => ({ from: release, to: release, date: null });
const day = (date: string | null, from = 1, to = 2): CodePlace => ({ from, to, date });
const declared = (name: string, ...fields: string[]) => [{ id: 7, name, fields }];
const compare = (place: CodePlace, name: string, ...fields: string[]) => {
  const { differing, undecided } = compareTypes(HISTORY, declared(name, ...fields), 'amd64', place);
  return differing.length > 0 ? differing : undecided.length > 0 ? undecided : 'equal';
};

describe('the types of an image beside those of a release', () => {
  it('are equal as sets of names', () => {
    expect(compare(at(2), 'pkg/a.A', 'x', 'y')).toBe('equal');
    expect(compare(at(1), 'pkg/a.A', 'x')).toBe('equal');
    expect(compare(at(1), 'pkg/a.A', 'x', 'y')).toEqual([{ typeId: 7, name: 'pkg/a.A', image: ['x', 'y'], release: ['x'] }]);
    expect(compare(at(2), 'pkg/a.A', 'x', 'z')).toMatchObject([{ release: ['y', 'x'] }]);
  });

  it('may not exist there, or on that architecture only', () => {
    expect(compare(at(0), 'pkg/a.Gone', 'p')).toBe('equal');
    expect(compare(at(1), 'pkg/a.Gone', 'p')).toMatchObject([{ release: null }]);
    expect(compare(at(0), 'pkg/a.Machine', 'rax')).toBe('equal');
    expect(compare(at(0), 'pkg/a.Machine', 'x0')).toMatchObject([{ release: ['rax'] }]);
  });

  it('are not judged when no release knows them, and those of Go itself are passed over', () => {
    expect(compare(at(0), 'pkg/a.Mine', 'x')).toEqual([{ typeId: 7, name: 'pkg/a.Mine', why: 'unknown-type' }]);
    expect(compare(at(0), 'string')).toBe('equal');
    expect(compare(at(0), 'constructor')).toBe('equal');
  });

  it('are decided between two releases when they are the same in both, or by the day of the change', () => {
    expect(compare(day(null, 2, 3), 'pkg/a.A', 'x', 'y')).toBe('equal');
    expect(compare(day(null, 2, 3), 'pkg/a.A', 'x')).toMatchObject([{ release: ['y', 'x'] }]);
    expect(compare(day('20240109'), 'pkg/a.A', 'x')).toBe('equal');
    expect(compare(day('20240109'), 'pkg/a.A', 'x', 'y')).toMatchObject([{ release: ['x'] }]);
    expect(compare(day('20240111'), 'pkg/a.A', 'x')).toMatchObject([{ release: ['y', 'x'] }]);
    const open = [{ typeId: 7, name: 'pkg/a.A', why: 'changed-between' }];
    expect(compare(day('20240110'), 'pkg/a.A', 'x')).toEqual(open);
    expect(compare(day(null), 'pkg/a.A', 'x')).toEqual(open);
    expect(compare(day('20240111'), 'pkg/a.Undated', 'a')).toMatchObject([{ why: 'changed-between' }]);
  });

  it('follow several changes between two releases', () => {
    const lists = HISTORY.types['pkg/a.Twice'] ?? [];
    expect(listsAt(lists, day('20240115', 1, 3))).toEqual([['a', 'b']]);
    expect(listsAt(lists, day('20240107', 1, 3))).toEqual([['a']]);
    expect(listsAt(lists, day('20240121', 1, 3))).toEqual([['a', 'c']]);
    expect(listsAt(lists, day(null, 1, 3))).toEqual([['a'], ['a', 'b'], ['a', 'c']]);
    expect(listsAt(HISTORY.types['pkg/a.Gone'] ?? [], day('20240106', 0, 1))).toEqual([null]);
  });
});

describe('releases by equal types', () => {
  it('are counted, as sets or in order', () => {
    const types = [
      { id: 1, name: 'pkg/a.A', fields: ['x', 'y'] },
      { id: 2, name: 'pkg/a.Twice', fields: ['a', 'b'] },
      { id: 3, name: 'uint8', fields: [] },
    ];
    expect(releasesByEqualTypes(HISTORY, types, 'amd64')).toEqual({ gvisorTypes: 2, equal: Int32Array.of(0, 0, 2, 1) });
    const never = releasesByEqualTypes(HISTORY, types, 'amd64', () => false);
    expect([...never.equal]).toEqual([0, 0, 0, 0]);
  });

  it('are given in runs', () => {
    expect(rangesOf(HISTORY, (release) => release !== 2)).toEqual([
      { first: 'r0', last: 'r1' },
      { first: 'r3', last: 'r3' },
    ]);
    expect(rangesOf(HISTORY, () => false)).toEqual([]);
  });
});

describe('the history of types', () => {
  it('has lists in the order of releases, and days of changes that are days', async () => {
    const { releases, types, inexact } = await loadSchemaHistory();
    for (const [name, lists] of Object.entries(types)) {
      expect(
        lists.map(([first]) => first),
        name,
      ).toEqual([...new Set(lists.map(([first]) => first))].sort((a, b) => a - b));
      for (const [first, fields, landed] of lists) {
        expect(first).toBeLessThan(releases.length);
        expect(new Set(fields).size, name).toBe(fields?.length ?? 0);
        if (landed !== undefined) expect(landed).toMatch(/^202[1-6][01]\d[0-3]\d$/);
      }
    }
    for (const name of Object.keys(inexact ?? {})) expect(releases).toContain(name);
    // Its generated code asks another type for its fields: every image with a seccomp filter has it.
    const [since] = types['pkg/bpf.Instruction'] ?? [];
    expect(releases[since?.[0] ?? -1]).toBe('release-20231009.0');
    expect(since?.[1]).toEqual(types['pkg/abi/linux.BPFInstruction']?.[0]?.[1]);
  });
});
