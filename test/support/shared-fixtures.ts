/** The corpus of real images beside a development checkout; public clones do not have it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/fixtures');

export const HAS_SHARED = existsSync(join(ROOT, 'restores.json'));
if (!HAS_SHARED) console.warn('SKIPPED: the corpus of real images (../shared/fixtures) is not here; its tests do not run.');

/** A path inside the corpus. */
export function shared(...parts: readonly string[]): string {
  return join(ROOT, ...parts);
}

export function sharedJson<T>(name: string): T {
  return JSON.parse(readFileSync(shared(name), 'utf8')) as T;
}

/** Names of all images, such as `20260817/sh-none` or `arm64/max/sh-flate`. */
export function sharedImages(): string[] {
  if (!HAS_SHARED) return [];
  const names: string[] = [];
  for (const date of readdirSync(shared('images'))) {
    for (const name of readdirSync(shared('images', date))) {
      if (existsSync(shared('images', date, name, 'image'))) names.push(`${date}/${name}`);
      else for (const inner of readdirSync(shared('images', date, name))) names.push(`${date}/${name}/${inner}`);
    }
  }
  return names.filter((name) => existsSync(imageOf(name)));
}

/** The directory of an image. */
export function imageOf(name: string): string {
  return shared('images', name, 'image');
}

/** A file of truth beside an image, or null. */
export function truthOf(name: string, file: string): Buffer | null {
  const path = shared('images', name, 'truth', file);
  return existsSync(path) ? readFileSync(path) : null;
}

/** One answer of the real runsc. */
export interface RealRestore {
  readonly image: string;
  readonly host?: string;
  readonly runsc?: string;
  readonly verdict: 'restorable' | 'blocked';
  readonly firstFailure: string | null;
  readonly missingFeatures?: readonly string[];
  readonly runscError?: string | null;
  /** What no description of that host can tell. */
  readonly unknowable?: readonly string[];
}
