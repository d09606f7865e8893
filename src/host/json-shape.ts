/** Strict reading of a JSON document: every value is checked for its shape, and an error names its path. */
import { CkptError } from '../errors.ts';
import { hostError } from './host-text.ts';

/** A value of a JSON document with where it stands. */
export interface JsonPlace {
  readonly value: unknown;
  readonly path: string;
}

/** @throws CkptError `bad-host` when the text is not JSON. */
export function parseJsonText(text: string): JsonPlace {
  try {
    return { value: JSON.parse(text), path: '$' };
  } catch (error) {
    throw hostError(
      'bad-host',
      jsonErrorLine(text, error),
      'a JSON document',
      error instanceof Error ? error.message : String(error),
      'The file may be cut off: capture it again',
    );
  }
}

/** The line (1-based) that an error of JSON.parse speaks of, or null where it does not say. */
export function jsonErrorLine(text: string, error: unknown): number | null {
  const message = error instanceof Error ? error.message : '';
  const position = / at position (\d{1,15})/.exec(message)?.[1];
  if (position === undefined && !message.startsWith('Unexpected end')) return null;
  const before = text.slice(0, position === undefined ? text.trimEnd().length : Number(position));
  return before.split('\n').length;
}

/** @throws CkptError `bad-host`: the value is not what the schema says. */
export function wrongShape(place: JsonPlace, expected: string): never {
  throw new CkptError('bad-host', { layer: 'host', path: place.path }, { expected, found: describeJson(place.value) });
}

/** An entry of an object; undefined when it is missing. */
export function entry(place: JsonPlace, key: string): JsonPlace | undefined {
  const object = place.value;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) wrongShape(place, 'an object');
  const value: unknown = Object.getOwnPropertyDescriptor(object, key)?.value;
  return value === undefined ? undefined : { value, path: `${place.path}.${key}` };
}

/** An entry that the schema demands. */
export function required(place: JsonPlace, key: string): JsonPlace {
  const found = entry(place, key);
  if (found === undefined) wrongShape({ value: undefined, path: `${place.path}.${key}` }, 'a value');
  return found;
}

/** A string of at most `limit` characters. */
export function text(place: JsonPlace, limit = 4096): string {
  if (typeof place.value !== 'string') wrongShape(place, 'a string');
  if (place.value.length > limit)
    wrongShape({ ...place, value: `${place.value.length} characters` }, `at most ${limit} characters`);
  return place.value;
}

/** One of a few strings. */
export function oneOf<T extends string>(place: JsonPlace, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === place.value);
  return found ?? wrongShape(place, `one of ${choices.join(', ')}`);
}

/** An integer from 0 to `highest`. */
export function count(place: JsonPlace, highest: number): number {
  const { value } = place;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > highest)
    wrongShape(place, `an integer from 0 to ${highest}`);
  return value;
}

export function flag(place: JsonPlace): boolean {
  return typeof place.value === 'boolean' ? place.value : wrongShape(place, 'true or false');
}

/** A `0x…` string of at most `bits` bits. */
export function hexNumber(place: JsonPlace, bits: 32 | 64): bigint {
  const digits = typeof place.value === 'string' ? /^0x([0-9a-fA-F]{1,16})$/.exec(place.value)?.[1] : undefined;
  if (digits === undefined || BigInt(`0x${digits}`) >> BigInt(bits) !== 0n)
    wrongShape(place, `a ${bits}-bit number as a string 0x…`);
  return BigInt(`0x${digits}`);
}

/** A list of at most `limit` values. */
export function list(place: JsonPlace, limit: number): JsonPlace[] {
  if (!Array.isArray(place.value)) wrongShape(place, 'a list');
  if (place.value.length > limit) wrongShape({ ...place, value: `${place.value.length} values` }, `at most ${limit} values`);
  return place.value.map((value: unknown, index) => ({ value, path: `${place.path}[${index}]` }));
}

/** What `read` makes of a value, or null where the document says null or has nothing. */
export function optional<T>(place: JsonPlace | undefined, read: (place: JsonPlace) => T): T | null {
  return place === undefined || place.value === null ? null : read(place);
}

function describeJson(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const shown = JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
}
