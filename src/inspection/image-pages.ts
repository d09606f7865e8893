/** The document of the saved memory of one image, out of what was read of it. */
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { memoryCgroupPaths } from '../kernel/memory/memory-cgroups.ts';
import { readProcessMemory } from '../kernel/memory/process-memory.ts';
import type { SavedKernel } from '../kernel/saved-kernel.ts';
import { PAGE_BYTES } from '../pages/memory-file.ts';
import type { PageScanResult } from '../pages/page-scanner.ts';
import type { MemoryLayout } from '../pages/step-over-memory.ts';
import type { PageCompressibility, PageContent, PageImage, PageIncomplete, PageSavings } from './page-document.ts';
import { pageMap } from './page-map.ts';
import { pageCgroups, pageFiles, pageKinds } from './page-totals.ts';
import { pageContainers, pageProcesses, pageUsers, unmappedPages } from './page-users.ts';
import { contentOf } from './stored-pages.ts';

/** What was read of an image. */
export interface ImagePagesSource {
  readonly kernel: SavedKernel | null;
  /** What is known of it, with a damage as far as that was read; null: nothing. */
  readonly layout: Pick<MemoryLayout, 'place' | 'files'> | null;
  /** It is all of it: what was read behind it is not named by anything. */
  readonly complete: boolean;
  /** Null: not scanned. */
  readonly scan: PageScanResult | null;
}

/** The parts of the document that come out of the memory. */
export type ImagePages = Pick<
  PageImage,
  | 'committedBytes'
  | 'content'
  | 'savings'
  | 'compressibility'
  | 'kinds'
  | 'containers'
  | 'cgroups'
  | 'processes'
  | 'unmapped'
  | 'files'
  | 'map'
  | 'incomplete'
>;

/** The most parts of the kernel that are named as unreadable. */
const MOST_INCOMPLETE = 1000;

/**
 * The document.
 *
 * @param elements the most mappings and stretches of pages that are looked at.
 */
export function imagePages({ kernel, layout, complete, scan }: ImagePagesSource, withMap: boolean, elements: number): ImagePages {
  const incomplete: PageIncomplete[] = [];
  const note: OnDamage = ({ code, message, place }) => {
    if (incomplete.length < MOST_INCOMPLETE) incomplete.push({ code, message, path: place.path ?? null });
  };
  const scanned = scan?.pages ?? null;
  const files = layout?.files ?? [];
  const committedBytes = files.reduce((bytes, file) => bytes + file.committedBytes, 0);
  const processes = kernel === null ? [] : (attempt(() => readProcessMemory(kernel, note), note) ?? []);
  const users = pageUsers(processes, files, { left: elements }, note);
  const paths = kernel === null ? null : attempt(() => memoryCgroupPaths(kernel, note), note);
  const named = complete ? committedBytes / PAGE_BYTES : Number.POSITIVE_INFINITY;
  const content = scanned === null ? null : contentOf(scanned.counts(0, named));
  const known = layout !== null && kernel !== null;
  return {
    committedBytes: layout === null ? null : committedBytes,
    content,
    savings: content === null ? null : savingsOf(content),
    compressibility: scan === null || content === null ? null : compressibilityOf(scan, content),
    kinds: pageKinds(files, scanned),
    containers: layout === null ? [] : pageContainers(users, files, scanned),
    cgroups: pageCgroups(files, scanned, paths ?? new Map()),
    processes: layout === null ? [] : pageProcesses(users, scanned),
    unmapped: known ? unmappedPages(users, committedBytes / PAGE_BYTES, scanned) : null,
    files: layout === null ? [] : pageFiles(layout, scanned),
    map: withMap && layout !== null ? pageMap({ ...layout, users, scanned }, elements) : null,
    incomplete,
  };
}

function savingsOf({ zeroPages, duplicatePages }: PageContent): PageSavings {
  return { excludeCommittedZeroPages: zeroPages * PAGE_BYTES, deduplication: duplicatePages * PAGE_BYTES };
}

function compressibilityOf({ samples }: PageScanResult, { scannedPages }: PageContent): PageCompressibility | null {
  if (samples.bytes === 0) return null;
  return {
    method: 'deflate, level 1, 32 KiB at a time',
    samples: samples.samples,
    sampledBytes: samples.bytes,
    compressedBytes: samples.compressedBytes,
    estimatedBytes: Math.round((scannedPages * PAGE_BYTES * samples.compressedBytes) / samples.bytes),
  };
}
