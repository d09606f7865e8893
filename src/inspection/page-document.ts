/** The result of `pages`: a plain, versioned value. Sizes are in bytes, pages have 4096. */
import type { Arch } from '../cpu/feature.ts';
import type { ErrorDocument } from '../errors.ts';
import type { HeaderHmac } from '../statefile/statefile.ts';

/** What stored pages hold. */
export interface PageContent {
  /** Pages that were looked at: fewer than are named by the metadata where the image ends before. */
  readonly scannedPages: number;
  readonly zeroPages: number;
  /** Not zero, and equal to a page that is stored before them in the same image. */
  readonly duplicatePages: number;
}

/** Some of the saved memory. */
export interface PagePart {
  readonly committedBytes: number;
  /** Null when the pages were not scanned. */
  readonly content: PageContent | null;
}

/** One saved memory file. */
export interface PageFile extends PagePart {
  /** `container:path` of the file system whose private file it is; null for the main file, and where the image does not say. */
  readonly owner: string | null;
  readonly ranges: number;
  /** Where the bytes of its first range lie: in pages.img, or in the decoded body of the state file; null without ranges. */
  readonly position: number | null;
}

/** The saved memory of one use. */
export interface PageKind extends PagePart {
  /** gVisor's word (`system`, `anonymous`, `page-cache`, `tmpfs`, `ramdiskfs`, `mapped`), or `kind 9` for a number without one. */
  readonly kind: string;
  readonly ranges: number;
}

/** The saved memory that one memory cgroup is charged for. */
export interface PageCgroup extends PagePart {
  /** gVisor's number of the cgroup; 0: memory that no cgroup is charged for. */
  readonly id: number;
  /** From the root of its hierarchy, or null when no process is in it. */
  readonly path: string | null;
  readonly ranges: number;
}

/** What the processes of one container map, and its private memory files. Pages of several containers count for each. */
export interface PageContainer extends PagePart {
  readonly container: string | null;
  readonly processes: number;
  /** Of the bytes those in private memory files that it owns. */
  readonly ownFiles: number;
}

/** What one process maps of the saved memory. Pages that it maps twice count twice, but for `committedBytes` and `content`. */
export interface PageProcess extends PagePart {
  readonly pid: number;
  readonly name: string;
  readonly container: string | null;
  /** All mappings, and the pages of them that it still has. */
  readonly size: number;
  readonly resident: number;
  /** Saved pages: of its own (copies of files' pages included), shared memory, and pages of mapped files. Null: unreadable. */
  readonly private: number | null;
  readonly shared: number | null;
  readonly fileBacked: number | null;
}

/** A part of a range in an address space. */
export interface PageMapping {
  readonly pid: number;
  /** `0x…`. */
  readonly address: string;
  /** Offset in the memory file. */
  readonly start: number;
  readonly bytes: number;
}

/** One range of a memory file, and where it lies. */
export interface PageRange extends PagePart {
  /** As in {@link PageFile}. */
  readonly owner: string | null;
  /** Offset in the memory file. */
  readonly start: number;
  /** As in {@link PageFile}; null where the image ends before. */
  readonly position: number | null;
  readonly kind: string;
  readonly cgroup: number;
  /** By process id and address; null when there are more than the limit `elements` allows. */
  readonly mappedBy: readonly PageMapping[] | null;
}

/** What could be left out of the image. */
export interface PageSavings {
  /** Bytes that `runsc checkpoint --exclude-committed-zero-pages` would not have stored. */
  readonly excludeCommittedZeroPages: number;
  /** Bytes of pages other than zeros that are there already: what keeping equal pages once would save beyond that. */
  readonly deduplication: number;
}

/** How well the pages compress, from a sample of them. */
export interface PageCompressibility {
  readonly method: 'deflate, level 1, 32 KiB at a time';
  /** Samples, evenly spaced over the image, and what they add up to. */
  readonly samples: number;
  readonly sampledBytes: number;
  readonly compressedBytes: number;
  /** All stored pages at the same rate: an estimate, unless everything was sampled. */
  readonly estimatedBytes: number;
}

/** A part of the kernel that could not be read. */
export interface PageIncomplete {
  readonly code: string;
  readonly message: string;
  readonly path: string | null;
}

/** The saved memory of one image. */
export interface PageImage {
  readonly path: string;
  readonly runscVersion: string | null;
  readonly arch: Arch;
  readonly createdAt: string | null;
  readonly compression: 'none' | 'flate-best-speed';
  /** As in `inspect`. */
  readonly hmac: HeaderHmac;
  readonly keyVerified: boolean;
  /** Where the pages are: in the state file, in pages.img, or in files that were not given. */
  readonly place: 'inline' | 'separate' | 'elsewhere' | null;
  /** Bytes that the metadata asks of pages.img, and that it has; null where there is none, or it is not known. */
  readonly pagesFile: { readonly required: number | null; readonly present: number | null } | null;
  /** All committed ranges; null where the metadata is missing or cannot be read. */
  readonly committedBytes: number | null;
  readonly content: PageContent | null;
  readonly savings: PageSavings | null;
  readonly compressibility: PageCompressibility | null;
  /** By gVisor's number of the kind. */
  readonly kinds: readonly PageKind[];
  /** By name. */
  readonly containers: readonly PageContainer[];
  /** By id. */
  readonly cgroups: readonly PageCgroup[];
  /** By process id; processes without memory (zombies) are left out. */
  readonly processes: readonly PageProcess[];
  /** Saved memory that no process maps. Null when that is not known. */
  readonly unmapped: PagePart | null;
  /** The main memory file first. */
  readonly files: readonly PageFile[];
  /** In the order of the image; null unless it was asked for. */
  readonly map: readonly PageRange[] | null;
  readonly incomplete: readonly PageIncomplete[];
  readonly damage: ErrorDocument | null;
}

/** What a store that keeps every content once would hold of several images. */
export interface PagesTogether {
  readonly storedPages: number;
  readonly storedBytes: number;
  /** Contents, zeros as one of them, and their bytes. */
  readonly keptPages: number;
  readonly keptBytes: number;
  /** In the order of `images`. Zeros do not count here. */
  readonly images: readonly {
    readonly path: string;
    readonly contents: number;
    /** Contents that none of the other images has. */
    readonly onlyHere: number;
    /** Contents that it has in common with each image; with itself all. */
    readonly shared: readonly number[];
  }[];
}

/** An image that could not be read at all. */
export interface PagesError extends ErrorDocument {
  readonly image: string;
}

export interface PagesDocument {
  readonly schema: 'ckpt/pages@1';
  /** As they were given, without those that could not be read. */
  readonly images: readonly PageImage[];
  /** Null for a single image, and without a scan. */
  readonly together: PagesTogether | null;
  readonly errors: readonly PagesError[];
}
