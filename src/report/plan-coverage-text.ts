/** How much is covered and how much is not, as sentences in the text of a plan. */
import type { PlanDocument, PlanImages } from '../fleet/plan-document.ts';
import { hostCount } from './plan-names.ts';
import { countOf } from './quantities.ts';
import { hanging } from './wrap.ts';

/** How much of something is stranded, and of how much that is not known. */
interface Certainty {
  readonly stranded: number;
  readonly undecided: number;
}

/** Adds up, apart for what is decided and what is not. */
export function byCertainty<T extends { readonly undecided: boolean }>(
  list: readonly T[],
  countOne: (one: T) => number,
): Certainty {
  const sum = (wanted: boolean): number =>
    list.filter(({ undecided }) => undecided === wanted).reduce((total, one) => total + countOne(one), 0);
  return { stranded: sum(false), undecided: sum(true) };
}

/** Images that restore on no host. */
export function strandedImageCounts({ strandedImages, groups }: PlanImages): Certainty {
  return byCertainty(strandedImages, ({ image }) => groups.find(({ id }) => id === image)?.paths.length ?? 0);
}

/** `Hosts without an image: 3 blocked, 1 undecided`. */
export function problemTitle(title: string, { stranded, undecided }: Certainty): string {
  const counts = [stranded === 0 ? [] : [`${stranded} blocked`], undecided === 0 ? [] : [`${undecided} undecided`]].flat();
  return `${title}: ${counts.join(', ')}`;
}

/** The sentence about images and hosts. */
export function coverageText({ counts, images, classes }: PlanDocument): string {
  if (images === null) return '';
  const ofImages = strandedImageCounts(images);
  const ofHosts = byCertainty(images.strandedHosts, ({ class: id }) => classes.find((one) => one.id === id)?.hosts ?? 0);
  return `${imagesText(ofImages, counts.images)}; ${hostsText(ofHosts, counts.hosts)}`;
}

function imagesText(certainty: Certainty, images: number): string {
  const none = withoutText(certainty, countOf(images, 'image'), ['restores on no host', 'restore on no host']);
  return none ?? (images === 1 ? 'the image restores somewhere' : `all ${countOf(images, 'image')} restore somewhere`);
}

function hostsText(certainty: Certainty, hosts: number): string {
  const none = withoutText(certainty, hostCount(hosts), ['has no image', 'have no image']);
  return none ?? (hosts === 1 ? 'the host has an image' : `each of ${hostCount(hosts)} has an image`);
}

/** What is undecided is never counted as stranded. Null when there is neither. */
function withoutText(
  { stranded, undecided }: Certainty,
  all: string,
  [one, many]: readonly [one: string, many: string],
): string | null {
  const open = `${undecided === 1 ? 'is' : 'are'} undecided`;
  if (stranded === 0) return undecided === 0 ? null : `${undecided} of ${all} ${open}`;
  return `${stranded} of ${all} ${stranded === 1 ? one : many}${undecided === 0 ? '' : `, ${undecided} ${open}`}`;
}

/** Wrapped behind the word that says how it is. */
export function summaryLine(word: string, painted: string, text: string, width: number): string[] {
  return hanging(`${word}  `, text, width).map((line, index) => (index === 0 ? line.replace(word, painted) : line));
}
