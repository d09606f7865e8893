/**
 * The closed vocabulary of `check`: every reason that a gate can give, and every piece of advice. Codes never change meaning; a page
 * for each lies in docs/reasons/.
 */
import type { GateId } from './gate-ids.ts';

/** How the header and the body of an image disagree with what a runsc expects. */
interface ImageFormDetails {
  /** Version of the restoring runsc whose rules were applied. */
  readonly rules: string;
}

/** A thread whose saved state is meant. Numbers are null when the thread is in no PID namespace any more (dead, still in the graph). */
export interface ThreadRef {
  readonly pid: number | null;
  readonly tid: number | null;
  /** Thread name; may hold any characters. */
  readonly name: string | null;
  readonly container: string | null;
  /** Graph path of the saved state. */
  readonly path: string;
}

/** What is reported of a feature that is missing or unknown: gVisor's name, Linux's name, impact, and the evidence. */
export interface FeatureRef {
  readonly name: string;
  readonly linuxName: string | null;
  readonly impact: string;
  /** Why the host counts as lacking it, or why that is unknown. */
  readonly evidence: string;
}

/** The shape of `details` for every reason code. Masks are `0x…` strings. */
export interface ReasonDetails {
  CKPT1001: ImageFormDetails;
  CKPT1002: ImageFormDetails;
  CKPT1003: ImageFormDetails;
  CKPT1004: ImageFormDetails;
  CKPT1005: ImageFormDetails;
  CKPT1006: ImageFormDetails;
  CKPT1007: ImageFormDetails;
  CKPT1008: {
    readonly code: string;
    readonly layer: string;
    readonly offset: number | null;
    readonly expected: string;
    readonly found: string;
  };
  CKPT1009: { readonly code: string };
  CKPT1010: { readonly rules: string };
  CKPT1101: { readonly rules: string };
  CKPT1102: { readonly value: string };
  CKPT1103: { readonly value: string };
  CKPT1201: { readonly expectedIn: 'header' | 'kernel'; readonly foundIn: 'header' | 'kernel' | null };
  CKPT1202: { readonly problem: string };
  CKPT1301: { readonly image: string; readonly host: string };
  CKPT1302: { readonly expectedIn: 'header' | 'kernel'; readonly foundIn: 'header' | 'kernel' | null; readonly host: string };
  CKPT1303: { readonly image: string | null };
  CKPT1304: {
    readonly image: string | null;
    readonly host: string;
    readonly typesFrom: string | null;
    readonly typesTo: string | null;
  };
  CKPT1305: { readonly image: string | null; readonly host: string };
  CKPT1306: { readonly host: string; readonly typesFrom: string; readonly typesTo: string };
  CKPT1401: { readonly pageSize: number };
  CKPT1402: { readonly assumed: number };
  CKPT1403: { readonly why: string };
  CKPT1501: {
    readonly image: string;
    readonly host: string;
    readonly imageFields: readonly string[];
    readonly hostFields: readonly string[];
  };
  CKPT1502: { readonly imageFields: readonly string[]; readonly hostFields: readonly string[]; readonly rules: string };
  CKPT1503: { readonly rules: string };
  CKPT1504: { readonly image: string; readonly host: string };
  CKPT1601: { readonly features: readonly FeatureRef[] };
  CKPT1602: { readonly features: readonly FeatureRef[] };
  CKPT1701: { readonly image: number; readonly host: number };
  CKPT1702: { readonly image: number; readonly why: string };
  CKPT1801: {
    /** What the restoring runsc supports on the host, or null when some of its bits are unknown. */
    readonly supported: string | null;
    readonly saved: string;
    /** Components that are in use and not supported. */
    readonly components: readonly string[];
    readonly threads: readonly ThreadRef[];
  };
  CKPT1802: { readonly mxcsr: string; readonly mask: string; readonly threads: readonly ThreadRef[] };
  CKPT1803: {
    readonly saved: string;
    readonly components: readonly string[];
    readonly cause: string;
    readonly threads: readonly ThreadRef[];
  };
  CKPT1804: {
    readonly saved: string;
    readonly components: readonly string[];
    readonly why: string;
    readonly threads: readonly ThreadRef[];
  };
  CKPT1805: { readonly mxcsr: string; readonly why: string; readonly threads: readonly ThreadRef[] };
  CKPT1901: { readonly gate: string };
  CKPT1951: { readonly missing: string; readonly path: string };
  CKPT1952: { readonly required: number; readonly present: number };
  CKPT1953: { readonly rules: string };
  CKPT1954: { readonly form: 'state file alone' };
}

