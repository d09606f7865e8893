/** What each gate of `ckpt check` looks at. */
import type { GateId } from '../restore/gate-ids.ts';

/** One gate in words. */
export interface GateText {
  readonly checks: string;
  /** Numbers of its conditions in docs/gates.md; none for a filesystem checkpoint. */
  readonly conditions: readonly number[];
  readonly decidedBy: string;
  readonly since: string;
  /** How it is given what it needs. */
  readonly howTo: string;
}

/** @see docs/gates.md */
export const GATE_TEXTS = {
  'image-readable': {
    checks: 'Header, framing, compression and every saved object can be read by this runsc.',
    conditions: [12, 13, 29, 32, 34],
    decidedBy: 'the image, and the release of runsc',
    since: 'always',
    howTo: 'Nothing is needed.',
  },
  'container-count': {
    checks: 'The header says how many containers the image holds, as a number from 1.',
    conditions: [14, 15],
    decidedBy: 'the image',
    since: 'release-20240501.0; a missing number is fatal since release-20251006.0',
    howTo: 'Nothing is needed.',
  },
  'container-specs': {
    checks: 'The specs of the saved containers are where this runsc looks for them.',
    conditions: [16],
    decidedBy: 'the image, and the release of runsc',
    since: 'release-20240916.0 in the kernel graph, release-20250407.0 in the header',
    howTo: 'Nothing is needed.',
  },
  'runsc-version': {
    checks: 'The runsc that restores has the very version string of the one that saved.',
    conditions: [17],
    decidedBy: 'the image, and the runsc of the host',
    since: 'release-20241104.0; after the kernel was loaded until release-20250304.0, before it since release-20250319.0',
    howTo: '`--runsc-version`, or a host profile that records it.',
  },
  'oci-spec': {
    checks: 'The config.json of every new container is the same as the saved one in the fields that count.',
    conditions: [19, 20],
    decidedBy: 'the image, and the new containers',
    since: 'release-20241104.0',
    howTo: '`--spec config.json` for each container.',
  },
  network: {
    checks:
      'The networking of the new sandbox is of the same kind, and saved sockets find their addresses, routes and interfaces.',
    conditions: [21, 22, 33],
    decidedBy: 'the image, and the new sandbox',
    since: 'the kind: release-20260520.0 and release-20260721.0; sockets: always, and no longer fatal in new releases',
    howTo: '`--network`, `--address`, `--route`.',
  },
  gpu: {
    checks: 'There are as many GPUs and TPUs of one kind, with the same driver.',
    conditions: [26, 27, 33, 41],
    decidedBy: 'the image, and the devices of the host',
    since: 'the driver: release-20250611.0; the devices: release-20260706.0',
    howTo: '`--gpus`, `--tpus`, `--nvidia-driver`.',
  },
  'page-size': {
    checks: 'The kernel of the host has pages of 4 KiB.',
    conditions: [28],
    decidedBy: 'the host',
    since: 'release-20260309.0',
    howTo: 'A host description that holds the page size (arm64: a captured profile).',
  },
  'cpu-arch': {
    checks: 'The feature set in the image is encoded as this runsc on this architecture does it.',
    conditions: [29],
    decidedBy: 'the image, the host, and the release of runsc',
    since: 'always; the encoding changed on 2022-01-13, 2022-02-10 (arm64) and 2023-02-17',
    howTo: 'A host description.',
  },
  'cpu-features': {
    checks: 'The host has every CPU feature that the image was saved with, whether it is used or not.',
    conditions: [30],
    decidedBy: 'the image, CPUID (amd64) or AT_HWCAP (arm64) of the host, and which features the restoring release compares',
    since: 'always',
    howTo: 'A host description; raw CPUID decides every feature.',
  },
  'cache-line': {
    checks: 'The cache line of the host has the size of that of the saving machine (amd64).',
    conditions: [31],
    decidedBy: 'the image and the host',
    since: 'always',
    howTo: 'A host description by CPUID, or /proc/cpuinfo.',
  },
  'object-graph': {
    checks: 'Every saved type has the same fields in the restoring runsc.',
    conditions: [32],
    decidedBy: 'the image, and the release of runsc',
    since: 'always',
    howTo: '`--runsc-version`.',
  },
  'fpu-state': {
    checks:
      'Every saved thread holds only floating-point state that the restoring runsc supports on the host: XSAVE components, MXCSR, the format (amd64).',
    conditions: [33],
    decidedBy: 'the image, leaf 0xD of CPUID of the host, and the release of runsc',
    since: 'always; for every thread, and with a trial XRSTOR, since release-20230621.0',
    howTo: 'A host description by CPUID.',
  },
  'host-files': {
    checks:
      'Files that the saved sandbox holds open, mapped or as working directories are in the new root file system and mounts, and inherited descriptors are given.',
    conditions: [33, 39],
    decidedBy: 'the image, and the files of the new containers',
    since: 'always; the message names the file since release-20241118.0',
    howTo: '`--rootfs DIR`, `--mount /path=DIR`.',
  },
  pages: {
    checks:
      'The files with the saved memory are there and long enough, and the memory files of the new sandbox fit those of the image.',
    conditions: [6, 34, 35, 36, 37, 42],
    decidedBy: 'the image, and `--overlay2` of the new sandbox',
    since: 'release-20240415.0',
    howTo: 'The directory of the image, not the state file alone.',
  },
  'fs-version': {
    checks: 'The restoring runsc knows filesystem checkpoints, and this kind and version of manifest.',
    conditions: [],
    decidedBy: 'the image, and the release of runsc',
    since: 'release-20260323.0',
    howTo: '`--runsc-version`.',
  },
  'fs-page-size': {
    checks: 'The filesystem checkpoint was made with the page size of the restoring runsc.',
    conditions: [],
    decidedBy: 'the image and the host',
    since: 'release-20260323.0',
    howTo: 'A host description that holds the page size.',
  },
  'fs-endianness': {
    checks: 'The filesystem checkpoint was made with the byte order of the host.',
    conditions: [],
    decidedBy: 'the image',
    since: 'release-20260323.0',
    howTo: 'Nothing is needed.',
  },
  'fs-bounds': {
    checks: 'Every range that the manifest names is in its file, and all four files are there.',
    conditions: [],
    decidedBy: 'the image',
    since: 'release-20260323.0',
    howTo: 'The whole directory of the filesystem checkpoint.',
  },
} as const satisfies Record<GateId, GateText>;
