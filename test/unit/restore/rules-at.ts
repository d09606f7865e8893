/** Rules of a date or release, for tests. */
import { CHANGES, type ChangeId } from '../../../src/restore/changes.ts';
import { type Rules, selectRules } from '../../../src/restore/rules.ts';

/** The rules of a restoring runsc whose version was given. */
export function rulesAt(version: string): Rules {
  return selectRules({ runscVersion: null, typesRelease: null }, { flag: version, host: null });
}

/** The same rules where the restoring version is not known to the version gate. */
export function anonymousRules(version: string): Rules {
  return { ...rulesAt(version), restoring: null };
}

/** The day before a YYYYMMDD date. */
export function dayBefore(date: string): string {
  const time = Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00Z`) - 86_400_000;
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
}

/** The day of a change and the day before it. */
export function boundary(id: ChangeId): { readonly before: string; readonly from: string } {
  return { before: dayBefore(CHANGES[id].date), from: CHANGES[id].date };
}
