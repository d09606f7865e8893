/** Kinds of places that this version does not know, told apart from files that are not there. */
import { UsageError } from '../errors.ts';
import { shownPath } from '../io/http-address.ts';
import { whatIsAt } from '../io/small-files.ts';

const URL = /^(?:[^=/]+=)?https?:\/\//i;

/**
 * Refuses URLs as hosts, unless a file of exactly that name exists.
 *
 * @throws UsageError
 */
export function refuseUnsupportedPlaces(hosts: readonly string[]): void {
  for (const place of hosts) {
    if (URL.test(place) && whatIsAt(place) === 'nothing')
      throw new UsageError(`${shownPath(place)}: a URL as a host is not supported by this version; fetch it into a file`);
  }
}
