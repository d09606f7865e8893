/** Kinds of places that this version does not know, told apart from files that are not there. */
import { UsageError } from '../errors.ts';
import { shownPath } from '../io/http-address.ts';
import { whatIsAt } from '../io/small-files.ts';

const URL = /^(?:[^=/]+=)?https?:\/\//i;
const MODEL = /^(?:[^=/]+=)?cpu:/i;

/**
 * Refuses URLs and names of CPU models as hosts, unless a file of exactly that name exists.
 *
 * @throws UsageError
 */
export function refuseUnsupportedPlaces(hosts: readonly string[]): void {
  const nowhere = (place: string): boolean => whatIsAt(place) === 'nothing';
  for (const place of hosts) {
    if (URL.test(place) && nowhere(place))
      throw new UsageError(`${shownPath(place)}: a URL as a host is not supported by this version; fetch it into a file`);
  }
  for (const host of hosts) {
    if (MODEL.test(host) && nowhere(host)) {
      const instead = 'describe a machine that has it (`ckpt host probe`, `cpuid -r`, /proc/cpuinfo)';
      throw new UsageError(`${host}: a CPU model as a host is not supported by this version; ${instead}`);
    }
  }
}
