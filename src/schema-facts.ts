/** How the types of an opened image fit a restoring runsc. */
import type { Arch } from './cpu/feature.ts';
import type { Graph } from './graph/graph.ts';
import { compareTypes, type TypeDifference } from './kernel/types/compare-types.ts';
import { type FirstRefused, firstRefused } from './kernel/types/first-refused.ts';
import { type CodePlace, listsAt, listsOf, loadSchemaHistory, type SchemaHistory } from './kernel/types/schema-history.ts';
import type { OpenedImage } from './read-image.ts';
import { placeOf } from './restore/code-place.ts';
import type { ImageFacts, TypesFit } from './restore/image-facts.ts';

import type { Rules } from './restore/rules.ts';
import { parseRunscVersion } from './restore/runsc-version.ts';
import { relationToSaver } from './restore/same-release.ts';

/**
 * Compares the saved types with those of the restoring runsc; null when the kernel graph was not read. The history of types is loaded
 * only when that is not the runsc that saved the image.
 *
 * @param arch of the host
 */
export async function typesFit(
  image: Pick<OpenedImage, 'kernel' | 'cpu'>,
  known: Pick<ImageFacts, 'runscVersion' | 'typesRelease'>,
  rules: Rules,
  arch: Arch,
): Promise<TypesFit | null> {
  if (image.kernel === null) return null;
  const relation = relationToSaver(known, rules.restoring);
  if (relation === 'nameless') return { kind: 'unknown-release' };
  if (relation !== 'other' && arch === image.cpu.arch) return { kind: 'same-release' };
  const version = parseRunscVersion(rules.release);
  const history = await loadSchemaHistory();
  const place = version === null ? null : placeOf(history, version);
  return place === null ? { kind: 'unknown-release' } : fitOf(history, image.kernel.graph, arch, place);
}

/** The comparison with a release, or with a build between releases. */
export function fitOf(
  history: SchemaHistory,
  graph: Graph,
  arch: Arch,
  place: CodePlace,
): Extract<TypesFit, { kind: 'compared' }> {
  const { differing, undecided } = compareTypes(history, graph.types, arch, place);
  const suspects = new Set([...differing, ...undecided].map(({ typeId }) => typeId));
  const { used, first } = firstRefused(graph, suspects, fieldOrder(history, graph, arch, place));
  const inUse = ({ typeId }: { readonly typeId: number }): boolean => used[typeId] === 1;
  return {
    kind: 'compared',
    releases: [...new Set([place.from, place.to])].map((release) => history.releases[release] as string),
    used: used.reduce((sum, one) => sum + one, 0),
    differing: differing.filter(inUse).map(mismatch),
    undecided: undecided.filter(inUse).map(({ name, why }) => ({ name, why })),
    first: certainFirst(differing, first),
  };
}

/** By type id: 1 where some object has the type, so that a restoring runsc looks at it. */
export function usedTypes(graph: Graph): Uint8Array {
  return firstRefused(graph, new Set(), () => null).used;
}

function mismatch({ name, image, release }: TypeDifference): {
  name: string;
  image: readonly string[];
  release: readonly string[] | null;
} {
  return { name, image, release };
}

function certainFirst(
  differing: readonly TypeDifference[],
  first: FirstRefused | null,
): Extract<TypesFit, { kind: 'compared' }>['first'] {
  const type = differing.find(({ typeId }) => typeId === first?.typeId);
  if (first === null || !first.certain || type === undefined) return null;
  const { as, objectId, goType, goValue } = first;
  return { ...mismatch(type), as, objectId, goType, goValue };
}

/** The restoring runsc decodes fields in its own order. */
function fieldOrder(
  history: SchemaHistory,
  graph: Graph,
  arch: Arch,
  place: CodePlace,
): (typeId: number) => readonly number[] | null {
  const orders = new Map<number, readonly number[] | null>();
  return (typeId) => {
    const known = orders.get(typeId);
    if (known !== undefined) return known;
    const type = graph.types[typeId - 1];
    const there = type === undefined ? null : (listsAt(listsOf(history, type.name, arch) ?? [], place)[0] ?? null);
    const order = there === null || type === undefined ? null : there.map((name) => type.fields.indexOf(name));
    const usable = order?.every((field) => field >= 0) === true && order.some((field, index) => field !== index) ? order : null;
    orders.set(typeId, usable);
    return usable;
  };
}
