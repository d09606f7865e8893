/**
 * The closed vocabulary of `check`: every reason that a gate can give, and every piece of advice. Codes never change meaning; a page
 * for each lies in docs/reasons/.
 */
import type { GateId } from './gate-ids.ts';
import type { SpecDifference } from './spec/spec-difference.ts';

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

/** One file of the host that a restore needs. */
export interface FileRef {
  /** From the root of its mount. */
  readonly path: string;
  readonly type: string;
  /** How it is opened again; null when it is only looked for. */
  readonly access: 'read' | 'write' | 'read-write' | null;
  /** Was removed while open: a restore makes it again. */
  readonly deleted: boolean;
}

/** Files of one mount with what was found of them. */
interface FileDetails {
  /** Null in images that do not save it. */
  readonly container: string | null;
  readonly mount: string;
  /** Null when it could not be opened. */
  readonly directory: string | null;
  /** `why` is the type that was found or the error of Linux (`ENOENT`); `below` counts files that were not looked for any more. */
  readonly files: readonly (FileRef & { readonly why: string; readonly below: number })[];
}

/** Devices that are counted. */
type DeviceKind = 'gpus' | 'tpus';

/** A saved socket and what it needs of the new network, in words. */
export interface SocketRef {
  /** Graph path of the endpoint. */
  readonly object: string;
  readonly kind: 'tcp' | 'udp' | 'icmp' | 'raw' | 'packet';
  readonly local: string | null;
  readonly remote: string | null;
  readonly holders: readonly { readonly pid: number; readonly fd: number }[];
  readonly needs: readonly string[];
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
  CKPT1351: { readonly container: string; readonly differences: readonly SpecDifference[] };
  CKPT1352: { readonly container: string; readonly saved: readonly string[] };
  CKPT1353: { readonly containers: readonly string[] };
  CKPT1354: {
    readonly container: string;
    readonly policy: 'warning' | 'ignore';
    readonly differences: readonly SpecDifference[];
  };
  CKPT1355: { readonly container: string; readonly assumed: string };
  CKPT1356: { readonly container: string | null; readonly why: string; readonly differences: readonly SpecDifference[] };
  CKPT1357: { readonly container: string };
  CKPT1358: { readonly container: string; readonly problem: string };
  CKPT1359: { readonly why: string };
  CKPT1360: { readonly container: string; readonly differences: readonly SpecDifference[] };
  CKPT1361: { readonly network: string };
  CKPT1362: { readonly image: string; readonly network: string };
  CKPT1363: { readonly image: string };
  CKPT1364: { readonly network: string };
  CKPT1365: { readonly sockets: readonly SocketRef[] };
  CKPT1366: { readonly sockets: readonly SocketRef[] };
  CKPT1367: { readonly sockets: readonly SocketRef[] };
  CKPT1368: { readonly sockets: readonly SocketRef[] };
  CKPT1369: { readonly sockets: readonly SocketRef[] };
  CKPT1370: Readonly<Record<string, never>>;
  CKPT1371: { readonly kind: DeviceKind; readonly image: number; readonly host: number };
  CKPT1372: { readonly image: string; readonly host: string };
  CKPT1373: { readonly image: string; readonly rules: string };
  /** `image` is the count or the version that was saved, or null where the image does not tell. */
  CKPT1374: { readonly kind: DeviceKind | 'driver'; readonly image: number | string | null };
  CKPT1375: { readonly kind: DeviceKind; readonly why: string };
  CKPT1376: { readonly key: string };
  CKPT1377: { readonly kind: DeviceKind; readonly assumed: string };
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
  CKPT1751: {
    readonly release: string;
    /** The release that was compared with, or those between which the restoring code lies. */
    readonly releases: readonly string[];
    /** Where decoding stops; null when that is not certain. */
    readonly firstMet: { readonly object: number; readonly type: string } | null;
    readonly types: readonly {
      readonly name: string;
      /** The release has no such type. */
      readonly missing: boolean;
      readonly onlyInImage: readonly string[];
      readonly onlyInRelease: readonly string[];
    }[];
  };
  CKPT1752: {
    readonly release: string;
    readonly releases: readonly string[];
    readonly types: readonly { readonly name: string; readonly why: 'unknown-type' | 'changed-between' }[];
  };
  CKPT1753: { readonly release: string; readonly releases: readonly string[] };
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
  CKPT1851: FileDetails;
  CKPT1852: FileDetails;
  CKPT1853: FileDetails;
  CKPT1854: FileDetails;
  CKPT1855: FileDetails;
  CKPT1856: FileDetails;
  CKPT1857: FileDetails;
  CKPT1858: {
    readonly container: string | null;
    readonly mount: string;
    /** How to have it checked. */
    readonly option: string;
    readonly files: readonly FileRef[];
  };
  CKPT1859: Readonly<Record<string, never>>;
  CKPT1860: { readonly given: readonly string[]; readonly mounts: readonly string[] };
  /** `container:host:N`. */
  CKPT1861: { readonly inherited: readonly string[] };
  CKPT1901: { readonly rules: string };
  CKPT1902: { readonly rules: string; readonly reads: string; readonly found: string };
  CKPT1903: { readonly version: string; readonly newest: number };
  CKPT1904: { readonly rules: string; readonly reads: string };
  CKPT1911: { readonly image: string; readonly host: number };
  CKPT1912: { readonly assumed: number };
  CKPT1913: { readonly image: string; readonly why: string };
  CKPT1921: { readonly image: string; readonly host: string };
  CKPT1931: {
    readonly file: string;
    /** `container:path`. */
    readonly owner: string;
    /** 64-bit numbers. */
    readonly start: string;
    readonly end: string;
    /** Bytes of the file. */
    readonly size: number;
  };
  CKPT1932: { readonly missing: string; readonly path: string };
  CKPT1933: { readonly required: number; readonly present: number };
  CKPT1951: { readonly missing: string; readonly path: string };
  CKPT1952: { readonly required: number; readonly present: number };
  CKPT1953: { readonly rules: string };
  CKPT1954: { readonly form: 'state file alone' };
  CKPT1955: { readonly owners: readonly string[] };
  CKPT1956: { readonly owners: readonly string[]; readonly rules: string };
  CKPT1957: { readonly required: number; readonly present: number };
  CKPT1958: { readonly file: string };
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
      'Before 2024-10-28 runsc did not compare versions. It loads whatever it can, and fails later when a saved type has other fields than its own. Whether that happens is the answer of the gate `object-graph`.',
    example: null,
    remedy: 'See the gate `object-graph`. The release that saved the image restores it in any case.',
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
  CKPT1351: {
    gate: 'oci-spec',
    title: 'The spec of a new container differs from the saved one',
    meaning:
      'Since 6bae0a7b3 (2024-10-28, `release-20241104.0`) runsc compares the OCI spec (config.json) of every container that is restored with the one it was saved with. Not compared are environment variables, host and domain names, hooks, linux.cgroupsPath, the path of the root, the sources of mounts, annotations that are not `dev.gvisor.…`, and since 2024-12-16 linux.resources. Lists of rlimits, capabilities, namespaces and ID mappings may have another order, but no value twice. An empty list that stands in the config.json of the first container (`"maskedPaths": []`) differs from a missing one, and the saved spec never has empty lists. The details name every field that differs; runsc stops at the first.',
    example:
      'failed to handle restore spec validation: failed to validate restore spec: failed to validate spec for container "web": "Cwd" does not match across checkpoint restore for container: "web", checkpoint "/" restore "/srv"',
    remedy:
      'Make the new spec the same in these fields; `ckpt inspect --section containers` shows the saved one. Since `release-20250127.0` `runsc --restore-spec-validation=warning` restores all the same: the saved process goes on as it was, whatever the new spec says.',
  },
  CKPT1352: {
    gate: 'oci-spec',
    title: 'A new container is not among the saved ones',
    meaning:
      'runsc matches containers by name: the annotation `io.kubernetes.cri.container-name`, and for a container without one `__no_name_` with its number in the order of restoring. Since 485a52058 (2024-09-13, `release-20240916.0`) each must have been saved.',
    example:
      'failed to handle restore spec validation: failed to validate restore spec: checkpoint image does not contain spec for container: "web"',
    remedy:
      'Give the container the saved name, or rename it with the annotation `dev.gvisor.container-name-remap.1` (`new=saved`) since `release-20250407.0`. `--spec name=config.json` says for which container a spec is meant when it names none.',
  },
  CKPT1353: {
    gate: 'oci-spec',
    title: 'The specs of the new containers were not given',
    meaning: 'runsc compares them with the saved ones, and ckpt was not given all of them.',
    example: null,
    remedy: 'Give the config.json of each container that will be restored: `--spec config.json`, or `--spec name=config.json`.',
  },
  CKPT1354: {
    gate: 'oci-spec',
    title: 'The specs differ, and the policy lets that pass',
    meaning:
      '`--restore-spec-validation` of runsc (since 1c38b6cbe, 2025-01-23, `release-20250127.0`; `--unsafe-skip-restore-spec-validation` a month before) says what a difference means: `enforce` (the default) refuses, `warning` logs, `ignore` does not even look.',
    example: null,
    remedy: 'Nothing, if that is meant. The saved processes go on as they were: what the new spec says has no effect on them.',
  },
  CKPT1355: {
    gate: 'oci-spec',
    title: 'The specs are the same, as far as runsc completes the new one as it did at save',
    meaning:
      'runsc does not compare config.json as it is. A container behind the first in its sandbox gets a user namespace with the ID mappings of the machine (with `--directfs`, the default), and loses a PID namespace that is the one of the sandbox; a bind mount from overlayfs, NFS or FUSE gets an option for that. This depends on the machine and on the flags, which are taken to be as they were.',
    example: null,
    remedy: 'Restore with the same flags. `--require oci-spec` turns the assumption into `unknown`.',
  },
  CKPT1356: {
    gate: 'oci-spec',
    title: 'Whether runsc finds a difference cannot be told from the specs',
    meaning:
      'Two cases. runsc follows symbolic links in the root file system before it compares the destinations of bind mounts, so that `/var/run/secrets` is saved as `/run/secrets`, and ckpt does not see that file system. And until 5703c1a5a (2025-11-11, `release-20251118.0`) one container, taken at random, was compared, so that a sandbox of which only some differ is restored at times.',
    example: null,
    remedy:
      'For mounts: write the destination as it was saved, which runsc takes as the same. For several containers: make all specs fit.',
  },
  CKPT1357: {
    gate: 'oci-spec',
    title: 'Two specs are for one container',
    meaning: 'The names of the containers, by which runsc matches them, must differ.',
    example: 'container "web" already restored',
    remedy: 'Give one spec for each container; the annotation `io.kubernetes.cri.container-name` names it.',
  },
  CKPT1358: {
    gate: 'oci-spec',
    title: 'runsc refuses the new spec by itself',
    meaning:
      'Before anything is restored, runsc checks the config.json: process.args, root.path and absolute destinations must be there; SELinux labels, Windows and Solaris are not supported.',
    example: null,
    remedy: 'Correct the config.json.',
  },
  CKPT1359: {
    gate: 'oci-spec',
    title: 'There is nothing to compare',
    meaning: 'The image holds no specs that can be read (before 2024-09-11 none were saved), or a given one could not be read.',
    example: null,
    remedy: 'See the gate `container-specs`, or the error about the given spec.',
  },
  CKPT1360: {
    gate: 'oci-spec',
    title: 'The limits in linux.resources have changed',
    meaning: 'runsc logs that since 0f8216cd3 (2024-12-16, `release-20241217.0`), and restores.',
    example: null,
    remedy: 'Nothing, if the new limits are meant: they apply to the new sandbox.',
  },
  CKPT1361: {
    gate: 'network',
    title: 'This runsc restores no sandbox with that networking',
    meaning:
      'Since 7f284dbe4 (2026-05-11, `release-20260520.0`) a restore is refused unless networking is `sandbox` or `none`; since 9d2d13b05 (2026-07-20, `release-20260721.0`) `host` is possible too. `plugin` never is.',
    example: 'checkpoint not supported when using hostinet',
    remedy: 'Restore with `--network=sandbox` or `--network=none`.',
  },
  CKPT1362: {
    gate: 'network',
    title: 'Exactly one side uses the network of the host',
    meaning:
      'Since 9d2d13b05 (2026-07-20, `release-20260721.0`) the header says what networking the sandbox had; an image without that is of `sandbox` networking. `host` fits only `host`; `sandbox` and `none` fit one another.',
    example: 'checkpoint created with host networking cannot be restored with sandbox networking',
    remedy: 'Restore with the `--network` of the saved sandbox.',
  },
  CKPT1363: {
    gate: 'network',
    title: 'The networking of the new sandbox was not given',
    meaning: 'runsc compares it with that of the image.',
    example: null,
    remedy: 'Give the value of `--network` with which runsc will restore: `--network sandbox`, `none`, `host` or `plugin`.',
  },
  CKPT1364: {
    gate: 'network',
    title: 'What becomes of the image with that networking is not known',
    meaning:
      'Before 7f284dbe4 (2026-05-11, `release-20260520.0`) a restore with `--network=host` was not refused, although no image of such a sandbox could be saved. The two releases that were tried (2022-12 and 2024-07) could not load the saved network stack into it.',
    example: null,
    remedy: 'Restore with `--network=sandbox` or `--network=none`.',
  },
  CKPT1365: {
    gate: 'network',
    title: 'The new sandbox lacks what a saved socket needs',
    meaning:
      'An endpoint is restored only where it finds what it had: a connected one its own address and a route to the other end, one with multicast groups or a packet socket the interface with the same number (the loopback interface is 1, the others follow in the order of the host), one bound to an IPv4 address the interface with the number on which it was found (before 2dbd37fd7, 2022-08-15, `release-20220822.0`, and for IPv6, the address itself). Otherwise the whole sandbox dies: for UDP, ICMP and raw sockets before a0085d9a4 (2025-08-07, `release-20250811.0`), for TCP connections before 25a114411 (2025-08-14, `release-20250820.0`), for packet sockets before 1985b831b (2026-02-19, `release-20260223.0`). Later releases close the socket and restore the rest. Before 560709419 (2023-05-02, `release-20230508.0`) a TCP socket with buffers of more than 4 MiB, as SO_SNDBUFFORCE sets them, is fatal in any network.',
    example: 'urpc method "containerManager.Restore" failed: EOF',
    remedy:
      'Restore in a network namespace with the same addresses, routes and order of interfaces, or save again without those sockets. TCP listeners and sockets that are bound to no address or to the loopback interface need nothing.',
  },
  CKPT1366: {
    gate: 'network',
    title: 'It is not known whether the new sandbox has what saved sockets need',
    meaning:
      'The image has sockets that this release of runsc restores only where the network is as it was; see CKPT1365. How the new sandbox is connected is no part of a host description.',
    example: null,
    remedy:
      'Describe its network: `--network none`, or `--address` for each interface with its addresses and prefix lengths, and `--route default` when it has a default route.',
  },
  CKPT1367: {
    gate: 'network',
    title: 'Saved sockets need the loopback interface',
    meaning:
      'Connections over the loopback interface, and sockets that are bound to it or have groups on it, need one that is up and has the same addresses. A sandbox with `--network=none` always has it; for another it is assumed, as whatever makes network namespaces for containers sets it up.',
    example: null,
    remedy: 'Nothing usually. In a network namespace made by hand: `ip link set lo up`. An IPv6 connection needs `::1` on it.',
  },
  CKPT1368: {
    gate: 'network',
    title: 'The restore may never end',
    meaning:
      'A TCP connection over the loopback interface was being made (SYN_SENT or SYN_RECV) when the image was saved. From 74a1820ce (2022-04-18, `release-20220425.0`) until a3e588741 (2024-12-18, `release-20250106.0`) runsc stops there until all other connections and listeners are restored, also those that are behind it. Whether one is, depends on an order that is not predicted.',
    example: null,
    remedy: 'Save again when the connection is made, or has failed.',
  },
  CKPT1369: {
    gate: 'network',
    title: 'Two saved sockets hold the same port',
    meaning:
      'In one network namespace that is not possible: they are of different ones. Before a6a13e83c (2025-06-02, `release-20250611.0`) all come back in the network namespace of the sandbox, where the second cannot have the port, and the sandbox dies.',
    example: null,
    remedy: 'Save again with one of the two closed.',
  },
  CKPT1370: {
    gate: 'network',
    title: 'A part of the saved sockets could not be read',
    meaning: 'The image is damaged where its sockets are. Whether one of them stops the restore is not known.',
    example: null,
    remedy: 'Copy the image again and compare, or save it again.',
  },
  CKPT1371: {
    gate: 'gpu',
    title: 'The new sandbox has too few GPUs or TPUs',
    meaning:
      'Since ea0f0b6b3 (2026-06-24, `release-20260706.0`) runsc saves in the header which GPUs a sandbox in use of them had, and since b3871cfa3 (2026-07-07, `release-20260706.0`) which TPUs. It maps them to those of the new sandbox by their order, which must be as many or more.',
    example: "failed to remap nvproxy devices: can't remap 8 saved devices to 4 restored devices",
    remedy: 'Restore where there are as many devices, and hand them to the containers.',
  },
  CKPT1372: {
    gate: 'gpu',
    title: 'The NVIDIA driver is of another version',
    meaning:
      'Since c8952f759 (2025-05-29, `release-20250611.0`) runsc saves for which version of the driver the sandbox was set up, and compares it at the very end. In its message `was` is the driver of the restoring machine.',
    example: 'nvidia driver version changed during restore: was 570.124.06, now 550.54.15',
    remedy: 'Restore on a machine with the same driver.',
  },
  CKPT1373: {
    gate: 'gpu',
    title: 'This runsc does not know the NVIDIA driver of the image',
    meaning: 'nvproxy speaks the interface of certain versions of the driver; which ones differs from release to release.',
    example: 'error executing callbacks: driver version "550.54.15" not found in abis map',
    remedy: 'Restore with the release that saved the image.',
  },
  CKPT1374: {
    gate: 'gpu',
    title: 'The GPUs, TPUs or the driver of the host were not given',
    meaning: 'The image was saved with GPUs or TPUs in use, and runsc compares them with those of the new sandbox.',
    example: null,
    remedy: 'Give `--gpus` and `--tpus`, how many the new containers get, and `--nvidia-driver`, the version of the driver.',
  },
  CKPT1375: {
    gate: 'gpu',
    title: 'This runsc opens the same GPUs or TPUs again',
    meaning:
      'Without the list of devices in the header, runsc opens the same device files (`/dev/nvidia0`) at restore, whatever other devices there are.',
    example: null,
    remedy: 'Restore where the devices have the same numbers.',
  },
  CKPT1376: {
    gate: 'gpu',
    title: 'The list of saved devices cannot be read',
    meaning: 'The key of the header is not a JSON list of devices. No runsc writes that: the header was changed.',
    example: null,
    remedy: 'Take the image as it was saved.',
  },
  CKPT1377: {
    gate: 'gpu',
    title: 'There are enough devices, if they are of one kind',
    meaning:
      'runsc maps several GPUs only to GPUs of one model, and several TPUs only to TPUs that lie in IOMMU groups as the saved ones did. A count does not tell that.',
    example: null,
    remedy: 'Restore on a machine of the same type. `--require gpu` turns the assumption into `unknown`.',
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
  CKPT1751: {
    gate: 'object-graph',
    title: 'Saved types have other fields in the restoring runsc, or do not exist there',
    meaning:
      'An image holds the objects of the sandbox as gVisor declares them, field by field. runsc loads a type only when it has the same set of field names; their order does not matter. It stops at the first object of another type. The types of every release since 2021 are known to ckpt; it names all that differ, and the one that runsc meets first.',
    example:
      'error decoding object ID 1 (kernel.Kernel) from &wire.Struct{TypeID:0x1, fields:(*wire.multipleObjects)(0xc000000000)}: type "pkg/sentry/kernel.Kernel" contains different fields: [featureSet timekeeper tasks] (decode) and [featureSet timekeeper] (encode)',
    remedy:
      'Restore with the release that saved the image, or with one of those that `ckpt state schema` names. `ckpt state schema --against RELEASE` shows every difference. The pointer in the message differs from run to run.',
  },
  CKPT1752: {
    gate: 'object-graph',
    title: 'It is not known whether the restoring runsc has the saved types',
    meaning:
      'The history of types holds releases. Of a build between two of them only what both have in common is known, of code that is newer than the history or whose version names no code nothing, and of types that no release has (a changed gVisor) nothing either.',
    example: null,
    remedy: 'Restore with the release that saved the image, or try it.',
  },
  CKPT1753: {
    gate: 'object-graph',
    title: 'The restoring runsc is another one, and has all saved types',
    meaning:
      'Every saved type has the same fields in the restoring release as in the image. runsc compares no more than that, but loads more: what a field holds may have changed under the same name, which the history of types does not show.',
    example: null,
    remedy:
      'Where that is too little, restore with the release that saved the image, or ask for `--require object-graph`, which turns the assumption into `unknown`.',
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
  CKPT1851: {
    gate: 'host-files',
    title: 'A file that the image holds is not there',
    meaning:
      'Open and mapped files, executables, working directories and the directories above them are looked for again, name by name from the root of their mount, and no symbolic link is followed. Unused files are not missed. Since 1e5b6ec42 (2024-11-05, `release-20241118.0`) runsc names the file, since eb261c614 (2026-02-20, `release-20260223.0`) also the mount. Which of several missing files it meets first is random. Directories that were made when the container was set up, as the points of its mounts, are made again since 5734bf093 (2024-06-18, `release-20240624.0`).',
    example:
      'vfs.CompleteRestore() failed: failed to complete restore for filesystem type "9p": failed to walk "/usr/bin/python3" of type 0100000 in mount "app:/": no such file or directory',
    remedy:
      'Give the new container the files that the saved one had: the same version of its image, and the same content of its mounts.',
  },
  CKPT1852: {
    gate: 'host-files',
    title: 'A file that the image holds is of another type now',
    meaning:
      'Where others than the sandbox may change the files of a mount (`--file-access-mounts=shared`, the default for bind mounts), runsc looks at their types again, and the sandbox panics when one has changed. A gofer without directfs refuses block devices everywhere.',
    example: 'urpc method "containerManager.Restore" failed: EOF',
    remedy: 'Give the new container the files that the saved one had.',
  },
  CKPT1853: {
    gate: 'host-files',
    title: 'A file cannot be opened, or made again, as a restore does',
    meaning:
      'Files that were open are opened again for reading or writing. Files that were removed while open are made again in their directory since f06d4e7eb (2025-03-03, `release-20250304.0`), and removed once more; so are directories on which something is mounted. That fails on a read-only file system, for immutable files, and where another file has the name: for regular files until e3c4c4cad (2025-06-06, `release-20250611.0`), for directories until 128211909 (2025-07-15, `release-20250721.0`). In a mount that only the sandbox changes, a file that has become a link, a pipe, a socket or (if it was open for writing) a directory cannot be opened either; runsc waits for ever for the other end of a pipe.',
    example:
      'vfs.CompleteRestore() failed: failed to complete restore for filesystem type "9p": failed to restore file handles (read=true, write=true) for "/db/log" in mount "app:/data": read-only file system',
    remedy: 'Mount the directory with the same rights as before, and give it the files that the saved container had.',
  },
  CKPT1854: {
    gate: 'host-files',
    title: 'A symbolic link lies where a mount hangs',
    meaning:
      'runsc follows links in the destination of a mount before it starts the sandbox. A mount whose destination leads elsewhere than before is another one, and the saved one is not found.',
    example: 'no server FD available for filesystem with unique ID "app:/data", map: map[checkpoint.ResourceID]int{}',
    remedy: 'Restore with a root file system in which the path is a directory, as it was.',
  },
  CKPT1855: {
    gate: 'host-files',
    title: 'It is not known whether a file is there and can be opened',
    meaning:
      'ckpt itself may not look at the file or open it, the directory that was given could not be opened, or the name of the file is no valid UTF-8. runsc may have other rights.',
    example: null,
    remedy: 'Check as the user that will restore, usually root.',
  },
  CKPT1856: {
    gate: 'host-files',
    title: 'It is not known whether a file can be opened again',
    meaning:
      'Pipes, sockets and devices of the host that were open are opened again. Whether that succeeds depends on the other end, on the device, and on the flags of runsc (`--host-fifo`, `--host-uds`, `--character-device-policy`); ckpt opens none of them.',
    example: null,
    remedy: 'Restore with the same flags, devices and partners as before, and try it.',
  },
  CKPT1857: {
    gate: 'host-files',
    title: 'A file is of another type now, and runsc does not notice',
    meaning:
      'In a mount that only the sandbox changes (`--file-access=exclusive`, the default for root file systems) runsc does not look at the type of a file again. The restore succeeds if the file can be opened, and the program finds something else than it left.',
    example: null,
    remedy: 'Give the new container the files that the saved one had.',
  },
  CKPT1858: {
    gate: 'host-files',
    title: 'The directory of a mount was not given',
    meaning:
      'The details list every file that must be there: its path from the root of the mount, its type, and how it is opened again. The root file system must have them as the new container will see it, on whatever host.',
    example: null,
    remedy:
      'Name the directory: `--rootfs DIR` (`--rootfs container=DIR` where there are several), and `--mount /path=DIR` (`--mount container:/path=DIR`) for each bind mount. `--require host-files` turns this into `unknown`.',
  },
  CKPT1859: {
    gate: 'host-files',
    title: 'The list of files is not complete',
    meaning: 'A part of the saved directories could not be read. What could be read was checked.',
    example: null,
    remedy: 'Copy the image again, or save it again.',
  },
  CKPT1860: {
    gate: 'host-files',
    title: 'A directory was given for a mount that the image does not have',
    meaning:
      'No file of the image lies on a mount of that container and path. Where several containers have the path, the container must be named too.',
    example: null,
    remedy: 'Compare with the mounts that the message names. A new container may have more mounts than the saved one had.',
  },
  CKPT1861: {
    gate: 'host-files',
    title: 'A process holds files of `runsc exec` or `--pass-fd` that a restore does not give it again',
    meaning:
      "A process that `runsc exec` started inherits its standard files from that command, under no container's name. From 3d3205071 (2024-04-29, `release-20240501.0`) to the last release before `release-20250304.0` runsc looks for the same files at a restore, and stops because only those of the containers are given. Before, the numbers were enough; since 0c1760099 (2025-03-03) such files are let go. A process that has ended leaves them too, when another still holds them. Files that `runsc run --pass-fd` gave a container beside the standard ones are looked for in the same way since bcc70e30f (2024-03-13, `release-20240325.0`), and `runsc restore` has no option to give them.",
    example:
      'no host FD available for :host:2, map: map[__no_name_0:/:3 __no_name_0:host:0:256 __no_name_0:host:1:257 __no_name_0:host:2:258]',
    remedy:
      'End what was started with `runsc exec`, with the processes that it left behind, and let the container close what `--pass-fd` gave it; then save again.',
  },
  CKPT1901: {
    gate: 'fs-version',
    title: 'The restoring runsc knows no filesystem checkpoints',
    meaning:
      'A filesystem checkpoint is given to a new container with `runsc create -fs-restore-image-path`, which exists since 9ca1678bc (2026-03-18, `release-20260323.0`).',
    example: 'flag provided but not defined: -fs-restore-image-path',
    remedy: 'Use a newer runsc: the one that made the filesystem checkpoint has the flag.',
  },
  CKPT1902: {
    gate: 'fs-version',
    title: 'The restoring runsc reads another kind of manifest',
    meaning:
      'The manifest is fscheckpoint.json until 8bd698e1e (2026-08-10, `release-20260817.0`), and fscheckpoint.pb since then. A runsc looks for its own only.',
    example: 'opening manifest file "/images/a/fscheckpoint.pb": open /images/a/fscheckpoint.pb: no such file or directory',
    remedy: 'Use a runsc of the time of the image, or make the filesystem checkpoint again. There is no conversion.',
  },
  CKPT1903: {
    gate: 'fs-version',
    title: 'The manifest is of a version that the restoring runsc does not know',
    meaning: 'A manifest of JSON must have the version 0, one of protobuf 0 or 1.',
    example: 'unsupported filesystem checkpoint version: 2',
    remedy: 'Use the runsc that made the filesystem checkpoint, or a newer one.',
  },
  CKPT1904: {
    gate: 'fs-version',
    title: 'Two manifests lie beside one another, and the one that this runsc reads was not read',
    meaning:
      'The image has fscheckpoint.json and fscheckpoint.pb. ckpt reads the newer kind; the restoring runsc reads the older one, which may say something else.',
    example: null,
    remedy: 'Remove the one that does not belong to the image.',
  },
  CKPT1911: {
    gate: 'fs-page-size',
    title: 'The filesystem checkpoint was made with another page size',
    meaning:
      'Files are kept in pages of the sandbox. runsc does not split or join them, so that the page size must be the same: 4096 bytes on amd64, and what runsc was built for on arm64.',
    example: 'filesystem checkpoint page size 65536 does not match current page size 4096',
    remedy: 'Choose a host with that page size.',
  },
  CKPT1912: {
    gate: 'fs-page-size',
    title: 'The page size of the host was assumed to be 4 KiB',
    meaning:
      'The description of this arm64 host does not hold the page size, and 4 KiB is the default of the kernel and of every distribution, and what the filesystem checkpoint was made with.',
    example: null,
    remedy: 'Give a captured profile (`ckpt host capture`), which records the page size, or ask for `--require fs-page-size`.',
  },
  CKPT1913: {
    gate: 'fs-page-size',
    title: 'The page size of the host is unknown',
    meaning: 'The description of this arm64 host does not hold the page size, and 4 KiB cannot be assumed.',
    example: null,
    remedy: 'Give a captured profile (`ckpt host capture` on the host), which records the page size.',
  },
  CKPT1921: {
    gate: 'fs-endianness',
    title: 'The filesystem checkpoint was made with another byte order',
    meaning:
      'Where the pages of a file lie is written in the byte order of the sandbox. All that runsc runs on are little-endian.',
    example: 'filesystem checkpoint endianness "big" does not match current endianness "little"',
    remedy: 'Make the filesystem checkpoint again: no runsc writes such a manifest, so that the image was changed or damaged.',
  },
  CKPT1931: {
    gate: 'fs-bounds',
    title: 'The manifest names a range that is not in its file',
    meaning:
      'The manifest says where in pages_meta.img and multitar.img the parts of each file system are. A range that ends behind its file means that the file was cut short; one that ends before it begins makes runsc panic.',
    example: 'MemoryFile "__no_name_0:/" has pages metadata range [0, 90) beyond pages metadata file size 64',
    remedy: 'Copy the image again, or make it again.',
  },
  CKPT1932: {
    gate: 'fs-bounds',
    title: 'A file of the filesystem checkpoint is missing',
    meaning:
      'runsc opens the manifest, multitar.img, pages_meta.img and pages.img before it creates the sandbox, and needs all four.',
    example: 'opening multi-tar file "/images/a/multitar.img": open /images/a/multitar.img: no such file or directory',
    remedy: 'Copy the whole directory that `runsc fscheckpoint` wrote.',
  },
  CKPT1933: {
    gate: 'fs-bounds',
    title: 'pages.img is shorter than the memory files need',
    meaning:
      'The metadata names more committed pages than pages.img holds. runsc loads them in the background: the container is created and started, and reading the missing parts of its files fails. `runsc wait -fsrestore` tells.',
    example: null,
    remedy: 'Copy the image again, or make it again.',
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
  CKPT1955: {
    gate: 'pages',
    title: 'File systems of the image lie apart, and are restored with a flag only',
    meaning:
      'The checkpoint was made with `--split-fscheckpoint` or `--fs-checkpoint-paths`: the pages of some file systems are in its folder fs/. A runsc from 860e747b8 (2026-08-13, `release-20260817.0`) to 87af54635 (2026-08-19) restores it with `--split-fsrestore`, which takes the folder fs/ of the image unless `--fs-restore-image-path` names another. Without the flag the restore fails at the private memory files. ckpt does not know whether it will be given.',
    example: 'inconsistent private memory files on restore: savedMFOwners = [], mfmap = map[__no_name_0:/:0xc0003e2000]',
    remedy: 'Give `runsc restore` the flag `--split-fsrestore`, and copy the folder fs/ with the image.',
  },
  CKPT1956: {
    gate: 'pages',
    title: 'The restoring runsc restores no checkpoint whose file systems lie apart',
    meaning:
      'The pages of some file systems are in the folder fs/ of the image. Only a runsc from 860e747b8 (2026-08-13, `release-20260817.0`) to 87af54635 (2026-08-19) can restore that. Others find fewer private memory files in the image than the new sandbox has; and when the sandbox has none, its file systems miss theirs.',
    example: 'inconsistent private memory files on restore: savedMFOwners = [], mfmap = map[__no_name_0:/:0xc0003e2000]',
    remedy: 'Restore with the release that saved the image, or save it again without the flags that split it.',
  },
  CKPT1957: {
    gate: 'pages',
    title: 'pages.img is longer than its metadata names',
    meaning:
      'runsc reads each range at its place and never asks for the size of pages.img, so that bytes behind the last range, whole pages or not, are no obstacle. No runsc writes them: something else added to the file, or it is that of another checkpoint.',
    example: null,
    remedy: 'Compare pages.img with the one that was saved, when there is doubt that it belongs to this checkpoint.',
  },
  CKPT1958: {
    gate: 'pages',
    title: 'A file with pages lies beside an image that does not need it',
    meaning:
      'The memory of this image is in checkpoint.img. Since 9ca1678bc (2026-03-18, `release-20260323.0`) runsc reads pages.img only where there is pages_meta.img, before that pages_meta.img only where there is pages.img, and before 2024-04 neither. Another release may refuse the image because of the file: from 2024-04-30 to 2026-03-18 a pages.img without pages_meta.img.',
    example: null,
    remedy: 'Remove the file, which belongs to another checkpoint.',
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
  | 'CKPT2016'
  | 'CKPT2017'
  | 'CKPT2018';

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
      'Verified with runsc release-20240729.0 and glibc 2.36: the threads of a static glibc shell then held x87 and SSE state only. The names are those of `glibc.cpu.hwcaps`.',
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
  CKPT2017: {
    title: 'Give the new container the files that the saved one had',
    meaning:
      'The gate `host-files` fails: files that the saved sandbox holds open, mapped or as working directories are not as they were.',
    remedy:
      'Restore with a root file system of the same image and with the same content of the mounts. Files that a program need not have open can be closed before the next save: unused ones are not missed.',
    evidence:
      'Measured with two releases of runsc: removed, replaced and renamed files, with and without directfs (docs/decisions/runsc-experiments.md).',
  },
  CKPT2018: {
    title: 'A filesystem checkpoint is for a new container',
    meaning:
      'The image is a filesystem checkpoint: it holds the files that a sandbox had written, and none of its processes. `runsc restore` does not take it, whatever the gates say.',
    remedy:
      'Create a container from the same root file system, with the same mounts and container names, and give the flag to `runsc create` or `runsc run`. File systems whose container and path the new sandbox does not have are left out without a word.',
    evidence: 'runsc/cmd/create.go; runsc/boot/fscheckpoint.go: memoryFileLoadArgs, tmpfsSourceTar.',
  },
};
