/** Puts a level into an OCI config, in place. */

import { editJson, withoutMark } from './documents/edit-json.ts';
import { isObject } from './documents/text-document.ts';
import { CkptError } from './errors.ts';
import { ANNOTATION } from './fleet/annotation.ts';
import { replaceFile } from './io/replace-file.ts';
import { readSmallFile } from './io/small-files.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';

/** What became of the file. */
export interface WrittenLevel {
  readonly file: string;
  /** False when it had that annotation already: nothing was written then. */
  readonly changed: boolean;
  /** Where the old content is; null when nothing was written. */
  readonly backup: string | null;
}

/**
 * Sets the annotation in a config.json; the rest of the text stays as it is.
 *
 * @throws CkptError when it cannot be read, or is no OCI runtime config; UsageError when it cannot be written
 */
export function writeLevel(file: string, value: string, limits: Limits = DEFAULT_LIMITS): WrittenLevel {
  const before = readSmallFile(file, limits.specBytes, 'an OCI runtime spec');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(before);
  const config = ociConfig(file, text, before);
  if (isDeeperThan(config, limits.depth))
    throw new CkptError(
      'over-limit',
      { layer: 'spec', file },
      { expected: `at most ${limits.depth} levels of JSON`, found: 'more' },
    );
  if (annotationsOf(config)?.[ANNOTATION] === value) return { file, changed: false, backup: null };
  const edited = editJson(text, ['annotations', ANNOTATION], value);
  const after = JSON.parse(withoutMark(edited)) as unknown;
  const expected = { ...config, annotations: { ...annotationsOf(config), [ANNOTATION]: value } };
  if (!isSame(after, expected))
    throw wrong(file, 'one that can be edited', 'one that names a key more than once', 'Correct it by hand');
  return { file, changed: true, backup: replaceFile(file, before, Buffer.from(edited)) };
}

function ociConfig(file: string, text: string, bytes: Uint8Array): Record<string, unknown> {
  if (!Buffer.from(text).equals(bytes)) throw wrong(file, 'UTF-8', 'other bytes');
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(text));
  } catch (error) {
    throw wrong(file, 'JSON', error instanceof Error ? error.message : String(error));
  }
  if (!isObject(value) || typeof value['ociVersion'] !== 'string')
    throw wrong(file, 'an object with ociVersion', 'something else');
  const annotations = value['annotations'];
  if (annotations !== undefined && !isObject(annotations)) throw wrong(file, 'annotations as an object', 'something else');
  return value;
}

function annotationsOf(config: Record<string, unknown>): Record<string, unknown> | undefined {
  const annotations = config['annotations'];
  return isObject(annotations) ? annotations : undefined;
}

function wrong(file: string, expected: string, found: string, hint = 'Name the config.json of an OCI bundle'): CkptError {
  return new CkptError('bad-spec', { layer: 'spec', file }, { expected: `an OCI runtime config: ${expected}`, found, hint });
}

function isDeeperThan(value: unknown, limit: number): boolean {
  const open: [unknown, number][] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [inside, depth] = next;
    if (typeof inside !== 'object' || inside === null) continue;
    if (depth >= limit) return true;
    for (const child of Object.values(inside)) open.push([child, depth + 1]);
  }
  return false;
}

/** Whether two values are written alike, whatever the order of their keys. Both come out of one parser, whose depth the ceiling on bytes bounds. */
function isSame(a: unknown, b: unknown): boolean {
  const open: [unknown, unknown][] = [[a, b]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [left, right] = pair;
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
      if (!Object.is(left, right)) return false;
      continue;
    }
    const names = Object.keys(left);
    if (Array.isArray(left) !== Array.isArray(right) || names.length !== Object.keys(right).length) return false;
    for (const name of names) {
      if (!Object.hasOwn(right, name)) return false;
      open.push([(left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]]);
    }
  }
  return true;
}