export type ReasonCode = keyof ReasonDetails;

/** What a code means, whatever the image and the host. Texts are plain sentences in Markdown. */
export interface ReasonText {
  /** The gate that gives it; `any` for a reason that several gates share. */
  readonly gate: GateId | 'any';
  readonly title: string;
  /** What is the case, and why runsc cares. */
  readonly meaning: string;
  /** What runsc prints, as an example, or null when it prints nothing of its own. */
  readonly example: string | null;
  /** What a person can do. */
  readonly remedy: string;
}

/** Every reason code. */
export const REASONS: { readonly [C in ReasonCode]: ReasonText } = {
  CKPT1001: {
    gate: 'image-readable',
    title: 'The image is keyed',
    meaning:
      'The header is followed by an HMAC made with a secret key, and so is every chunk of the body. `runsc restore` never passes a key. A runsc before 2026-03-16 verifies the header with the empty key and refuses it; a later one expects no HMAC without a key and reads the 32 bytes as the beginning of the body.',
    example: 'creating statefile reader: statefile error: hash mismatch',
    remedy:
      'Restore it with the program that saved it (an embedder of gVisor that holds the key), or save again with `runsc checkpoint`.',
  },
  CKPT1002: {
    gate: 'image-readable',
    title: 'The header HMAC that this runsc demands is not there',
    meaning:
      'Since 2026-03-16 (`release-20260316.0`) runsc writes a header HMAC only when there is a key. An older runsc always reads one, takes the first 32 bytes of the body for it, and refuses the image before it looks at anything else.',
    example: 'statefile error: hash mismatch',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1003: {
    gate: 'image-readable',
    title: 'The header HMAC that is there is not expected',
    meaning:
      'Up to 2026-03-16 runsc wrote a header HMAC with the empty key into every image. A later runsc expects none without a key and reads the 32 bytes as the beginning of the body, which then makes no sense. Images of that age also name an older version of runsc, so that the version gate usually refuses them first.',
    example: null,
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1004: {
    gate: 'image-readable',
    title: 'The body is framed in chunks, and this runsc reads raw bytes',
    meaning:
      'From 2023-08-10 to 2024-08-30 an uncompressed body was written as one chunk per write, each with its length before it. Since 68f0b41bf (`release-20240916.0`) an uncompressed body is raw. Nothing in the header tells the two apart.',
    example: 'object missing',
    remedy: 'Restore with a release from 2023-08-14 to 2024-08-26, best the one that saved the image.',
  },
  CKPT1005: {
    gate: 'image-readable',
    title: 'The body is raw, and this runsc reads chunks',
    meaning:
      'The image was saved by a runsc of 2024-08-30 or later without compression. The restoring runsc is older, takes the first four bytes of the body for the length of a chunk, and reads what follows out of step.',
    example: 'object missing',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1006: {
    gate: 'image-readable',
    title: 'The body is not compressed, and this runsc always inflates',
    meaning:
      'Compression `none` exists since 2023-08-10 (`release-20230814.0`). An older runsc does not look at the key `compression` and inflates every body.',
    example: 'header error: unexpected EOF',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1007: {
    gate: 'image-readable',
    title: 'The header names no compression, and this runsc takes that for none',
    meaning:
      'Images from before 2023-08-10 are compressed and do not say so. Until 79b7318d6 (2026-04-28, `release-20260427.0`) a header without the key meant flate, since then it means none: runsc reads compressed bytes as if they were plain.',
    example: null,
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1008: {
    gate: 'image-readable',
    title: 'The image is damaged or incomplete',
    meaning:
      'The bytes are recognisable as a checkpoint image, but a part of it cannot be read: it is cut off, was changed, or was never written to its end (a failed save leaves a valid header and an incomplete body). runsc reads the same bytes and refuses them.',
    example: 'creating statefile reader: statefile.NewReader failed: hash mismatch',
    remedy: 'Copy or save the image again, and compare checksums of both copies. `ckpt verify` shows where it is damaged.',
  },
  CKPT1009: {
    gate: 'any',
    title: 'Not decided, because the image could not be read',
    meaning: 'The part of the image that this gate looks at could not be read, so that the gate cannot answer.',
    example: null,
    remedy: 'See the reason of the gate `image-readable`.',
  },
  CKPT1010: {
    gate: 'image-readable',
    title: 'No runsc restores this image: the files of its writable layer are not in it',
    meaning:
      'From 2023-01-31 to 2023-11-29 runsc kept the files of an overlay with a backing file (the default of that time) in a memory file of its own, and `runsc checkpoint` did not save that file. It wrote the image without complaint; the same release refuses to restore it, and later ones do not know its types.',
    example: 'S/R not supported for private memory files',
    remedy:
      'Save again with the overlay in memory (`--overlay2=root:memory`) or with release-20231204.0 or later. What the container wrote is not in the image.',
  },
  CKPT1101: {
    gate: 'container-count',
    title: 'The header does not say how many containers the image holds',
    meaning:
      'Since f2e996521 (2025-09-30, `release-20251006.0`) runsc demands the key `container_count`, which images from before 2024-04-29 do not have.',
    example: 'container count not present in state file',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1102: {
    gate: 'container-count',
    title: 'The container count is not a number',
    meaning:
      'The key `container_count` holds something that is not a decimal number. No runsc writes that: the header was changed.',
    example: 'invalid container count: strconv.Atoi: parsing "two": invalid syntax',
    remedy: 'Take the image as it was saved.',
  },
  CKPT1103: {
    gate: 'container-count',
    title: 'The container count is less than one',
    meaning: 'The key `container_count` holds zero or a negative number. No runsc writes that: the header was changed.',
    example: 'invalid container count value: 0',
    remedy: 'Take the image as it was saved.',
  },
  CKPT1201: {
    gate: 'container-specs',
    title: 'The container specs are not where this runsc looks for them',
    meaning:
      'runsc compares the containers of the new sandbox with those that were saved. It keeps their specs in the kernel graph since 2024-09-11 and in the header since bd4833697 (2025-04-02, `release-20250407.0`), and does not look in the other place.',
    example: 'container specs not found in metadata during restore',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1202: {
    gate: 'container-specs',
    title: 'The container specs cannot be parsed',
    meaning: 'The key `container_specs` is not a JSON object of OCI specs. No runsc writes that: the header was changed.',
    example: 'json unmarshal error to get container specs map, unexpected end of JSON input',
    remedy: 'Take the image as it was saved.',
  },
  CKPT1301: {
    gate: 'runsc-version',
    title: 'The image was saved by another version of runsc',
    meaning:
      'runsc compares its own version string with the one in the image, byte by byte. Any difference is fatal, a build suffix included, and no flag skips it.',
    example: 'runsc version does not match across checkpoint restore, checkpoint: release-20251015.0 current: release-20260817.0',
    remedy: 'Install the version of runsc that saved the image on the host, or save again with the version that the host has.',
  },
  CKPT1302: {
    gate: 'runsc-version',
    title: 'The image does not say which runsc saved it',
    meaning:
      'The restoring runsc compares versions, but the image has none where it looks: in the kernel graph from 2024-10-28 to 2025-03-12, in the header since then. A missing version counts as the empty string and differs from every version.',
    example: 'runsc version does not match across checkpoint restore, checkpoint:  current: release-20260817.0',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1303: {
    gate: 'runsc-version',
    title: 'Not checked: the version of the restoring runsc was not given',
    meaning:
      'Neither the host description nor the caller says which runsc will restore, so that the versions cannot be compared.',
    example: null,
    remedy:
      'Give it with `--runsc-version`, or record it in the host profile (`ckpt host capture` on the host). `--require runsc-version` turns this into `unknown`.',
  },
  CKPT1304: {
    gate: 'runsc-version',
    title: 'This runsc compares no versions, and the image may be of another one',
    meaning:
      'Before 2024-10-28 runsc did not compare versions. It loads whatever it can, and fails later when a saved type has other fields than its own. The object graph is not compared with the types of another release, so that the answer stays open.',
    example: null,
    remedy: 'Restore with the release that saved the image, or try it.',
  },
  CKPT1305: {
    gate: 'runsc-version',
    title: 'The version strings do not name a release',
    meaning:
      'A runsc that was built without a version stamp calls itself `VERSION_MISSING`. Two of them pass for equal, whatever their code; a bare date cannot be compared with such a string either.',
    example: null,
    remedy: 'Use builds with a version stamp, or make sure by other means that it is the same binary (compare checksums).',
  },
  CKPT1306: {
    gate: 'runsc-version',
    title: 'The restoring runsc lies between two releases, and the image fits the one beside it',
    meaning:
      'The image names no version. Every type that it declares equals the one of a release, and the restoring runsc is a build from the weeks beside that release, not a release itself. What such a build saves is not known to the day, so that the gate is answered for the release beside it. This runsc compares no versions itself.',
    example: null,
    remedy:
      'Where builds between releases are in use, restore with the build that saved the image, or ask for `--require runsc-version`, which turns the assumption into `unknown`.',
  },
  CKPT1401: {
    gate: 'page-size',
    title: 'The page size of the host is not 4 KiB',
    meaning:
      'Since a33284739 (2026-03-04, `release-20260309.0`) runsc refuses to restore on a host with another page size, before it looks at the CPU.',
    example: 'restore is not supported with 64K page size',
    remedy: 'Boot a kernel with 4 KiB pages (on several distributions a separate package), or choose another host.',
  },
  CKPT1402: {
    gate: 'page-size',
    title: 'The page size was assumed to be 4 KiB',
    meaning:
      'The description of this arm64 host does not hold the page size. Its format counts as complete for the CPU, and 4 KiB is the default of the kernel and of every distribution, so that the gate is answered for 4 KiB.',
    example: null,
    remedy:
      'Where kernels with 16 KiB or 64 KiB pages are in use, give a captured profile (`ckpt host capture`), which records the page size, or ask for `--require page-size`, which turns the assumption into `unknown`.',
  },
  CKPT1403: {
    gate: 'page-size',
    title: 'The page size of the host is unknown',
    meaning:
      'The description does not hold the page size, and 4 KiB cannot be assumed: Linux on Apple silicon runs with 16 KiB pages, or the caller demanded the fact.',
    example: null,
    remedy: 'Give a captured profile (`ckpt host capture` on the host), which records the page size.',
  },
  CKPT1501: {
    gate: 'cpu-arch',
    title: 'The image is of another architecture',
    meaning:
      'The first object of an image is the feature set of its CPU. Its fields differ between amd64 and arm64, and runsc stops there. Nothing can run the saved program on the other architecture anyway.',
    example:
      'type "pkg/cpuid.FeatureSet" contains different fields: [Function hwCap] (decode) and [hwCap cpuFreqMHz cpuImplHex cpuArchDec cpuVarHex cpuPartHex cpuRevDec] (encode)',
    remedy: 'Choose a host of the architecture of the image.',
  },
  CKPT1502: {
    gate: 'cpu-arch',
    title: 'The feature set is encoded as another age of runsc does it',
    meaning: 'The encoding of the feature set changed on 2022-01-13 and on 2023-02-17. A runsc loads only its own.',
    example: 'type "pkg/cpuid.FeatureSet" contains different fields: [Function] (decode) and [Function hwCap] (encode)',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1503: {
    gate: 'cpu-arch',
    title: 'This runsc cannot load a feature set at all',
    meaning: 'From `release-20220117.0` to `release-20220228.0` the arm64 feature set could be neither saved nor loaded.',
    example: null,
    remedy: 'Use another release of runsc.',
  },
  CKPT1504: {
    gate: 'any',
    title: 'Image and host are of different architectures',
    meaning:
      'What this gate compares exists on both sides in different forms, or on one side only. The gate `cpu-arch` fails, so that runsc never comes here.',
    example: null,
    remedy: 'Choose a host of the architecture of the image.',
  },
  CKPT1601: {
    gate: 'cpu-features',
    title: 'The host lacks CPU features of the image',
    meaning:
      'Every feature that the image was saved with must be there, whether the program uses it or not: runsc compares what CPUID says (amd64) or AT_HWCAP (arm64), as its own process sees it, so that what a hypervisor hides counts as missing.',
    example: 'incompatible FeatureSet: missing features: map[avx512f:{} avx512dq:{}]',
    remedy:
      'Choose a host that has them, or save the next image with fewer: on amd64, since `release-20250820.0`, the annotation `dev.gvisor.internal.cpufeatures` restricts what a sandbox sees to a list.',
  },
  CKPT1602: {
    gate: 'cpu-features',
    title: 'It is not known whether the host has CPU features of the image',
    meaning:
      'The description of the host does not decide about features that the image requires. Nothing is guessed: they may be there or not.',
    example: null,
    remedy: 'Describe the host better: `ckpt host capture` on it, `cpuid -1 -r`, or the probe of `ckpt host probe`.',
  },
  CKPT1701: {
    gate: 'cache-line',
    title: 'The cache line of the host has another size',
    meaning:
      'Programs use CLFLUSH in steps of the cache line, so that runsc demands the same size (CPUID leaf 1, EBX bits 15 to 8, times 8).',
    example: 'incompatible FeatureSet: CPU cache line size 64 incompatible with host cache line size 128',
    remedy:
      'Choose a host with the cache line size of the image. Where a hypervisor reports a wrong size, correct its CPU model.',
  },
  CKPT1702: {
    gate: 'cache-line',
    title: 'The cache line size of the host is unknown',
    meaning: 'The description of the host does not hold the size of a cache line.',
    example: null,
    remedy: 'Describe the host by CPUID (`ckpt host capture`, `cpuid -1 -r`) or by its /proc/cpuinfo (`clflush size`).',
  },
  CKPT1801: {
    gate: 'fpu-state',
    title: 'A saved thread holds floating-point state that the host cannot load',
    meaning:
      "Every thread is saved with its XSAVE area, whose XSTATE_BV names the components in use. A component in use that the restoring runsc does not support on the host (CPUID leaf 0xD, masked by runsc) is fatal. glibc's string functions use AVX-512 or AVX2 registers wherever the CPU has them, so that nearly every process of an AVX-512 host has AVX-512 state in use, also in a sandbox whose features were restricted: the program asks the CPU, not gVisor, unless the CPU faults CPUID.",
    example: 'error executing callbacks: floating point state contains unsupported features; supported: 0x7 saved: 0xa2',
    remedy:
      'Choose a host with those components; or save again with the named processes stopped or restarted under `GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD` (for AVX-512 state).',
  },
  CKPT1802: {
    gate: 'fpu-state',
    title: 'A saved thread has an MXCSR bit set that the host reserves',
    meaning:
      'MXCSR controls SSE arithmetic. A bit that the CPU reserves cannot be loaded; since 3431cd4bf (2023-06-08, `release-20230621.0`) runsc looks at that. Bit 17 (misaligned access) exists on some AMD processors only.',
    example: 'error executing callbacks: incompatible mxcsr value: 21f80 (1f80)',
    remedy: 'Choose a host whose CPU knows the bit, or save again with the named processes restarted.',
  },
  CKPT1803: {
    gate: 'fpu-state',
    title: 'XRSTOR refuses the saved state',
    meaning:
      'Since 3431cd4bf (2023-06-08, `release-20230621.0`) runsc tries to load every state with XRSTOR. It fails for components that the kernel of the host has not enabled in XCR0, and for a header that is not in the standard format. From `release-20251201.0` to the last release before `release-20260216.0` MPX and PKRU components pass the comparison and fail here, when the host lacks them.',
    example: 'error executing callbacks: incompatible state: SIGSEGV at 0xc000a3e000',
    remedy: 'Choose a host with those components, or save again with the named processes restarted.',
  },
  CKPT1804: {
    gate: 'fpu-state',
    title: 'It is not known whether the host can load the saved floating-point state',
    meaning:
      'The description of the host does not decide about components that saved threads have in use (CPUID leaf 0xD, the size of the XSAVE area, or whether XSAVE is used at all).',
    example: null,
    remedy: 'Describe the host by CPUID: `ckpt host capture` on it, `cpuid -1 -r`, or the probe of `ckpt host probe`.',
  },
  CKPT1805: {
    gate: 'fpu-state',
    title: 'It is not known whether the host accepts the saved MXCSR',
    meaning:
      'A saved thread has an MXCSR bit set that not every CPU has, and the description of the host does not hold the mask that FXSAVE reports.',
    example: null,
    remedy: 'Describe the host with `ckpt host capture`, or restore on a CPU of the same model.',
  },
  CKPT1901: {
    gate: 'any',
    title: 'This version of ckpt does not look at this gate',
    meaning:
      'runsc checks it at restore, and this version of ckpt does not: whether the OCI specs of the new containers fit the saved ones, networking, GPUs, and the files that must exist on the host. A `restorable` says nothing about it.',
    example: null,
    remedy:
      'Keep the OCI config, the network mode, the devices and the mounts of the saved containers. `--require` with the name of the gate turns this into `unknown`.',
  },
  CKPT1951: {
    gate: 'pages',
    title: 'A file of the saved memory is missing',
    meaning:
      'Uncompressed images keep their pages in pages.img since 2024-04-12, and the metadata of it in pages_meta.img since 2024-04-30. runsc needs both beside checkpoint.img. Which of the two it opens first changed on 2026-03-18; a release that does not find the first takes the image for one with its memory inside, and fails at its end.',
    example: 'opening pages file "/images/a/pages.img" failed: open /images/a/pages.img: no such file or directory',
    remedy: 'Copy the whole directory that `runsc checkpoint` wrote.',
  },
  CKPT1952: {
    gate: 'pages',
    title: 'pages.img is too short',
    meaning: 'The metadata names more committed pages than pages.img holds: it was cut short. A longer file is no problem.',
    example: 'EOF',
    remedy: 'Copy the image again, or save it again.',
  },
  CKPT1953: {
    gate: 'pages',
    title: 'This runsc does not know an image whose pages lie in files of their own',
    meaning: 'Before 2024-04-12 the memory is always inside checkpoint.img.',
    example: null,
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1954: {
    gate: 'pages',
    title: 'The files with the pages were not given',
    meaning:
      'A state file was given by itself. Its memory is in pages.img and pages_meta.img, which runsc needs too, and which were not looked at.',
    example: null,
    remedy: 'Give the directory with all files of the image.',
  },
};

/** Every advice code; its page in docs/reasons/ has the same parts. */
export interface AdviceText {
  readonly title: string;
  /** When it is given, and what it means. */
  readonly meaning: string;
  /** What a person can do. */
  readonly remedy: string;
  /** How well it is known to work. */
  readonly evidence: string;
}

export type AdviceCode =
  | 'CKPT2001'
  | 'CKPT2002'
  | 'CKPT2003'
  | 'CKPT2004'
  | 'CKPT2005'
  | 'CKPT2006'
  | 'CKPT2007'
  | 'CKPT2008'
  | 'CKPT2009'
  | 'CKPT2010'
  | 'CKPT2011'
  | 'CKPT2012'
  | 'CKPT2013'
  | 'CKPT2014'
  | 'CKPT2015'
  | 'CKPT2016';

/** Every advice code, in the order in which advice is listed. */
export const ADVICE: { readonly [C in AdviceCode]: AdviceText } = {
  CKPT2001: {
    title: 'Restore on a CPU that has the missing features',
    meaning:
      'The gate `cpu-features` fails. The advice names CPU generations that have every missing feature, as far as the generations in our table are known.',
    remedy: 'Choose a host of one of these generations, and check it: a hypervisor may hide features that the CPU has.',
    evidence: 'A table of CPU generations with its sources.',
  },
  CKPT2002: {
    title: 'Save the next image with fewer features',
    meaning:
      'The gate `cpu-features` fails on amd64. Since `release-20250820.0` the annotation `dev.gvisor.internal.cpufeatures` restricts what a sandbox sees, and what its images require, to a comma-separated list. The setting is the list of the image without what this host lacks.',
    remedy:
      'Put the annotation into the OCI spec (or the pod) before the sandbox is started. It has no effect on an image that exists.',
    evidence:
      'Measured with runsc: images of levelled sandboxes require exactly the listed features. The FPU state of programs is not bound by it; see CKPT2004.',
  },
  CKPT2003: {
    title: 'Features that the virtual machine or the running kernel decides about',
    meaning:
      'Among the missing features are some that say nothing of the CPU, but of the virtual machine (`hypervisor`, `ht`, `x2apic`) or of what the running kernel has enabled (`osxsave`, `ospke`).',
    remedy: 'Give the machine the same virtual CPU model and topology, and boot a kernel with the same CPU options.',
    evidence: 'The meaning of the bits in the manuals of Intel and AMD.',
  },
  CKPT2004: {
    title: 'Bind glibc too, not only gVisor: AVX-512 state',
    meaning:
      "Threads hold AVX-512 state that the host lacks. The annotation `dev.gvisor.internal.cpufeatures` changes what CPUID answers only where the CPU can fault the instruction; elsewhere glibc sees the real CPU and uses AVX-512 registers in string functions. glibc's own tunable stops that.",
    remedy: 'Set the environment variable for the processes of the container, start it again, and save again.',
    evidence:
      'Verified with runsc (release-20260817.0): the annotation and this value together made a static glibc shell restore on a host without AVX-512; the annotation alone did not.',
  },
  CKPT2005: {
    title: 'Bind glibc too, not only gVisor: AVX state',
    meaning: 'Threads hold AVX state (upper halves of the YMM registers) and the host has no AVX.',
    remedy:
      'Set the environment variable for the processes of the container, start it again, and save again. Programs that use AVX by themselves need their own switch.',
    evidence:
      'Not verified with runsc. The names are those that glibc documents for `glibc.cpu.hwcaps`; its string functions choose AVX2 variants by them.',
  },
  CKPT2006: {
    title: 'Restart the processes that hold the state, and save again',
    meaning:
      'Only the named processes stand in the way at the gate `fpu-state`. State that is in use once stays in use until the program initialises it again or executes anew.',
    remedy:
      'Stop or restart these processes in the sandbox, and save again. A thread without a number is dead and disappears when its parent has waited for it.',
    evidence: 'The gate looks at every task of the image by itself.',
  },
  CKPT2007: {
    title: 'MPX and PKRU state: a newer runsc ignores it',
    meaning:
      'The unsupported state is that of MPX (bits 3 and 4) or protection keys (bit 9). Since `release-20251201.0` runsc ignores these components, since `release-20260216.0` also on hosts that lack them.',
    remedy: 'Save and restore with `release-20260216.0` or later. An image cannot be restored by another release than its own.',
    evidence:
      'Verified with runsc: images with these bits were refused by a runsc of 2025-10-15 and restored by one of 2026-04-15 on the same hosts.',
  },
  CKPT2008: {
    title: 'Restore with the runsc that saved the image',
    meaning:
      'The image does not fit the restoring runsc: another version, another layout of the image, or another encoding of the feature set.',
    remedy: 'Install that release beside the other, and restore with it.',
    evidence: 'runsc offers no conversion between versions.',
  },
  CKPT2009: {
    title: 'A keyed image needs the program that holds the key',
    meaning: 'The image is authenticated with a key. `runsc restore` has no way to pass one.',
    remedy: 'Restore through the embedder that saved it, or save again without a key. `--key-file` lets ckpt verify and read it.',
    evidence: 'runsc passes no key in any release (runsc/boot/controller.go: containerManager.Restore).',
  },
  CKPT2010: {
    title: 'Choose a host of the same architecture',
    meaning: 'The image is of another architecture than the host.',
    remedy: 'There is no other way: the saved program consists of instructions of that architecture.',
    evidence: 'The format of the image.',
  },
  CKPT2011: {
    title: 'Choose a host with 4 KiB pages',
    meaning: 'The gate `page-size` fails or is not decided.',
    remedy: 'Boot a kernel that is built with 4 KiB pages. On arm64 that is a choice of the kernel, not of the CPU.',
    evidence: 'pkg/sentry/kernel/kernel.go: Kernel.LoadFrom.',
  },
  CKPT2012: {
    title: 'Describe the host better',
    meaning: 'Facts about the host are missing, and gates answer `unknown` for that reason.',
    remedy:
      'Run `ckpt host capture` on the host, or the probe that `ckpt host probe` writes where there is no Node, or `cpuid -1 -r`, and give the output as the host.',
    evidence:
      'Raw CPUID decides every feature that runsc compares, except `xsave` on a CPU without XSAVE, where the answer of runsc itself is random.',
  },
  CKPT2013: {
    title: 'Say which runsc restores',
    meaning:
      'The version of the restoring runsc is not known, so that versions were not compared and the rules were chosen from the image.',
    remedy: 'Give `--runsc-version`, or a host profile that records it.',
    evidence: 'Any difference of versions is fatal since 2024-10-28.',
  },
  CKPT2014: {
    title: 'Save the image again',
    meaning: 'The image is damaged, incomplete, or was changed.',
    remedy: 'Copy it again and compare, or save it again. `ckpt verify` shows where it is damaged.',
    evidence: 'The bytes of the image.',
  },
  CKPT2015: {
    title: 'The restoring runsc is newer than the rules',
    meaning:
      'The version is of a later date than the gVisor code that the rules were read from (2026-08-21). What changed since then is not considered.',
    remedy: 'Update ckpt, and until then treat a positive answer with care.',
    evidence: 'The date of the code that the rules were read from.',
  },
  CKPT2016: {
    title: 'Equal versions are not compared by their code',
    meaning: 'A build without a version stamp, or an image without a version: the strings say nothing of the code.',
    remedy: 'Make sure that it is the same binary, for instance by its checksum.',
    evidence: 'runsc/version/version.go; before 2024-10-28 images hold no version.',
  },
};
