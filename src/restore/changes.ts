/** What changed in gVisor's restore path, and when. Each row was read in gVisor's history; `date` is when it landed on master. */

/** One change of behaviour that a prediction depends on. */
export interface Change {
  /** First nine digits of the commit. */
  readonly commit: string;
  /** Date on which it landed on master, YYYYMMDD. */
  readonly date: string;
  /** First release tag whose code contains it. */
  readonly firstRelease: string;
  /** Commits on master after the tag before that one, as `git describe` counts them, when it landed. */
  readonly distance: number;
  /** What is different since then. */
  readonly what: string;
  /** The file of gVisor that shows it. */
  readonly source: string;
}

/** Every change, oldest first. */
export const CHANGES = {
  'cpuid-function': {
    commit: '266cabd00',
    date: '20220113',
    firstRelease: 'release-20220117.0',
    distance: 21,
    what: 'The feature set is saved as a map of CPUID answers (amd64); arm64 begins to compare features; the refusal reads `incompatible FeatureSet: …`.',
    source: 'pkg/cpuid/cpuid.go: CheckHostCompatible, ErrIncompatible',
  },
  'arm64-savable': {
    commit: '4ecf66cae',
    date: '20220307',
    firstRelease: 'release-20220309.0',
    distance: 28,
    what: 'The arm64 feature set can be saved and loaded again (it could not since 2022-01-13).',
    source: 'pkg/cpuid/cpuid_arm64.go: FeatureSet',
  },
  'cpuid-hwcap': {
    commit: '45b377664',
    date: '20230217',
    firstRelease: 'release-20230227.0',
    distance: 15,
    what: 'The feature set gains `hwCap` (amd64); on arm64 `hwCap` turns from a number into a structure of two.',
    source: 'pkg/cpuid/cpuid.go: hwCap',
  },
  'fpu-magic2': {
    commit: 'ea84ec9a1',
    date: '20230602',
    firstRelease: 'release-20230605.0',
    distance: 25,
    what: 'Floating-point states are four bytes longer than the XSAVE area (FP_XSTATE_MAGIC2).',
    source: 'pkg/sentry/arch/fpu/fpu_amd64.go: newX86FPStateSlice',
  },
  'fpu-area-enabled': {
    commit: '4cc749881',
    date: '20230602',
    firstRelease: 'release-20230605.0',
    distance: 21,
    what: 'The floating-point area of a host has the size of its enabled components (leaf 0xd EBX); before, of all that the CPU supports (ECX).',
    source: 'pkg/cpuid/cpuid_amd64.go: ExtendedStateSize',
  },
  'fpu-check-always': {
    commit: '3431cd4bf',
    date: '20230608',
    firstRelease: 'release-20230621.0',
    distance: 21,
    what: 'Saved state components are checked whatever the size of the area; MXCSR is checked; XRSTOR is tried.',
    source: 'pkg/sentry/arch/fpu/fpu_amd64.go: State.AfterLoad',
  },
  'compression-key': {
    commit: '669726877',
    date: '20230810',
    firstRelease: 'release-20230814.0',
    distance: 13,
    what: 'The header names the compression, and `none` exists; before, every body is inflated. A body of `none` is a chunk per write.',
    source: 'pkg/state/statefile/statefile.go: NewReader; pkg/compressio/nocompressio.go',
  },
  'leaf7-edx': {
    commit: 'a81dd32be',
    date: '20240116',
    firstRelease: 'release-20240122.0',
    distance: 4,
    what: 'The features of CPUID leaf 7 EDX are known and compared.',
    source: 'pkg/cpuid/features_amd64.go',
  },
  'amx-masked': {
    commit: 'e9bdc76c0',
    date: '20240117',
    firstRelease: 'release-20240122.0',
    distance: 11,
    what: 'AMX components (bits 17 and 18) never count as supported.',
    source: 'pkg/cpuid/cpuid_amd64.go: ValidXCR0Mask',
  },
  'callback-error-first': {
    commit: '59a057980',
    date: '20240208',
    firstRelease: 'release-20240212.0',
    distance: 12,
    what: 'A failed load callback reads `error executing callbacks: <message>`; before, a dump of the whole object precedes the message.',
    source: 'pkg/state/decode.go: decodeState.Load',
  },
  'pages-file': {
    commit: '5e9207a96',
    date: '20240412',
    firstRelease: 'release-20240415.0',
    distance: 14,
    what: 'Uncompressed images keep their pages in pages.img; checkpoint.img holds the metadata.',
    source: 'pkg/sentry/kernel/kernel.go: SaveTo; runsc/boot/controller.go',
  },
  'container-count-checked': {
    commit: '3d3205071',
    date: '20240429',
    firstRelease: 'release-20240501.0',
    distance: 22,
    what: '`container_count` is read from the header, before the header is verified; when it is missing, 1 is assumed.',
    source: 'runsc/boot/controller.go: containerManager.Restore',
  },
  'pages-meta-file': {
    commit: 'a3ae7f25a',
    date: '20240430',
    firstRelease: 'release-20240501.0',
    distance: 25,
    what: 'The metadata of pages.img moves to pages_meta.img; whoever has pages.img must have it.',
    source: 'runsc/sandbox/sandbox.go: Sandbox.Restore',
  },
  'none-raw': {
    commit: '68f0b41bf',
    date: '20240830',
    firstRelease: 'release-20240916.0',
    distance: 21,
    what: 'An unkeyed body of `none` is raw bytes, without chunk lengths.',
    source: 'pkg/compressio/nocompressio.go: SimpleReader.Read',
  },
  'specs-in-kernel': {
    commit: '504e98cca',
    date: '20240911',
    firstRelease: 'release-20240916.0',
    distance: 47,
    what: 'Container specs are saved in the kernel graph and required there, after it was loaded.',
    source: 'runsc/boot/loader.go: popContainerSpecsFromCheckpoint',
  },
  'version-in-kernel': {
    commit: '9aa74f6bb',
    date: '20241028',
    firstRelease: 'release-20241104.0',
    distance: 2,
    what: 'The version of runsc is saved in the kernel graph and compared, after it was loaded.',
    source: 'runsc/boot/loader.go: popVersionFromCheckpoint; runsc/boot/restore.go: restorer.restore',
  },
  'spec-validation': {
    commit: '6bae0a7b3',
    date: '20241028',
    firstRelease: 'release-20241104.0',
    distance: 1,
    what: 'The OCI specs of the new sandbox are compared with the saved ones.',
    source: 'runsc/specutils/restore.go: RestoreValidateSpec',
  },
  'version-in-header': {
    commit: 'c68fb3199',
    date: '20250312',
    firstRelease: 'release-20250319.0',
    distance: 23,
    what: 'The version of runsc is in the header and compared before the kernel graph is read.',
    source: 'runsc/boot/controller.go: containerManager.Restore',
  },
  'specs-in-header': {
    commit: 'bd4833697',
    date: '20250402',
    firstRelease: 'release-20250407.0',
    distance: 4,
    what: 'Container specs are in the header and required there, between the count and the version; the refusal is misspelled `metdata`.',
    source: 'runsc/boot/controller.go: containerManager.Restore',
  },
  'reader-first': {
    commit: '9078ddaf6',
    date: '20250407',
    firstRelease: 'release-20250414.0',
    distance: 1,
    what: 'The header is verified before the count is looked at; refusals begin with `creating statefile reader: `.',
    source: 'runsc/boot/controller.go: containerManager.Restore',
  },
  'driver-version': {
    commit: 'c8952f759',
    date: '20250529',
    firstRelease: 'release-20250611.0',
    distance: 55,
    what: 'The version of the NVIDIA driver is saved and compared.',
    source: 'runsc/boot/restore.go: restore',
  },
  'callback-nil-panic': {
    commit: 'aa52ddf3a',
    date: '20250624',
    firstRelease: 'release-20250625.0',
    distance: 16,
    what: 'Any failed load callback shows only as a nil-pointer panic.',
    source: 'pkg/state/decode.go: decodeState.Load',
  },
  'cpufeatures-annotation': {
    commit: '93333d230',
    date: '20250812',
    firstRelease: 'release-20250820.0',
    distance: 9,
    what: 'The annotation `dev.gvisor.internal.cpufeatures` restricts what a sandbox sees and saves (amd64).',
    source: 'runsc/boot/loader.go; pkg/cpuid/cpuid_amd64.go',
  },
  'container-count-required': {
    commit: 'f2e996521',
    date: '20250930',
    firstRelease: 'release-20251006.0',
    distance: 101,
    what: '`container_count` must be in the header.',
    source: 'runsc/boot/controller.go: containerManager.Restore',
  },
  'reader-error-text': {
    commit: '478d83e70',
    date: '20251002',
    firstRelease: 'release-20251006.0',
    distance: 112,
    what: '`statefile error: ` becomes `statefile.NewReader failed: `.',
    source: 'pkg/sentry/state/state.go: NewStatefileReader',
  },
  'callback-error-restored': {
    commit: '1450bd80a',
    date: '20251021',
    firstRelease: 'release-20251103.0',
    distance: 1,
    what: 'A failed load callback shows its message again.',
    source: 'pkg/state/decode.go: decodeState.Load',
  },
  'fpu-supported-mask': {
    commit: 'daef35727',
    date: '20251119',
    firstRelease: 'release-20251201.0',
    distance: 6,
    what: 'Only x87, SSE, AVX and AVX-512 components count as supported; MPX and PKRU components are ignored in what was saved.',
    source: 'pkg/sentry/arch/fpu/fpu_amd64.go: SupportedXFeatureStates, ignoredXFeatureStates',
  },
  'specs-text-fixed': {
    commit: '6b6332029',
    date: '20260129',
    firstRelease: 'release-20260202.0',
    distance: 7,
    what: 'The refusal of missing container specs is spelled `metadata`.',
    source: 'runsc/boot/controller.go: containerManager.Restore',
  },
  'fpu-ignored-cleared': {
    commit: '10c3acaa8',
    date: '20260212',
    firstRelease: 'release-20260216.0',
    distance: 7,
    what: 'Ignored components are cleared before XRSTOR is tried; between daef35727 and this, XRSTOR refuses one that the host lacks.',
    source: 'pkg/sentry/arch/fpu/fpu_amd64.go: State.AfterLoad',
  },
  'page-size': {
    commit: 'a33284739',
    date: '20260309',
    firstRelease: 'release-20260309.0',
    distance: 21,
    what: 'A host whose page size is not 4096 is refused before the feature set is read.',
    source: 'pkg/sentry/kernel/kernel.go: Kernel.LoadFrom',
  },
  'hmac-only-keyed': {
    commit: 'c7907727f',
    date: '20260316',
    firstRelease: 'release-20260316.0',
    distance: 22,
    what: 'A header HMAC is written and read only with a key; before, always, with the empty key where there is none.',
    source: 'pkg/state/statefile/statefile.go: metadata, NewWriter',
  },
  'pages-meta-decides': {
    commit: '9ca1678bc',
    date: '20260318',
    firstRelease: 'release-20260323.0',
    distance: 3,
    what: 'pages_meta.img decides whether there is a pages.img; a lone pages.img is not looked at.',
    source: 'runsc/sandbox/sandbox.go: setRestoreOptsForLocalCheckpointFiles',
  },
  'missing-compression-is-none': {
    commit: '79b7318d6',
    date: '20260428',
    firstRelease: 'release-20260427.0',
    distance: 44,
    what: 'A header that names no compression means `none`; before, flate.',
    source: 'pkg/state/statefile/statefile.go: CompressionLevelFromMetadata',
  },
} as const satisfies Record<string, Change>;

export type ChangeId = keyof typeof CHANGES;

/** Date of the newest gVisor code that the rules were read from, YYYYMMDD (commit 3c5eee17d). */
export const NEWEST_KNOWN_DATE = '20260821';

/** The newest release tag that the rules were read from. */
export const NEWEST_KNOWN_RELEASE = 'release-20260817.0';
