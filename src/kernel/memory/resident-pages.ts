/** The pages that an address space has: gVisor's pmas, and where each lies in a memory file. */
import { fieldAt } from '../../graph/node.ts';
import { resourceOwner } from '../../graph/resource-owner.ts';
import { type Segment, segmentsOf } from '../../graph/segment-set.ts';
import { integerIn, structOf } from '../struct-values.ts';
import type { AddressRange, AddressSpace } from './address-space.ts';

/** A stretch of mapped pages. */
export interface ResidentPages extends AddressRange {
  /** Owner of the memory file: `container:path`, empty for the main file. */
  readonly owner: string;
  /** Offset of `start` in the memory file. */
  readonly offset: bigint;
  /** Anonymous memory or a copy of a file's page: nobody else sees a write to it. */
  readonly private: boolean;
  /** Shared until the next write, which copies it: pages that a fork left to both processes. */
  readonly copyOnWrite: boolean;
  readonly huge: boolean;
}

/**
 * The resident pages of an address space by address.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/mm: pma, pmaSet. `file` since 2024-03-25; before, only pages of the main file are saved.
 */
export function* readResident({ node }: AddressSpace): Generator<ResidentPages> {
  for (const segment of segmentsOf(fieldAt(node, 'pmas'))) yield readPages(segment);
}

/** One stretch of {@link readResident}. */
export function readPages({ start, end, value }: Segment): ResidentPages {
  const pages = structOf(value);
  const has = (name: string): boolean => (integerIn(pages, name) ?? 0n) !== 0n;
  return {
    start,
    end,
    owner: resourceOwner(pages.get('file') ?? null),
    offset: integerIn(pages, 'off') ?? 0n,
    private: has('private'),
    copyOnWrite: has('needCOW'),
    huge: has('huge'),
  };
}
