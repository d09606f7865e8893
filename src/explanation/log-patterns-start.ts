/** Messages of the command and of the sandbox before the image is looked at (conditions 1 to 12 of docs/gates.md). */
import type { LogPattern } from './log-pattern.ts';

const RESTORE_CMD = 'gVisor runsc/cmd/restore.go: Execute';
const SANDBOX = 'gVisor runsc/sandbox/sandbox.go';
const CONTROLLER = 'gVisor runsc/boot/controller.go: containerManager.Restore';
const LOADER = 'gVisor runsc/boot/loader.go';
const WHY = 'the error of Linux';
const FILE = 'the file';
const PLATFORM_REMEDY =
  'Give the sandbox process the device, or choose another platform with `--platform`. The image does not record its platform, but a sandbox that was saved under systrap may not run under another one.';

export const START_PATTERNS: readonly LogPattern[] = [
  {
    id: 'rootless',
    shapes: ['Rootless mode not supported with "restore"'],
    role: 'cause',
    order: 1,
    gate: null,
    codes: [],
    text: {
      title: '`runsc --rootless` restores nothing',
      meaning: 'A restore needs root. It is refused before the image is opened.',
      remedy: 'Run `runsc restore` as root and without `--rootless`.',
    },
    source: RESTORE_CMD,
  },
  {
    id: 'no-image-path',
    shapes: ['image-path flag must be provided'],
    role: 'cause',
    order: 2,
    gate: null,
    codes: [],
    text: {
      title: 'No image was named',
      meaning: '`runsc restore` was called without `--image-path`.',
      remedy: 'Give the directory of the image: `runsc restore --image-path DIR …`.',
    },
    source: RESTORE_CMD,
  },
  {
    id: 'unknown-flag',
    shapes: ['flag provided but not defined: -{flag}'],
    role: 'cause',
    order: null,
    gate: 'fs-version',
    codes: ['CKPT1901'],
    parts: { flag: 'the flag that this runsc does not have' },
    text: {
      title: 'This runsc has no such flag',
      meaning:
        'The runsc that runs is older or newer than the flag. `-fs-restore-image-path` exists since `release-20260323.0`, `--split-fsrestore` in `release-20260817.0` only, `--background` since `release-20240930.0`, `--restore-spec-validation` since `release-20250127.0`.',
      remedy:
        'Compare with `runsc flags` and `runsc help restore` of the binary that really runs (`runsc --version`), and use the one that saved the image.',
    },
    source: "Go's package flag; the flags in gVisor runsc/cmd and runsc/config/flags.go",
  },
  {
    id: 'container-state',
    shapes: ['cannot restore container {container:q} in state {state:w}', 'cannot restore a container in state={state:w}'],
    role: 'cause',
    order: 3,
    gate: null,
    codes: [],
    parts: { container: 'the container', state: 'its state' },
    text: {
      title: 'The container is not freshly created',
      meaning: 'A restore needs a container that does not exist yet, or one that `runsc create` made and nothing has started.',
      remedy: 'Delete it (`runsc delete -force ID`), or restore under another id.',
    },
    source: 'gVisor runsc/container/container.go: startImpl; runsc/boot/controller.go: containerManager.Restore',
  },
  {
    id: 'started-container',
    shapes: ['cannot restore a started container', 'sandbox is not being restored, cannot restore subcontainer'],
    role: 'cause',
    order: 10,
    gate: null,
    codes: [],
    text: {
      title: 'The sandbox was started already',
      meaning: 'The containers of a sandbox are restored together and from the first on. This sandbox runs something else.',
      remedy: 'Delete the sandbox and restore all of its containers, the first one first.',
    },
    source: CONTROLLER,
  },
  {
    id: 'host-settings',
    shapes: ['host settings: {why}'],
    role: 'cause',
    order: 4,
    gate: null,
    codes: [],
    from: 'release-20241007.0',
    parts: { why: 'the setting' },
    text: {
      title: 'runsc does not accept a setting of the kernel of the host',
      meaning: 'Before it starts a sandbox runsc looks at settings of the host kernel. This has nothing to do with the image.',
      remedy: 'Change the setting as the message says, or start with `--host-settings=ignore`.',
    },
    source: `${SANDBOX}: Restore`,
  },
  {
    id: 'state-file',
    shapes: ['opening state file {file:q} failed: {why}', 'opening restore file {file:q} failed: {why}'],
    role: 'cause',
    order: 5,
    gate: 'image-readable',
    codes: [],
    parts: { file: FILE, why: WHY },
    text: {
      title: 'checkpoint.img could not be opened',
      meaning:
        '`--image-path` must be the directory that `runsc checkpoint` wrote, with checkpoint.img in it, readable by who restores.',
      remedy:
        'Name the right directory (a container that runs runsc may see it under another path), and compare it with `ckpt inspect DIR`.',
    },
    source: `${SANDBOX}: setRestoreOptsForLocalCheckpointFiles`,
  },
  {
    id: 'pages-file',
    shapes: [
      'opening pages file {file:q} failed: {why}',
      'opening pages metadata file {file:q} failed: {why}',
      'opening restore image file {file:q} failed: {why}',
    ],
    role: 'cause',
    order: 6,
    gate: 'pages',
    codes: ['CKPT1951'],
    from: 'release-20240501.0',
    parts: {
      file: FILE,
      why: `${WHY}; \`invalid argument\` with \`--direct\` means that the file system has no direct I/O (condition 7)`,
    },
    source: `${SANDBOX}: setRestoreOptsForLocalCheckpointFiles`,
  },
  {
    id: 'platform-device',
    shapes: ['opening device file for platform {platform:q}: {why}', 'cannot look up platform: {why}'],
    role: 'cause',
    order: 8,
    gate: null,
    codes: [],
    parts: { platform: 'the platform', why: WHY },
    text: {
      title: 'The device of the platform could not be opened',
      meaning: 'The KVM platform needs /dev/kvm. This has nothing to do with the image.',
      remedy: PLATFORM_REMEDY,
    },
    source: `${SANDBOX}: createSandboxProcess`,
  },
  {
    id: 'creating-platform',
    shapes: ['creating platform: {why}'],
    role: 'cause',
    order: 23,
    gate: null,
    codes: [],
    parts: { why: WHY },
    text: {
      title: 'The platform could not be set up',
      meaning:
        'The sandbox could not start the platform that runs its programs (systrap, KVM, ptrace). This has nothing to do with the image.',
      remedy: PLATFORM_REMEDY,
    },
    source: 'gVisor runsc/boot/restore.go: restorer.restore',
  },
  {
    id: 'network-setup',
    shapes: ['setting up network: {why}', 'setting network args: {why}'],
    role: 'cause',
    order: 9,
    gate: null,
    codes: [],
    parts: { why: 'the error' },
    text: {
      title: 'The network namespace of the new sandbox could not be set up',
      meaning:
        'runsc reads the interfaces, addresses and routes of the network namespace before it restores. The image was not looked at yet.',
      remedy: 'Look at the network namespace of the bundle (`ip addr`, `ip route` in it), or restore with `--network=none`.',
    },
    source: `${SANDBOX}: Restore`,
  },
  {
    id: 'fs-restore-sandbox',
    shapes: ['cannot restore sandbox when filesystem restore is enabled'],
    role: 'cause',
    order: 11,
    gate: null,
    codes: [],
    from: 'release-20260323.0',
    text: {
      title: 'The sandbox was created from a filesystem checkpoint',
      meaning: 'A sandbox gets either the files of a filesystem checkpoint or the whole state of an image, not both.',
      remedy: 'Create the container without `-fs-restore-image-path`.',
    },
    source: CONTROLLER,
  },
  {
    id: 'unknown-annotation-feature',
    shapes: ['annotation {annotation:w} contains unknown feature {feature}'],
    role: 'cause',
    order: null,
    gate: null,
    codes: [],
    from: 'release-20250820.0',
    parts: { annotation: 'the annotation', feature: 'the name that runsc does not know' },
    text: {
      title: 'The annotation names a CPU feature that gVisor does not know',
      meaning:
        'runsc reads `dev.gvisor.internal.cpufeatures` when a sandbox is created. A name that is not spelled as gVisor does stops the sandbox from starting, whether it is restored or not. Names are separated by commas without spaces.',
      remedy: 'Correct the list; `runsc cpu-features` prints the names that this runsc knows and the machine has.',
    },
    source: `${LOADER}: New`,
  },
  {
    id: 'annotation-arm64',
    shapes: ['FeatureSet intersection is not supported on ARM64'],
    role: 'cause',
    order: null,
    gate: null,
    codes: [],
    from: 'release-20250820.0',
    text: {
      title: 'The features of a sandbox cannot be restricted on arm64',
      meaning:
        'The annotation `dev.gvisor.internal.cpufeatures` works on amd64 only; on arm64 the sandbox does not start with it.',
      remedy: 'Remove the annotation, and save images on the machine with the fewest features.',
    },
    source: 'gVisor pkg/cpuid/native_arm64.go: FeatureSet.Intersect',
  },
  {
    id: 'cpuid-not-faulted',
    shapes: ['Application CPUID will be incorrect: {why}', 'error enabling CPUID faulting: {why}'],
    role: 'note',
    order: null,
    gate: null,
    codes: [],
    parts: { why: WHY },
    text: {
      title: 'Programs in the sandbox see the real CPU',
      meaning:
        'The machine cannot fault the instruction CPUID, so that programs ask the CPU and not gVisor. A level that the annotation `dev.gvisor.internal.cpufeatures` sets binds gVisor, and not glibc: threads use AVX-512 registers all the same, and the image may fail at the gate `fpu-state` elsewhere.',
      remedy: 'Bind the programs too, with `GLIBC_TUNABLES=glibc.cpu.hwcaps=…`; see `ckpt baseline` and `ckpt explain CKPT2004`.',
    },
    source: 'gVisor pkg/sentry/platform/kvm/machine_amd64.go: vCPU.initArchState',
  },
  {
    id: 'empty-state-file',
    shapes: ['statefile cannot be empty', 'file cannot be empty'],
    role: 'cause',
    order: 12,
    gate: 'image-readable',
    codes: ['CKPT1008'],
    text: {
      title: 'checkpoint.img has no bytes',
      meaning: 'runsc creates the file before it saves. A save that failed at once, or a full disk, leaves an empty one.',
      remedy: 'Save again, and look at the answer of `runsc checkpoint`.',
    },
    source: CONTROLLER,
  },
];
