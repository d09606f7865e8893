import { describe, expect, it } from 'vitest';
import { RELEASE_TAGS, releaseTag } from '../../../src/restore/release-tags.ts';
import { containsChange, parseRunscVersion, placeInReleases, versionString } from '../../../src/restore/runsc-version.ts';

describe('parseRunscVersion', () => {
  it.each([
    ['release-20260817.0', '20260814'],
    ['runsc version release-20260817.0', '20260814'],
    ['release-20260817.0-5-gabc1234', '20260814'],
    ['release-20260817.0-dirty', '20260814'],
    ['0.0~20240729.0', '20240726'],
    ['0.0~20221219.0-1+b2', '20221216'],
    ['20240729', '20240729'],
    ['2024-07-29', '20240729'],
    ['release-20250415.0', '20250415'],
    ['release-20250915.0', '20251020'],
    ['release-20250922.0', '20251020'],
    ['release-20260427.0', '20260429'],
  ])('%s is code of %s', (text, date) => {
    expect(parseRunscVersion(text)?.date).toBe(date);
  });

  it.each([
    '',
    'VERSION_MISSING',
    'unknown',
    'release-',
    'release-2026.0',
    '20241301',
    '2024-02-30',
    '1.2.3',
    'release-20240230.0',
  ])('%j names no code', (text) => {
    expect(parseRunscVersion(text)).toBeNull();
  });

  it('tells a tag, a build after it, and a bare date apart', () => {
    expect(parseRunscVersion('release-20260817.0')).toMatchObject({
      commitsAfter: 0,
      bareDate: false,
      tag: { name: 'release-20260817.0' },
    });
    expect(parseRunscVersion('release-20260817.0-5-gabc')).toMatchObject({
      commitsAfter: 5,
      tag: { name: 'release-20260817.0' },
    });
    expect(parseRunscVersion('20260817')).toMatchObject({ bareDate: true, tag: null });
    expect(parseRunscVersion('release-20260815.0')).toMatchObject({ bareDate: false, tag: null });
  });

  it('writes a bare date as the release of that name', () => {
    expect(
      ['2026-08-17', '20260817', '0.0~20240729.0'].map((text) => parseRunscVersion(text)).map((v) => v && versionString(v)),
    ).toEqual(['release-20260817.0', 'release-20260817.0', '0.0~20240729.0']);
  });
});

describe('release tags', () => {
  it('are ordered by code, not by name', () => {
    const rank = (name: string) => releaseTag(name)?.rank ?? -1;
    expect(rank('release-20250820.0')).toBeLessThan(rank('release-20251006.0'));
    expect(rank('release-20251013.0')).toBeLessThan(rank('release-20250915.0'));
    expect(rank('release-20250922.0')).toBeLessThan(rank('release-20251020.0'));
    const dates = RELEASE_TAGS.map((tag) => tag.date);
    expect(dates).toEqual([...dates].sort());
    expect(new Set(RELEASE_TAGS.map((tag) => tag.name)).size).toBe(RELEASE_TAGS.length);
  });

  it('are read from what `runsc --version` prints', () => {
    expect(parseRunscVersion('runsc version release-20260817.0\nspec: 1.2.0\n')?.text).toBe('release-20260817.0');
  });

  it('decide by the chain of releases where the tag is known, else by date', () => {
    const change = { date: '20251021', firstRelease: 'release-20251103.0', distance: 4 };
    const has = (text: string) => {
      const version = parseRunscVersion(text);
      return version !== null && containsChange(version, change);
    };
    // The tag release-20251020.0 is a commit of 2025-10-21 from before the change of that day.
    expect(has('release-20251020.0')).toBe(false);
    expect(has('release-20251103.0')).toBe(true);
    // Builds behind a tag are counted in commits.
    expect(has('release-20251020.0-3-g0123456789ab')).toBe(false);
    expect(has('release-20251020.0-4-g0123456789ab')).toBe(true);
    expect(has('release-20251013.0-400-g0123456789ab')).toBe(false);
    expect(has('20251020')).toBe(false);
    expect(has('20251021')).toBe(true);
    expect(
      containsChange(
        { text: 'x', date: '20251021', tag: releaseTag('release-20251103.0') ?? null, commitsAfter: 0, bareDate: false },
        { date: '20251022', firstRelease: 'release-x', distance: 1 },
      ),
    ).toBe(false);
  });

  it.each([
    ['release-20221219.0', 'inside'],
    ['0.0~20230102.0', 'inside'],
    ['20221225', 'inside'],
    ['20230118', 'inside'],
    ['release-20221212.0', 'outside'],
    ['20221214', 'beside'],
    ['20230119', 'beside'],
    ['20230401', 'outside'],
    ['release-20230118.0-3-gabc', 'inside'],
  ])('place %s %s release-20221219.0 to release-20230118.0', (text, place) => {
    const version = parseRunscVersion(text);
    expect(version && placeInReleases(version, 'release-20221219.0', 'release-20230118.0')).toBe(place);
  });

  it('say nothing of releases that are not in the table', () => {
    const version = parseRunscVersion('20230101');
    expect(version && placeInReleases(version, 'release-x', 'release-y')).toBe('beside');
  });
});
