/** The small language in which the table says what /proc/cpuinfo proves, and what it is asked of. */

/** What must hold on a page for a conclusion. A flag that only some logical CPUs show is neither shown nor hidden. */
export type Condition =
  /** Every logical CPU shows the flag. */
  | { readonly kind: 'shown'; readonly flag: string }
  /** No logical CPU shows the flag. */
  | { readonly kind: 'hidden'; readonly flag: string }
  /** Every logical CPU has one of these vendor strings. */
  | { readonly kind: 'vendor'; readonly is: readonly string[] }
  /** No logical CPU is of this vendor, family and one of these models. */
  | { readonly kind: 'other-model'; readonly vendor: string; readonly family: number; readonly models: readonly number[] }
  /** `cpuid level` of every logical CPU is at least this. */
  | { readonly kind: 'level'; readonly atLeast: number }
  /** The line `bugs` is there and does not name this one. */
  | { readonly kind: 'no-bug'; readonly bug: string }
  /** One of these at least. */
  | { readonly kind: 'any'; readonly of: readonly Condition[] };

/** What one flag, shown or missing, proves of a CPUID bit. */
export interface EvidenceRule {
  /** Conditions besides the flag itself under which the bit is 1; null when nothing on the page proves that. */
  readonly present: readonly Condition[] | null;
  /** Conditions besides the missing flag under which the bit is 0; null when nothing on the page proves that. */
  readonly absent: readonly Condition[] | null;
  /** What can make the flag and the bit differ, as a clause that says why the answer may be unknown. */
  readonly because: string;
  /** Kernel file and function, commit, or manual. */
  readonly source: string;
}

/** What the conditions are asked of: all logical CPUs of one page together. */
export interface CpuinfoSummary {
  /** Flags that every logical CPU shows. */
  readonly shown: ReadonlySet<string>;
  /** Flags that at least one logical CPU shows. */
  readonly shownAnywhere: ReadonlySet<string>;
  /** Entries of all `bugs` lines, or null when a logical CPU has no such line. */
  readonly bugs: ReadonlySet<string> | null;
  /** Vendor, family and model of every kind of CPU; null where the page does not say. */
  readonly models: readonly CpuinfoModel[];
  /** Smallest `cpuid level`, or null when a logical CPU lacks the line. */
  readonly level: number | null;
}

interface CpuinfoModel {
  readonly vendor: string | null;
  readonly family: number | null;
  readonly model: number | null;
}

/** Whether all conditions hold; what the page does not say does not hold. */
export function allHold(conditions: readonly Condition[], page: CpuinfoSummary): boolean {
  return conditions.every((condition) => holds(condition, page));
}

function holds(condition: Condition, page: CpuinfoSummary): boolean {
  switch (condition.kind) {
    case 'shown':
      return page.shown.has(condition.flag);
    case 'hidden':
      return !page.shownAnywhere.has(condition.flag);
    case 'vendor':
      return page.models.every(({ vendor }) => vendor !== null && condition.is.includes(vendor));
    case 'other-model':
      return page.models.every((cpu) => isOtherModel(condition, cpu));
    case 'level':
      return page.level !== null && page.level >= condition.atLeast;
    case 'no-bug':
      return page.bugs !== null && !page.bugs.has(condition.bug);
    case 'any':
      return condition.of.some((one) => holds(one, page));
  }
}

function isOtherModel(condition: Condition & { kind: 'other-model' }, cpu: CpuinfoModel): boolean {
  if (cpu.vendor === null) return false;
  if (cpu.vendor !== condition.vendor) return true;
  if (cpu.family === null) return false;
  if (cpu.family !== condition.family) return true;
  return cpu.model !== null && !condition.models.includes(cpu.model);
}

export function shown(flag: string): Condition {
  return { kind: 'shown', flag };
}

export function hidden(flag: string): Condition {
  return { kind: 'hidden', flag };
}

export function vendor(...is: readonly string[]): Condition {
  return { kind: 'vendor', is };
}

export function otherModel(vendorName: string, family: number, models: readonly number[]): Condition {
  return { kind: 'other-model', vendor: vendorName, family, models };
}

export function level(atLeast: number): Condition {
  return { kind: 'level', atLeast };
}

export function noBug(bug: string): Condition {
  return { kind: 'no-bug', bug };
}

export function any(...of: readonly Condition[]): Condition {
  return { kind: 'any', of };
}
