import { describe, expect, it } from 'vitest';
import { objectGraph } from '../../../../src/restore/gates/object-graph.ts';
import type { TypesFit } from '../../../../src/restore/image-facts.ts';
import { check } from '../by-code.ts';
import { arm64Image, host, image } from '../examples.ts';
import { rulesAt } from '../rules-at.ts';

type Compared = Extract<TypesFit, { kind: 'compared' }>;
type First = NonNullable<Compared['first']>;

const TASK = { name: 'pkg/sentry/kernel.Task', image: ['a', 'b'], release: ['a', 'b', 'c'] as readonly string[] | null };
const MET = {
  as: 'struct',
  objectId: 9,
  goType: 'kernel.Task',
  goValue: '&wire.Struct{TypeID:0x2, fields:wire.noObjects{}}',
} as const;
const FITTING: Compared = {
  kind: 'compared',
  releases: ['release-20240422.0'],
  used: 3,
  differing: [],
  undecided: [],
  first: null,
};

const answer = (typesFit: TypesFit, version = 'release-20240422.0') =>
  objectGraph.check(image({ typesFit }), host(), rulesAt(version));

const refused = (more: Partial<First>, first: Partial<typeof TASK> = {}): string | null | undefined => {
  const type = { ...TASK, ...first };
  return answer({ ...FITTING, differing: [type], first: { ...type, ...MET, ...more } })?.failure?.error;
};

describe('gate object-graph', () => {
  it('passes for the runsc that saved the image, and with a reservation for another that has the same types', () => {
    expect(answer({ kind: 'same-release' })).toEqual({ outcome: 'pass', reasons: [], failure: null });
    expect(answer(FITTING)).toMatchObject({ outcome: 'pass', reasons: [{ code: 'CKPT1753', order: 32 }] });
  });

  it('is open where the history does not tell', () => {
    expect(answer({ kind: 'unknown-release' })).toMatchObject({ outcome: 'unknown', reasons: [{ code: 'CKPT1752' }] });
    const undecided = [{ name: 'pkg/a.A', why: 'changed-between' }] as const;
    expect(answer({ ...FITTING, undecided })).toMatchObject({ outcome: 'unknown', reasons: [{ details: { types: undecided } }] });
    expect(answer({ ...FITTING, undecided, differing: [TASK] })).toMatchObject({ outcome: 'fail', failure: { error: null } });
  });

  it('says what runsc prints', () => {
    const lists = '[a b c] (decode) and [a b] (encode)';
    const before = 'error decoding object ID 9 (kernel.Task) from &wire.Struct{TypeID:0x2, fields:wire.noObjects{}}: ';
    expect(refused({})).toBe(`${before}type "pkg/sentry/kernel.Task" contains different fields: ${lists}`);
    const renamed = { release: ['a', 'z'] };
    expect(refused(renamed)).toBe(`${before}type "z" has mismatched fields: [a z] (decode) and [a b] (encode)`);
    expect(refused({ release: null, as: 'name' })).toBe(`${before}type name "pkg/sentry/kernel.Task" is not available`);
    expect(refused({ release: null })).toBeNull();
    expect(refused({ goType: null })).toBeNull();
  });

  it('names fields that only one side has', () => {
    const differing = [
      { name: 'pkg/a.A', image: ['x', 'old'], release: ['x', 'n1', 'n2', 'n3', 'n4'] },
      { ...TASK, release: null },
    ];
    const [because] = answer({ ...FITTING, differing })?.reasons ?? [];
    expect(because?.message).toBe(
      '2 of 3 saved types are not those of release-20240422.0: pkg/a.A has old in the image only, has n1, n2, n3 and 1 more there only',
    );
    expect(because?.details).toMatchObject({
      firstMet: null,
      types: [
        { name: 'pkg/a.A', missing: false, onlyInImage: ['old'], onlyInRelease: ['n1', 'n2', 'n3', 'n4'] },
        { name: 'pkg/sentry/kernel.Task', missing: true, onlyInImage: [], onlyInRelease: [] },
      ],
    });
  });

  it('comes before the comparison of versions while that came after the kernel was loaded', () => {
    const typesFit: TypesFit = { ...FITTING, differing: [TASK], first: { ...TASK, ...MET } };
    const saved = image({ typesFit, headerHmac: 'empty-key', runscVersion: { value: 'release-20241118.0', from: 'kernel' } });
    expect(check(saved, host(), 'release-20241202.0').firstFailure).toBe('object-graph');
    const inHeader = { value: 'release-20250319.0', from: 'header' } as const;
    expect(check({ ...saved, runscVersion: inHeader }, host(), 'release-20250407.0').firstFailure).toBe('runsc-version');
  });

  it('does not send anybody to another release for the types of another architecture', () => {
    const fit: TypesFit = { ...FITTING, releases: ['release-20260817.0'], differing: [TASK] };
    const { gates, advice } = check(arm64Image({ typesFit: fit }), host(), 'release-20260817.0');
    expect(gates.find(({ id }) => id === 'object-graph')?.reasons[0]?.message).toContain('release-20260817.0 on amd64: ');
    expect(advice.map(({ code }) => code)).toEqual(['CKPT2010']);
    const same = check(image({ typesFit: fit }), host(), 'release-20260817.0');
    expect(same.advice.map(({ code }) => code)).toContain('CKPT2008');
  });

  it('can be held to more than an assumption', () => {
    const old = image({
      typesFit: FITTING,
      runscVersion: null,
      headerHmac: 'empty-key',
      framing: 'flate',
      compression: 'flate-best-speed',
    });
    const outcome = (require: readonly 'object-graph'[]) =>
      check(old, host(), 'release-20240422.0', { require }).gates.find(({ id }) => id === 'object-graph')?.outcome;
    expect([outcome([]), outcome(['object-graph'])]).toEqual(['pass', 'unknown']);
  });
});
