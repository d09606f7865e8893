import { describe, expect, it } from 'vitest';
import { bestReleases, releaseOfTypes } from '../../../../src/kernel/types/release-of-types.ts';
import type { SchemaHistory } from '../../../../src/kernel/types/schema-history.ts';

const HISTORY: SchemaHistory = {
  releases: ['release-20240101.0', 'release-20240108.0', 'release-20240115.0', 'release-20241104.0', 'release-20250101.0'],
  types: {
    'pkg/a.A': [
      [0, ['x']],
      [1, ['x', 'y']],
    ],
    'pkg/a.B': [
      [0, ['p', 'q']],
      [2, null],
    ],
    'pkg/a.C@amd64': [[2, ['z']]],
  },
};

const declared = (...types: [name: string, ...fields: string[]][]) =>
  types.map(([name, ...fields], index) => ({ id: index + 1, name, fields }));

describe('the release of an image without a version', () => {
  it('is where most declared types are equal, in any order of fields', () => {
    expect(bestReleases(HISTORY, declared(['pkg/a.A', 'y', 'x'], ['pkg/a.B', 'p', 'q']), 'amd64', false)).toEqual({
      first: 'release-20240108.0',
      last: 'release-20240108.0',
      equal: 2,
      exact: true,
    });
  });

  it('is a range when releases do not differ, and ends before releases that always name their version', () => {
    expect(bestReleases(HISTORY, declared(['pkg/a.A', 'x', 'y'], ['string']), 'amd64', false)).toEqual({
      first: 'release-20240108.0',
      last: 'release-20240115.0',
      equal: 1,
      exact: true,
    });
  });

  it('may be any release when there is a version that names none', () => {
    expect(bestReleases(HISTORY, declared(['pkg/a.A', 'x', 'y']), 'amd64', true)).toMatchObject({ last: 'release-20250101.0' });
  });

  it('is not exact when a type is unknown or differs', () => {
    expect(bestReleases(HISTORY, declared(['pkg/a.A', 'x'], ['pkg/a.New', 'n']), 'amd64', false)).toMatchObject({
      equal: 1,
      exact: false,
    });
  });

  it('knows types of one architecture', () => {
    expect(bestReleases(HISTORY, declared(['pkg/a.C', 'z']), 'amd64', false)).toMatchObject({ first: 'release-20240115.0' });
    expect(bestReleases(HISTORY, declared(['pkg/a.C', 'z']), 'arm64', false)).toBeNull();
  });

  it('is unknown when no type is', () => {
    expect(bestReleases(HISTORY, declared(['string'], ['pkg/z.Z']), 'amd64', false)).toBeNull();
  });

  it('comes from a history of every release since 2021', async () => {
    const types = declared(['pkg/sentry/arch.State', 'Regs', 'x86FPState', 'FeatureSet']);
    expect(await releaseOfTypes(types, 'amd64', false)).toMatchObject({
      first: 'release-20210112.0',
      last: 'release-20210322.0',
      exact: true,
    });
  });
});
