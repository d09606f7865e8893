/** Strict reading of a configuration: every value knows its file, line and key, and nothing that is not known passes. */
import { closestName } from '../closest-name.ts';
import { type DocumentPath, pathText, type TextDocument } from '../documents/text-document.ts';
import { UsageError } from '../errors.ts';

/** A value of a configuration with where it stands. */
export interface ConfigPlace {
  readonly file: string;
  readonly document: TextDocument;
  readonly path: DocumentPath;
  readonly value: unknown;
}

/** `ckpt.yaml:12` */
export function placeText({ file, document, path }: ConfigPlace): string {
  const line = document.lineOf(path);
  return line === null ? file : `${file}:${line}`;
}

/** @throws UsageError: where, which key, and what is wrong with it */
export function refuse(place: ConfigPlace, complaint: string): never {
  const key = place.path.length === 0 ? '' : ` ${pathText(place.path)}:`;
  throw new UsageError(`${placeText(place)}:${key} ${complaint}`);
}

/**
 * The entries of an object; null and nothing are an empty one.
 *
 * @throws UsageError for a key that is not among `keys`, with the near one, and for anything else than an object
 */
export function entriesOf<K extends string>(place: ConfigPlace, keys: readonly K[]): Partial<Record<K, ConfigPlace>> {
  const { value } = place;
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) refuse(place, `expected keys with values, found ${kindOf(value)}`);
  const entries: Partial<Record<K, ConfigPlace>> = {};
  for (const [key, inner] of Object.entries(value)) {
    const known = keys.find((name) => name === key);
    if (known === undefined) {
      const meant = closestName(key, keys);
      const hint = meant === null ? `known are ${keys.join(', ')}` : `did you mean ${meant}?`;
      refuse({ ...place, path: [...place.path, key] }, `unknown key; ${hint}`);
    }
    entries[known] = { ...place, path: [...place.path, key], value: inner as unknown };
  }
  return entries;
}

/** The elements of a list; one value that is no list stands for a list of it. */
export function listOf(place: ConfigPlace): ConfigPlace[] {
  const { value, path } = place;
  if (!Array.isArray(value)) return [place];
  return value.map((inner: unknown, index) => ({ ...place, path: [...path, index], value: inner }));
}

/** @throws UsageError for what is no text, or an empty one. A number or date that YAML made of it must be quoted. */
export function textOf(place: ConfigPlace): string {
  const { value } = place;
  if (typeof value !== 'string')
    refuse(place, `expected a text, found ${kindOf(value)}${typeof value === 'number' ? '; quote it' : ''}`);
  if (value.trim() === '') refuse(place, 'expected a text, found an empty one');
  return value;
}

/** @throws UsageError for anything but one of `names`, with the near one */
export function nameOf<T extends string>(place: ConfigPlace, names: readonly T[]): T {
  const given = textOf(place);
  const known = names.find((name) => name === given);
  if (known !== undefined) return known;
  const meant = closestName(given, names);
  return refuse(
    place,
    `unknown value ${JSON.stringify(given)}; ${meant === null ? `known are ${names.join(', ')}` : `did you mean ${meant}?`}`,
  );
}

/** A day that there is, YYYY-MM-DD. @throws UsageError */
export function dayOf(place: ConfigPlace): string {
  const given = textOf(place);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(given) ? Date.parse(`${given}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== given)
    refuse(place, `expected a day as YYYY-MM-DD, found ${JSON.stringify(given)}`);
  return given;
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'keys with values' : `${typeof value} ${JSON.stringify(value)}`;
}
