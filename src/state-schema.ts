/** Use case `state schema`: which gVisor releases could have written an image by its types, and which could load it. */
import type { Arch } from './cpu/feature.ts';
import { CkptError, UsageError } from './errors.ts';
import { runscVersionOf } from './image-facts.ts';
import { compareTypes, type TypeDifference } from './kernel/types/compare-types.ts';
import { type Releases, rangesOf, releasesByEqualTypes } from './kernel/types/equal-types.ts';
import { unnamedReleases } from './kernel/types/release-of-types.ts';
import {
  type CodePlace,
  isGvisorType,
  isKnownType,
  loadSchemaHistory,
  type SchemaHistory,
} from './kernel/types/schema-history.ts';
import type { Limits } from './limits.ts';
import { readImage } from './read-image.ts';
import { placeOf } from './restore/code-place.ts';
import { refusalText } from './restore/refusal-text.ts';
import { parseRunscVersion } from './restore/runsc-version.ts';
import { fitOf, usedTypes } from './schema-facts.ts';
import type { DifferingType, StateSchemaDocument } from './state-schema-document.ts';
import { TOOL } from './tool.ts';

export interface StateSchemaOptions {
  /** A version of runsc to compare with: a release, Debian's version, a build behind a tag, or a date. */
  readonly against?: string;
  readonly key?: Uint8Array;
  readonly limits?: Limits;
}

/**
 * Compares the types of the kernel graph with those of every gVisor release since 2021.
 *
 * @throws UsageError when `against` names no release of the history; CkptError when the image cannot be read up to the end of its kernel graph.
 */
export async function stateSchema(path: string, options: StateSchemaOptions = {}): Promise<StateSchemaDocument> {
  const history = await loadSchemaHistory();
  const other = options.against === undefined ? null : placeToCompare(history, options.against);
  const image = await readImage(path, {
    depth: 'kernel',
    key: options.key ?? null,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  if (image.kernel === null) throw image.damage ?? unread(path);
  const { graph } = image.kernel;
  const { arch } = image.cpu;
  const version = runscVersionOf(image)?.value ?? null;
  const used = usedTypes(graph);
  const types = graph.types.filter(({ name }) => isGvisorType(name));
  const row = differingType(used);
  return {
    schema: 'ckpt/state-schema@1',
    tool: TOOL,
    image: { path, runscVersion: version, arch, hmac: image.statefile.hmac, keyVerified: image.statefile.keyVerified },
    types: {
      declared: types.length,
      used: types.filter(({ id }) => used[id] === 1).length,
      unknown: types.filter(({ name }) => !isKnownType(history, name)).map(({ name }) => name),
    },
    writtenBy: writers(history, types, arch, version === null, row),
    loadableBy: loaders(
      history,
      types.filter(({ id }) => used[id] === 1),
      arch,
    ),
    version: agreement(history, types, arch, version, row),
    against: other === null ? null : comparison(history, graph, arch, options.against ?? '', other, row),
  };
}

type Types = Parameters<typeof compareTypes>[1];
type Row = (difference: TypeDifference) => DifferingType;

function differingType(used: Uint8Array): Row {
  return ({ typeId, name, image, release }) => ({
    name,
    used: used[typeId] === 1,
    missing: release === null,
    onlyInImage: release === null ? [] : image.filter((field) => !release.includes(field)),
    onlyInRelease: release === null ? [] : release.filter((field) => !image.includes(field)),
  });
}

/** An image names its fields in the order of the release that wrote it. */
function writers(history: SchemaHistory, types: Types, arch: Arch, unnamed: boolean, row: Row): StateSchemaDocument['writtenBy'] {
  const inOrder = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((name, index) => name === b[index]);
  const { equal } = releasesByEqualTypes(history, types, arch, inOrder);
  const count = unnamed ? unnamedReleases(history) : history.releases.length;
  const best = equal.subarray(0, count).reduce((most, here) => Math.max(most, here), 0);
  if (best === 0) return { exact: false, releases: [], equal: 0, differing: [] };
  const releases = rangesOf(history, (release) => release < count && equal[release] === best);
  const nearest = history.releases.indexOf((releases.at(-1) as Releases).last);
  const { differing } = compareTypes(history, types, arch, { from: nearest, to: nearest, date: null });
  return { exact: best === types.length, releases, equal: best, differing: best === types.length ? [] : differing.map(row) };
}

function loaders(history: SchemaHistory, used: Types, arch: Arch): Releases[] {
  const { equal } = releasesByEqualTypes(history, used, arch);
  return used.length === 0 ? [] : rangesOf(history, (release) => equal[release] === used.length);
}

/** Whether the types are those of the version that the image names. */
function agreement(
  history: SchemaHistory,
  types: Types,
  arch: Arch,
  version: string | null,
  row: Row,
): StateSchemaDocument['version'] {
  const parsed = version === null ? null : parseRunscVersion(version);
  const place = parsed === null ? null : placeOf(history, parsed);
  if (place === null) return { value: version, agrees: null, differing: [] };
  const { differing, undecided } = compareTypes(history, types, arch, place);
  const agrees = differing.length > 0 ? false : undecided.length > 0 ? null : true;
  return { value: version, agrees, differing: differing.map(row) };
}

function comparison(
  history: SchemaHistory,
  graph: Parameters<typeof fitOf>[1],
  arch: Arch,
  release: string,
  place: CodePlace,
  row: Row,
): NonNullable<StateSchemaDocument['against']> {
  const { differing, undecided } = compareTypes(history, graph.types, arch, place);
  const fit = fitOf(history, graph, arch, place);
  return {
    release,
    releases: fit.releases,
    loads: fit.differing.length > 0 ? false : fit.undecided.length > 0 ? null : true,
    differing: differing.map(row),
    undecided: undecided.map(({ name, why }) => ({ name, why })),
    firstMet: fit.first === null ? null : { object: fit.first.objectId, type: fit.first.name },
    runscError: fit.first === null ? null : refusalText(fit.first),
  };
}

function placeToCompare(history: SchemaHistory, release: string): CodePlace {
  const version = parseRunscVersion(release);
  if (version === null) {
    throw new UsageError(
      `--against takes a version of runsc, like release-20260817.0, 0.0~20240729.0 or 2024-07-29, found ${release}`,
    );
  }
  const place = placeOf(history, version);
  if (place === null) {
    throw new UsageError(
      `the history of types reaches from ${history.releases[0]} to ${history.releases.at(-1)}, and ${release} is outside`,
    );
  }
  return place;
}

function unread(path: string): CkptError {
  return new CkptError('inconsistent', { layer: 'graph', file: path }, { expected: 'a kernel graph', found: 'none' });
}
