/** The declared types of an image beside those of a release, or of a build between releases. */
import type { Arch } from '../../cpu/feature.ts';
import type { DeclaredType } from '../../graph/graph.ts';
import { type CodePlace, isGvisorType, isKnownType, listsAt, listsOf, type SchemaHistory, sameFields } from './schema-history.ts';

/** A type that the release does not have with these fields. */
export interface TypeDifference {
  readonly typeId: number;
  readonly name: string;
  /** Fields in the image, in encoded order. */
  readonly image: readonly string[];
  /** Fields in the release, in its order; null where it has no such type. */
  readonly release: readonly string[] | null;
}

/** A type about which the history cannot tell. */
export interface UndecidedType {
  readonly typeId: number;
  readonly name: string;
  /** No release of the history knows it, or it changed between the releases on both sides. */
  readonly why: 'unknown-type' | 'changed-between';
}

/** In order of declaration. */
export interface TypeComparison {
  readonly differing: readonly TypeDifference[];
  readonly undecided: readonly UndecidedType[];
}

/**
 * Compares names of fields as runsc's decoder does: as sets. What a field holds is not declared, and not compared.
 *
 * @see gVisor pkg/state/types.go: typeDecodeDatabase.Lookup
 */
export function compareTypes(
  history: SchemaHistory,
  types: readonly DeclaredType[],
  arch: Arch,
  place: CodePlace,
): TypeComparison {
  const differing: TypeDifference[] = [];
  const undecided: UndecidedType[] = [];
  for (const { id, name, fields } of types) {
    if (!isGvisorType(name)) continue;
    if (!isKnownType(history, name)) {
      undecided.push({ typeId: id, name, why: 'unknown-type' });
      continue;
    }
    const there = listsAt(listsOf(history, name, arch) ?? [], place);
    const fitting = there.filter((list) => list !== null && sameFields(list, fields)).length;
    const [release = null] = there;
    if (fitting === there.length) continue;
    if (there.length === 1) differing.push({ typeId: id, name, image: fields, release });
    else undecided.push({ typeId: id, name, why: 'changed-between' });
  }
  return { differing, undecided };
}
