import { describe, expect, it } from 'vitest';
import type { CodePlace } from '../../../src/kernel/types/schema-history.ts';
import { placeOf } from '../../../src/restore/code-place.ts';
import { RELEASE_TAGS } from '../../../src/restore/release-tags.ts';
import { parseRunscVersion } from '../../../src/restore/runsc-version.ts';

const releases = [...RELEASE_TAGS.map((tag) => tag.name), 'HEAD-20260821'];
const inexact = { 'release-20240408.0': -5, 'release-20240501.0': 1 };

/** Names of the releases around, and the date that decides between them. */
function place(text: string): string {
  const version = parseRunscVersion(text);
  const found: CodePlace | null = version === null ? null : placeOf({ releases, inexact }, version);
  if (found === null) return 'outside';
  const { from, to, date } = found;
  return `${releases[from]?.slice(8)} ${releases[to]?.slice(8)} ${date}`;
}

describe('the place of a version in the history of types', () => {
  it('is that of its tag', () => {
    expect(place('release-20240422.0')).toBe('20240422.0 20240422.0 null');
    expect(place('0.0~20240729.0')).toBe('20240729.0 20240729.0 null');
  });

  it('lies between a tag whose types were read beside it and the neighbour on that side', () => {
    expect(place('release-20240408.0')).toBe('20240408.0 20240415.0 20240405');
    expect(place('release-20240501.0')).toBe('20240422.0 20240501.0 20240430');
  });

  it('lies between the tags around a build or a date', () => {
    expect(place('release-20240424.0')).toBe('20240422.0 20240501.0 20240424');
    expect(place('release-20240422.0-7-gabcdef0')).toBe('20240422.0 20240501.0 null');
    expect(place('2024-04-24')).toBe('20240422.0 20240501.0 20240424');
  });

  it('holds both meanings of a date that names a tag', () => {
    expect(place('20240729')).toBe('20240729.0 20240807.0 null');
    expect(place('20240422')).toBe('20240422.0 20240501.0 null');
  });

  it('ends with the last commit', () => {
    expect(place('20260818')).toBe('20260817.0 60821 20260818');
    expect(place('release-20260817.0')).toBe('20260817.0 20260817.0 null');
    expect(place('20260822')).toBe('outside');
    expect(place('20201231')).toBe('outside');
  });
});
