import { describe, expect, it } from 'vitest';
import { featuresOf } from '../../../src/cpu/feature-names.ts';
import { annotationValue, readAnnotation } from '../../../src/fleet/annotation.ts';

const kinds = (value: string, date = '20260817') => readAnnotation(value, date).map(({ kind }) => kind);

describe('readAnnotation', () => {
  it('looks for near names of so many unknown ones only', () => {
    const names = readAnnotation(`${'avx512q,'.repeat(300)}avx`, '20260817').map((name) =>
      'closest' in name ? name.closest : name.kind,
    );
    expect([names[0], names[299], names[300]]).toEqual(['avx512f', null, 'known']);
  });

  it('splits at commas and at nothing else', () => {
    expect(readAnnotation('fpu,,avx avx2,', '20260817').map(({ text }) => text)).toEqual(['fpu', '', 'avx avx2', '']);
    expect(kinds('fpu,,avx avx2,')).toEqual(['known', 'empty', 'unknown', 'empty']);
  });

  it('trims nothing and folds no case, as runsc', () => {
    expect(kinds(' fpu,fpu ,\tfpu,FPU,Avx512F')).toEqual(['misspelt', 'misspelt', 'misspelt', 'misspelt', 'misspelt']);
  });

  it.each([
    ['clflushopt', 'clfushopt'],
    ['sse3', 'pni'],
    ['sha', 'sha_ni'],
    ['lzcnt', 'abm'],
    ['SSE4.1', 'sse4_1'],
    ['AVX512VNNI', 'avx512_vnni'],
  ])('knows that %s is %s', (foreign, name) => {
    const [listed] = readAnnotation(foreign, '20260817');
    expect(listed).toMatchObject({ kind: 'foreign', feature: { name } });
  });

  it('knows what has no name', () => {
    expect(kinds('avx512ifma,pcommit,AVX512_IFMA')).toEqual(['nameless', 'nameless', 'nameless']);
  });

  it('names the near one, of a short name only when one letter differs', () => {
    const closest = (text: string) => readAnnotation(text, '20260817').map((name) => ('closest' in name ? name.closest : '-'));
    expect(closest('avx512xl')).toEqual(['avx512vl']);
    expect(closest('xyz')).toEqual([null]);
    expect(closest('avx3')).toEqual(['avx']);
    expect(closest('__proto__')).toEqual([null]);
  });

  it('knows which names a release has', () => {
    expect(kinds('amx_tile,fpu', '20230101')).toEqual(['later', 'known']);
  });

  it('takes every name of the table', () => {
    const all = annotationValue(featuresOf('amd64').map(({ name }) => name));
    expect(new Set(kinds(all))).toEqual(new Set(['known']));
    expect(kinds(all)).toHaveLength(173);
  });
});
