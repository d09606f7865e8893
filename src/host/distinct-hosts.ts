/** Hosts of one name. */
import { CkptError } from '../errors.ts';
import type { Host } from './host.ts';
import { failedHost, type HostError, type OpenedHosts } from './opened-hosts.ts';

/** What one file or other place held. */
export interface OpenedPart extends OpenedHosts {
  /** The place as a person would name it: a path, `current`, `standard input`. */
  readonly from: string;
}

/** Puts parts together. Of hosts with one name the first is kept; each of the others becomes an error `ambiguous`. */
export function distinctHosts(parts: readonly OpenedPart[]): OpenedHosts {
  const places = new Map<string, string>();
  const hosts: Host[] = [];
  const errors: HostError[] = [];
  for (const part of parts) {
    errors.push(...part.errors);
    for (const host of part.hosts) {
      const before = places.get(host.name);
      if (before === undefined) {
        places.set(host.name, part.from);
        hosts.push(host);
      } else {
        errors.push(failedHost(host.name, sameName(host.name, before, part.from)));
      }
    }
  }
  return { hosts, errors };
}

function sameName(name: string, before: string, again: string): CkptError {
  const places = before === again ? `${before}, which names it twice` : `${before} and ${again}`;
  return new CkptError(
    'ambiguous',
    { layer: 'host' },
    {
      expected: 'a name of its own for every host',
      found: `two hosts that are called ${JSON.stringify(name)}: of ${places}`,
      hint: 'The first one is used. Name a host with `--host name=path`',
    },
  );
}
