import { describe, expect, it } from 'vitest';
import { CHANGES, type ChangeId, NEWEST_KNOWN_DATE, NEWEST_KNOWN_RELEASE } from '../../../src/restore/changes.ts';
import { RELEASE_TAGS, releaseTag } from '../../../src/restore/release-tags.ts';
import { selectRules } from '../../../src/restore/rules.ts';
import { dayBefore, rulesAt } from './rules-at.ts';

const IMAGE = {
  runscVersion: { value: 'release-20250820.0', from: 'header' },
  typesRelease: { first: 'release-20240401.0', last: 'release-20240408.0', exact: true },
} as const;

describe('selectRules', () => {
  it('prefers flag, host, image, types, newest, in this order', () => {
    const pick = (flag: string | null, host: string | null, image: Parameters<typeof selectRules>[0]) => {
      const { from, release, restoring } = selectRules(image, { flag, host });
      return { from, release, restoring };
    };
    expect(pick('20260101', 'release-20240401.0', IMAGE)).toEqual({
      from: 'flag',
      release: 'release-20260101.0',
      restoring: '20260101',
    });
    expect(pick(null, 'release-20240401.0', IMAGE)).toEqual({
      from: 'host',
      release: 'release-20240401.0',
      restoring: 'release-20240401.0',
    });
    expect(pick(null, null, IMAGE)).toEqual({ from: 'image', release: 'release-20250820.0', restoring: null });
    expect(pick(null, null, { ...IMAGE, runscVersion: null })).toEqual({
      from: 'types',
      release: 'release-20240408.0',
      restoring: null,
    });
    expect(pick(null, null, { runscVersion: null, typesRelease: null })).toEqual({
      from: 'newest',
      release: NEWEST_KNOWN_RELEASE,
      restoring: null,
    });
  });

  it('passes over a version that names no code, and still compares it', () => {
    expect(selectRules(IMAGE, { flag: 'VERSION_MISSING', host: 'release-20240401.0' })).toMatchObject({
      from: 'host',
      restoring: 'VERSION_MISSING',
    });
    const unstamped = { runscVersion: { value: 'VERSION_MISSING', from: 'header' }, typesRelease: IMAGE.typesRelease } as const;
    expect(selectRules(unstamped, { flag: null, host: null }).from).toBe('types');
  });

  it('has every change in the newest rules, and says when code is newer than they are', () => {
    const newest = selectRules({ runscVersion: null, typesRelease: null }, { flag: null, host: null });
    expect((Object.keys(CHANGES) as ChangeId[]).filter((id) => !newest.has(id))).toEqual([]);
    expect(newest.newerThanKnown).toBe(false);
    expect(rulesAt('20270101').newerThanKnown).toBe(true);
    expect(rulesAt(NEWEST_KNOWN_DATE).newerThanKnown).toBe(false);
  });
});

describe('every change', () => {
  it.each(Object.keys(CHANGES) as ChangeId[])('%s begins on its date and with its release', (id) => {
    const change = CHANGES[id];
    expect(rulesAt(dayBefore(change.date)).has(id)).toBe(false);
    expect(rulesAt(change.date).has(id)).toBe(true);
    const first = releaseTag(change.firstRelease);
    expect(first).toBeDefined();
    const before = RELEASE_TAGS[(first?.rank ?? 0) - 1];
    expect(rulesAt(change.firstRelease).has(id)).toBe(true);
    expect(rulesAt(before?.name ?? '').has(id)).toBe(false);
    // The release contains the change, so its code is not older than the change; the one before is not newer than the release.
    expect((first?.date ?? '') >= change.date).toBe(true);
  });

  it('is listed oldest first', () => {
    const dates = Object.values(CHANGES).map((change) => change.date);
    expect(dates).toEqual([...dates].sort());
  });
});
