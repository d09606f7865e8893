/** The images and hosts that a plan is about, from what the caller named. */
import { join } from 'node:path';
import { isPattern, namePattern } from './bytes/name-pattern.ts';
import { CkptError, UsageError } from './errors.ts';
import type { FleetHost } from './fleet/host-classes.ts';
import type { Host } from './host/host.ts';
import { expandPattern } from './io/expand-pattern.ts';
import { whatIsAt } from './io/small-files.ts';

/** What was named, spelled out, and patterns that nothing matches. */
export interface NamedInputs {
  readonly places: readonly string[];
  readonly errors: readonly { readonly place: string; readonly error: CkptError }[];
}

/** Standard input, this machine, CPU models, and addresses on a network are no paths. */
const NO_PATH = /^(-|current|[^/=]+=-|(?:[^=/]+=)?(?:cpu:.*|https?:\/\/.*))$/i;

/** Spells out patterns of files; a file that exists under exactly that name is that file. Nothing is named twice. */
export function namedInputs(given: readonly string[]): NamedInputs {
  const places = new Set<string>();
  const errors: { place: string; error: CkptError }[] = [];
  for (const place of given) {
    if (NO_PATH.test(place) || !isPattern(place) || whatIsAt(place) !== 'nothing') places.add(place);
    else {
      try {
        for (const path of expandPattern(place)) places.add(path);
      } catch (error) {
        if (!(error instanceof CkptError)) throw error;
        errors.push({ place, error });
      }
    }
  }
  return { places: [...places], errors };
}

/** Files by which a directory is one image. */
const IMAGE_FILES = ['checkpoint.img', 'fscheckpoint.pb', 'fscheckpoint.json', 'multitar.img', 'oci-layout'];

/** As {@link namedInputs}; a directory that is no image and holds directories that are images stands for these. */
export function namedImages(given: readonly string[]): NamedInputs {
  const { places, errors } = namedInputs(given);
  return { places: [...new Set(places.flatMap(imagesAt))], errors };
}

function imagesAt(place: string): string[] {
  const isImage = (directory: string): boolean => IMAGE_FILES.some((file) => whatIsAt(join(directory, file)) !== 'nothing');
  if (NO_PATH.test(place) || whatIsAt(place) !== 'directory' || isImage(place)) return [place];
  try {
    const inside = expandPattern(`${place.replaceAll(/[\\*?[]/g, '\\$&')}/*/`).filter(isImage);
    return inside.length === 0 ? [place] : inside;
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    return [place];
  }
}

/** How many machines the hosts whose names match a pattern stand for. */
export interface Weight {
  readonly pattern: string;
  readonly machines: number;
}

/**
 * Hosts with their numbers of machines, 1 where none is given. The last weight that fits counts.
 *
 * @throws UsageError for a weight that fits no host
 */
export function weighted(hosts: readonly Host[], weights: readonly Weight[]): FleetHost[] {
  const machines = hosts.map(() => 1);
  for (const weight of weights) {
    const fits = namePattern(weight.pattern);
    const places = [...hosts.keys()].filter((place) => {
      const name = hosts[place]?.name ?? '';
      return name === weight.pattern || fits(name);
    });
    if (places.length === 0) throw new UsageError(`--weight ${weight.pattern}: no host has this name`);
    for (const place of places) machines[place] = weight.machines;
  }
  return hosts.map((host, place) => ({ host, weight: machines[place] ?? 1 }));
}
