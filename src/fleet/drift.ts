/** What a change of the fleet strands. */
import { featuresOf } from '../cpu/feature-names.ts';
import type { Host } from '../host/host.ts';
import type { Verdict } from '../restore/result.ts';
import { type Bits, hasBit } from './bits.ts';
import { type OrderOptions, restoresAfter } from './class-order.ts';
import type { FleetHost, HostClass, HostClasses } from './host-classes.ts';
import { cellOf, type ImageGroup } from './image-requirements.ts';
import type { Drift, DriftChange, PlanAnswer } from './plan-document.ts';
import { weightOf } from './raise-level.ts';

/** A host under the name by which it is found on the other side. */
export interface NamedHost extends FleetHost {
  readonly name: string;
}

export interface DriftInput {
  /** Names are unique on each side. */
  readonly before: readonly NamedHost[];
  readonly after: readonly NamedHost[];
  /** Of both together: those before, then those after. */
  readonly together: HostClasses;
  /** Of `together`. */
  readonly reach: readonly Bits[];
  /** Null: no images were given. */
  readonly groups: readonly ImageGroup[] | null;
  readonly options: OrderOptions;
}

/** Compares two descriptions of a fleet host by host, and what each image would do before and after. */
export function driftOf(input: DriftInput): Drift {
  const moves = movesOf(input);
  const changes = changesOf(moves, input);
  const pairs = pairsOf(moves, input.groups ?? []);
  const strandedImages = strandedOf(input);
  const placeAfter = new Set(input.after.map(({ name }) => name));
  const placeBefore = new Set(input.before.map(({ name }) => name));
  const changed = changes.reduce((sum, { hosts }) => sum + hosts.length, 0);
  return {
    answer: input.groups === null ? ownAnswer(changes) : imagesAnswer(pairs, strandedImages),
    hosts: { before: weightOf(input.before), after: weightOf(input.after), unchanged: moves.length - changed },
    added: input.after.filter(({ name }) => !placeBefore.has(name)).map(({ name }) => name),
    removed: input.before.filter(({ name }) => !placeAfter.has(name)).map(({ name }) => name),
    changes,
    pairs,
    strandedImages,
  };
}

/** A host that is there before and after. */
interface Move {
  readonly name: string;
  readonly weight: number;
  readonly before: Host;
  readonly after: Host;
  readonly from: HostClass;
  readonly to: HostClass;
}

function movesOf({ before, after, together }: DriftInput): Move[] {
  const places = new Map(after.map(({ name }, place) => [name, place]));
  const classAt = (place: number): HostClass | undefined => together.classes[together.classOf[place] ?? -1];
  return before.flatMap(({ name, host, weight }, place) => {
    const other = places.get(name);
    const now = other === undefined ? undefined : after[other];
    const from = classAt(place);
    const to = other === undefined ? undefined : classAt(before.length + other);
    if (now === undefined || from === undefined || to === undefined) return [];
    return [{ name, weight: Math.max(weight, now.weight), before: host, after: now.host, from, to }];
  });
}

/** Hosts with the same change are one entry; those that strand most come first. */
function changesOf(moves: readonly Move[], input: DriftInput): DriftChange[] {
  const groups = new Map<
    string,
    { readonly first: Move; readonly facts: DriftChange['facts']; readonly hosts: string[]; weight: number }
  >();
  for (const move of moves) {
    const facts = changedFacts(move.before, move.after);
    if (facts.length === 0 && move.from === move.to) continue;
    const key = JSON.stringify([move.from.index, move.to.index, facts]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: move, facts, hosts: [move.name], weight: move.weight });
    else {
      group.hosts.push(move.name);
      group.weight += move.weight;
    }
  }
  const changes = [...groups.values()].map(({ first, facts, hosts, weight }) => ({
    weight,
    change: changeOf(first, facts, hosts, input),
  }));
  const gravity = ({ nowBlocked, nowUnknown, ownImages }: DriftChange): number =>
    nowBlocked.length > 0 ? 0 : nowUnknown.length > 0 ? 1 : { blocked: 2, unknown: 3, restorable: 4 }[ownImages];
  return changes.sort((a, b) => gravity(a.change) - gravity(b.change) || b.weight - a.weight).map(({ change }) => change);
}

