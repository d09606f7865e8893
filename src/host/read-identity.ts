/** The identity of a CPU out of a profile. */
import type { CacheDescription } from '../cpu/caches.ts';
import type { CpuIdentity } from '../cpu/identity.ts';
import { count, entry, flag, type JsonPlace, list, oneOf, optional, required, text } from './json-shape.ts';

const MOST_CACHES = 64;

/** @throws CkptError `bad-host` when a value is of another shape. */
export function readIdentity(place: JsonPlace): CpuIdentity {
  const word = (key: string): string | null => optional(entry(place, key), (value) => text(value, 256));
  const number = (key: string): number | null => optional(entry(place, key), (value) => count(value, 0xffff_ffff));
  return {
    arch: oneOf(required(place, 'arch'), ['amd64', 'arm64']),
    vendor: word('vendor'),
    brand: word('brand'),
    family: number('family'),
    model: number('model'),
    stepping: number('stepping'),
    microarchitecture: word('microarchitecture'),
    caches: (optional(entry(place, 'caches'), (value) => list(value, MOST_CACHES)) ?? []).map(readCache),
    physicalAddressBits: number('physicalAddressBits'),
    virtualAddressBits: number('virtualAddressBits'),
    xsaveSizes: optional(entry(place, 'xsaveSizes'), (value) => ({
      enabled: count(required(value, 'enabled'), 0xffff_ffff),
      maximum: count(required(value, 'maximum'), 0xffff_ffff),
    })),
    implementer: number('implementer'),
    variant: number('variant'),
    part: number('part'),
    revision: number('revision'),
  };
}

function readCache(place: JsonPlace): CacheDescription {
  const number = (key: string): number => count(required(place, key), Number.MAX_SAFE_INTEGER);
  return {
    level: number('level'),
    type: oneOf(required(place, 'type'), ['data', 'instruction', 'unified']),
    size: number('size'),
    ways: number('ways'),
    partitions: number('partitions'),
    sets: number('sets'),
    line: number('line'),
    fullyAssociative: flag(required(place, 'fullyAssociative')),
    inclusive: flag(required(place, 'inclusive')),
  };
}
