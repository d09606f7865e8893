/** What the comparison of two specs finds. */
import type { GoValue } from '../../oci/go-value.ts';
import type { GoType } from '../../oci/spec-types.ts';
import { goSyntax, goText, quoted } from '../go-syntax.ts';
import type { Rules } from '../rules.ts';
import type { SpecDifference } from './spec-difference.ts';
import { valueText } from './value-text.ts';

/** One comparison that fails: where runsc stops, unless an earlier one does. */
export interface SpecMismatch {
  readonly differences: readonly SpecDifference[];
  /** runsc's text, or null when it cannot be known. */
  readonly error: string | null;
  /** runsc looks at files of the host first, which may make the values equal. */
  readonly undecided: boolean;
}

/** The two sides of a comparison, and for whom. */
export interface SpecSides {
  readonly container: string;
  readonly rules: Rules;
}

/** Longer messages are not composed: nobody reads them. */
const MOST_TEXT = 262_144;

/** A mismatch of one field, with runsc's name of it. */
export function mismatch(
  sides: SpecSides,
  field: string,
  type: GoType,
  saved: GoValue,
  given: GoValue,
  differences: readonly SpecDifference[],
  problem: string | null = null,
): SpecMismatch {
  return { differences, error: mismatchText(sides, field, type, saved, given, problem), undecided: false };
}

/** A difference between two whole values. */
export function difference(field: string, saved: GoValue, given: GoValue, type: GoType): SpecDifference {
  return { field, saved: valueText(type, saved), given: valueText(type, given) };
}

/** @see gVisor runsc/specutils/restore.go: validateError, validateErrorWithMsg */
function mismatchText(
  { container, rules }: SpecSides,
  field: string,
  type: GoType,
  saved: GoValue,
  given: GoValue,
  problem: string | null,
): string | null {
  const exact = rules.has('spec-error-quoted');
  const print = exact ? goSyntax : goText;
  const before = print(type, saved);
  const after = print(type, given);
  if (before === null || after === null || before.length + after.length > MOST_TEXT) return null;
  const name = exact ? [quoted(field), quoted(container)] : [field, container];
  const text = `${name[0]} does not match across checkpoint restore for container: ${name[1]}, checkpoint ${before} restore ${after}`;
  return problem === null ? text : `${text}, got error ${problem}`;
}