function changeOf({ from, to }: Move, facts: DriftChange['facts'], hosts: readonly string[], input: DriftInput): DriftChange {
  const names = from.host.arch === to.host.arch ? featuresOf(from.host.arch).map(({ name }) => name) : [];
  const has = (one: HostClass, place: number) => hasBit(one.present, place);
  const open = (one: HostClass, place: number) => hasBit(one.unknown, place);
  const lacks = (one: HostClass, place: number) => !has(one, place) && !open(one, place);
  const nowBlocked: string[] = [];
  const nowUnknown: string[] = [];
  for (const group of input.groups ?? []) {
    if (cellOf(group, from).verdict !== 'restorable') continue;
    const now = cellOf(group, to).verdict;
    const paths = group.images.map(({ path }) => path);
    if (now === 'blocked') nowBlocked.push(...paths);
    if (now === 'unknown') nowUnknown.push(...paths);
  }
  return {
    hosts,
    lost: names.filter((_, place) => has(from, place) && lacks(to, place)),
    gained: names.filter((_, place) => lacks(from, place) && has(to, place)),
    unclear: names.filter((_, place) => open(from, place) !== open(to, place)),
    facts,
    ownImages: restoresAfter(from, to, input.reach, input.options),
    nowBlocked,
    nowUnknown,
  };
}

/** What people look at, and what gates read; a fact that one side does not tell counts only where gates read it. */
const FACTS: readonly (readonly [fact: string, gate: boolean, of: (host: Host) => string | number | boolean | null])[] = [
  ['arch', true, ({ arch }) => arch],
  ['microarchitecture', false, ({ identity }) => identity?.microarchitecture ?? null],
  ['cacheLine', true, ({ cacheLine }) => cacheLine.value],
  ['xcr0', true, ({ xcr0 }) => (xcr0.value === null ? null : `0x${xcr0.value.toString(16)}`)],
  ['useXsave', true, ({ useXsave }) => useXsave.value],
  ['pageSize', true, ({ pageSize }) => pageSize.value],
  ['runscVersion', true, ({ runscVersion }) => runscVersion.value],
  ['microcode', false, ({ microcode }) => microcode.value],
  ['kernel', false, ({ kernel }) => kernel.value],
  ['hypervisor', false, ({ hypervisor }) => hypervisor.value],
];

function changedFacts(before: Host, after: Host): DriftChange['facts'] {
  return FACTS.flatMap(([fact, gate, of]) => {
    const [a, b] = [of(before), of(after)];
    if (a === b || (!gate && (a === null || b === null))) return [];
    return [{ fact, before: a, after: b }];
  });
}

function pairsOf(moves: readonly Move[], groups: readonly ImageGroup[]): Drift['pairs'] {
  const transitions = new Map<string, { readonly from: HostClass; readonly to: HostClass; weight: number }>();
  for (const { from, to, weight } of moves) {
    const key = `${from.index} ${to.index}`;
    const known = transitions.get(key);
    if (known === undefined) transitions.set(key, { from, to, weight });
    else known.weight += weight;
  }
  const pairs = { restorableBefore: 0, nowBlocked: 0, nowUnknown: 0, newlyRestorable: 0 };
  for (const group of groups) {
    for (const { from, to, weight } of transitions.values()) {
      const count = weight * group.images.length;
      const [then, now] = [cellOf(group, from).verdict, cellOf(group, to).verdict];
      if (then !== 'restorable') pairs.newlyRestorable += now === 'restorable' ? count : 0;
      else {
        pairs.restorableBefore += count;
        if (now === 'blocked') pairs.nowBlocked += count;
        if (now === 'unknown') pairs.nowUnknown += count;
      }
    }
  }
  return pairs;
}

/** Images that had a host, of those that are gone too, and have none now. */
function strandedOf({ before, together, groups }: DriftInput): Drift['strandedImages'] {
  const side = (places: readonly number[]): HostClass[] => [...new Set(places)].flatMap((index) => together.classes[index] ?? []);
  const then = side(together.classOf.slice(0, before.length));
  const now = side(together.classOf.slice(before.length));
  return (groups ?? []).flatMap((group) => {
    const some = (classes: readonly HostClass[], verdict: Verdict): boolean =>
      classes.some((one) => cellOf(group, one).verdict === verdict);
    if (!some(then, 'restorable') || some(now, 'restorable')) return [];
    return [{ paths: group.images.map(({ path }) => path), undecided: some(now, 'unknown') }];
  });
}

function ownAnswer(changes: readonly DriftChange[]): PlanAnswer {
  if (changes.some(({ ownImages }) => ownImages === 'blocked')) return 'stranded';
  return changes.some(({ ownImages }) => ownImages === 'unknown') ? 'undecided' : 'covered';
}

function imagesAnswer(pairs: Drift['pairs'], stranded: Drift['strandedImages']): PlanAnswer {
  if (pairs.nowBlocked > 0 || stranded.some(({ undecided }) => !undecided)) return 'stranded';
  return pairs.nowUnknown > 0 || stranded.length > 0 ? 'undecided' : 'covered';
}
