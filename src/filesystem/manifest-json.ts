/** The manifest as JSON, from 9ca1678bc (2026-03-18, release-20260323.0) until 8bd698e1e (2026-08-10). */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { type JsonTree, parseJson } from '../oci/json-tree.ts';
import { type FilesystemManifest, type ManifestId, MOST_ENTRIES, manifestError } from './manifest.ts';

const MAX_UINT64 = 2n ** 64n - 1n;
const NULL: JsonTree = { kind: 'null' };

/** Reads a member of an object by its JSON name; {@link NULL} where there is none. */
type Members = (name: string) => JsonTree;

/**
 * Decodes a manifest by the rules of Go's encoding/json: names whatever their case, unknown ones skipped, null and missing ones empty.
 *
 * @throws CkptError `bad-metadata` for text that is no JSON or has values of other kinds, `over-limit`.
 * @see gVisor pkg/sentry/fscheckpoint/fscheckpoint.go: Manifest
 */
export function manifestFromJson(bytes: Uint8Array, limits: Limits): FilesystemManifest {
  const manifest = membersOf(parsed(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), limits), 'the manifest');
  return {
    encoding: 'json',
    version: uint64(manifest('version'), 'version'),
    runscVersion: text(manifest('runsc_version'), 'runsc_version'),
    pageSize: uint64(manifest('page_size'), 'page_size'),
    endian: text(manifest('endian'), 'endian'),
    memoryFiles: list(manifest('memory_files'), 'memory_files').map(({ member, path }) => ({
      id: idOf(member('resource_id'), path),
      metadataStart: uint64(member('pages_metadata_start'), `${path}.pages_metadata_start`),
      metadataEnd: uint64(member('pages_metadata_end'), `${path}.pages_metadata_end`),
      pagesStart: uint64(member('pages_start'), `${path}.pages_start`),
    })),
    tmpfs: list(manifest('tmpfs'), 'tmpfs').map(({ member, path }) => ({
      id: idOf(member('resource_id'), path),
      tarStart: uint64(member('tar_start'), `${path}.tar_start`),
      tarEnd: uint64(member('tar_end'), `${path}.tar_end`),
    })),
  };
}

function parsed(json: string, limits: Limits): JsonTree {
  try {
    return parseJson(json, limits);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    const { facts, place, code } = error;
    const line = place.line === undefined ? {} : { line: place.line };
    throw manifestError(code === 'over-limit' ? code : 'bad-metadata', facts.expected, facts.found, { ...line, cause: error });
  }
}

function idOf(tree: JsonTree, path: string): ManifestId {
  const member = membersOf(tree, `${path}.resource_id`);
  return {
    container: text(member('container_name'), `${path}.resource_id.container_name`),
    path: text(member('path'), `${path}.resource_id.path`),
  };
}

/** Of several members of one name the last counts. */
function membersOf(tree: JsonTree, path: string): Members {
  if (tree.kind === 'null') return () => NULL;
  if (tree.kind !== 'object') throw wrong(path, 'an object', tree);
  const byName = new Map(tree.members.map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => byName.get(name) ?? NULL;
}

function list(tree: JsonTree, path: string): { readonly member: Members; readonly path: string }[] {
  if (tree.kind === 'null') return [];
  if (tree.kind !== 'array') throw wrong(path, 'a list', tree);
  if (tree.items.length > MOST_ENTRIES)
    throw manifestError('over-limit', `at most ${MOST_ENTRIES} file systems`, String(tree.items.length));
  return tree.items.map((item, index) => ({ member: membersOf(item, `${path}[${index}]`), path: `${path}[${index}]` }));
}

function text(tree: JsonTree, path: string): string {
  if (tree.kind === 'null') return '';
  if (tree.kind !== 'string') throw wrong(path, 'a text', tree);
  return tree.value;
}

function uint64(tree: JsonTree, path: string): bigint {
  if (tree.kind === 'null') return 0n;
  const value = tree.kind === 'number' && /^[0-9]{1,20}$/.test(tree.text) ? BigInt(tree.text) : null;
  if (value === null || value > MAX_UINT64) throw wrong(path, 'a number from 0 to 2^64 - 1', tree);
  return value;
}

function wrong(path: string, expected: string, tree: JsonTree): CkptError {
  const found = tree.kind === 'number' ? tree.text.slice(0, 40) : tree.kind;
  return manifestError('bad-metadata', expected, found).at({ path });
}
