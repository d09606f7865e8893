/** Compares two JSON values field by field. */
import type { SideValue } from './difference.ts';

/** A field that differs: its path and both values; undefined where a side does not have it. */
export interface JsonDifference {
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** Lists whose order means nothing, by the name of their field: what identifies an item. */
export type ListKeys = Readonly<Record<string, (item: unknown) => string>>;

/** The deepest nesting that is compared field by field; below it values are compared as a whole. */
const DEEPEST = 32;

/**
 * Every field that differs, in the order of A and then what only B has. A missing field, null, an empty list and an empty object are the
 * same, as they are in a Go struct that was saved with omitempty.
 */
export function compareJson(a: unknown, b: unknown, keys: ListKeys, path = '', depth = 0): JsonDifference[] {
  if (isEmpty(a) && isEmpty(b)) return [];
  if (depth < DEEPEST && (isObject(a) || isEmpty(a)) && (isObject(b) || isEmpty(b))) {
    const left = isObject(a) ? a : {};
    const right = isObject(b) ? b : {};
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((name) =>
      compareJson(own(left, name), own(right, name), keys, path === '' ? name : `${path}.${name}`, depth + 1),
    );
  }
  const key = keys[path.slice(path.lastIndexOf('.') + 1)];
  if (depth < DEEPEST && key !== undefined && (Array.isArray(a) || isEmpty(a)) && (Array.isArray(b) || isEmpty(b))) {
    const left = byKey(Array.isArray(a) ? a : [], key);
    const right = byKey(Array.isArray(b) ? b : [], key);
    return [...new Set([...left.keys(), ...right.keys()])].flatMap((name) =>
      compareJson(left.get(name), right.get(name), keys, `${path}[${name}]`, depth + 1),
    );
  }
  return textOf(a) === textOf(b) ? [] : [{ path, a, b }];
}

/** A JSON value as a side of a difference. */
export function sideOf(value: unknown): SideValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number')) return value;
  return textOf(value);
}

/** The value as JSON. What is nested deeper than the stack allows (no runsc writes that) is named, not compared. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (error) {
    if (error instanceof RangeError) return '(nested too deeply to compare)';
    throw error;
  }
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function byKey(items: readonly unknown[], key: (item: unknown) => string): Map<string, unknown> {
  const map = new Map<string, unknown>();
  for (const item of items) {
    const name = key(item);
    let unique = name;
    for (let count = 2; map.has(unique); count++) unique = `${name}#${count}`;
    map.set(unique, item);
  }
  return map;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
