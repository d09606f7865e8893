import { describe, expect, test } from 'vitest';
import { compareSpecs } from '../../../src/difference/compare-specs.ts';

const one = (spec: unknown) => [{ name: 'web', spec }];

describe('the specs of two images', () => {
  test('field by field, lists without order by what names their items', () => {
    const a = one({
      process: { args: ['sh'], cwd: '/', rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 }] },
      mounts: [{ destination: '/a', type: 'bind' }, { destination: '/b' }],
    });
    const b = one({
      process: { args: ['sh', '-c'], cwd: '/', rlimits: [{ type: 'RLIMIT_NOFILE', soft: 5, hard: 2 }] },
      mounts: [{ destination: '/b' }, { destination: '/a', type: 'tmpfs', options: ['ro'] }],
    });
    expect(compareSpecs(a, b, false).map(({ field, a: left, b: right }) => [field, left, right])).toEqual([
      ['process.args', ['sh'], ['sh', '-c']],
      ['process.rlimits[RLIMIT_NOFILE].soft', 1, 5],
      ['mounts[/a].type', 'bind', 'tmpfs'],
      ['mounts[/a].options', null, ['ro']],
    ]);
  });

  test('an empty list is a missing one', () => {
    expect(compareSpecs(one({ mounts: [], linux: {} }), one({}), false)).toEqual([]);
  });

  test('a container on one side', () => {
    expect(compareSpecs(one({}), [], false)).toEqual([
      { section: 'containers', change: 'removed', subject: 'container web', field: null, a: null, b: null },
    ]);
  });
});

describe('secrets', () => {
  const secret = 'hunter2';
  const texts = (a: unknown, b: unknown, show: boolean) => JSON.stringify(compareSpecs(one(a), one(b), show));

  test.each([
    [{ process: { env: [`TOKEN=${secret}`] } }, { process: { env: ['TOKEN=other'] } }],
    [{ process: { env: [`TOKEN=${secret}`] } }, { process: { env: [] } }],
    [{ process: { env: [`TOKEN=${secret}`] } }, { process: { env: 'text' } }],
    [{ process: { env: [`TOKEN=${secret}`] } }, { process: 'text' }],
    [{ process: { env: [`TOKEN=${secret}`] } }, 'text'],
  ])('%j and %j differ, and the value is not shown unless asked for', (a, b) => {
    expect(compareSpecs(one(a), one(b), false).length).toBeGreaterThan(0);
    expect(texts(a, b, false)).not.toContain(secret);
    expect(texts(a, b, true)).toContain(secret);
  });

  test('equal values are no difference', () => {
    expect(compareSpecs(one({ process: { env: ['A=1', 'B=2'] } }), one({ process: { env: ['B=2', 'A=1'] } }), false)).toEqual([]);
  });
});

test('a spec nested a hundred thousand levels deep is compared without a crash', () => {
  const deep = (leaf: string): unknown => JSON.parse(`${'{"a":'.repeat(100_000)}"${leaf}"${'}'.repeat(100_000)}`);
  expect(() => compareSpecs(one(deep('x')), one(deep('y')), false)).not.toThrow();
});
