/** What `baseline --lint` can say about an annotation: one code each. A code never changes its meaning. */

/** `error`: the sandbox does not boot, or its images are not what the annotation was written for; `warning`: probably a mistake. */
export type LintSeverity = 'error' | 'warning' | 'info';

/** A code, in words. */
export interface LintDescription {
  readonly severity: LintSeverity;
  /** Names the finding. */
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}

const LOADER = '`runsc` compares each name between the commas byte for byte with its own list (runsc/boot/loader.go, boot.New).';

/** Every code with its words. */
export const LINTS = {
  CKPT3001: {
    severity: 'error',
    title: 'Unknown feature',
    meaning: `${LOADER} A name that is not in the list ends the boot of the sandbox: \`annotation dev.gvisor.internal.cpufeatures contains unknown feature …\`.`,
    remedy: 'Correct or remove the name. `ckpt explain NAME` says what a name means.',
  },
  CKPT3002: {
    severity: 'error',
    title: 'Name of another vocabulary',
    meaning: `${LOADER} This name is what Linux, QEMU, libvirt or Node Feature Discovery call a feature that gVisor calls otherwise; it ends the boot of the sandbox like any unknown name.`,
    remedy: "Write gVisor's name, which the message gives.",
  },
  CKPT3003: {
    severity: 'error',
    title: 'Feature that this release does not know',
    meaning: `${LOADER} The name came into that list with a later release than the one given, so that this release ends the boot of the sandbox.`,
    remedy: 'Remove the name, or run a release that knows it.',
  },
  CKPT3004: {
    severity: 'error',
    title: 'Feature that cannot be named',
    meaning:
      'gVisor has a number for `avx512ifma` and `pcommit` and no name: the annotation can neither keep nor remove them, they are never compared at restore, and naming one ends the boot of the sandbox.',
    remedy: 'Remove the name. Programs may still see the feature.',
  },
  CKPT3005: {
    severity: 'error',
    title: 'Space or capital letter in a name',
    meaning: `${LOADER} Nothing is trimmed and no case is folded: \`avx, avx2\` holds the unknown name \`" avx2"\`, and the sandbox does not boot.`,
    remedy: 'Write the names in small letters, separated by commas and nothing else.',
  },
  CKPT3006: {
    severity: 'error',
    title: 'Empty list',
    meaning:
      'The annotation lists what stays. A value without a name keeps nothing: every feature that runsc compares is removed, and with CPUID faulting programs see a CPU without SSE2, CX8 or XSAVE.',
    remedy: 'Remove the annotation, or list the features to keep.',
  },
  CKPT3007: {
    severity: 'info',
    title: 'Empty element',
    meaning: 'runsc passes over an element without letters, such as between two commas.',
    remedy: 'Remove the extra comma.',
  },
  CKPT3008: {
    severity: 'info',
    title: 'Feature named twice',
    meaning: 'The list is a set to runsc; the second mention changes nothing.',
    remedy: 'Remove one of them.',
  },
  CKPT3009: {
    severity: 'error',
    title: 'Release that ignores the annotation',
    meaning:
      'runsc reads the annotation since release-20250820.0 (commit 93333d230). An older one ignores it without a word: its images require everything that the host has.',
    remedy: 'Save the images with release-20250820.0 or later.',
  },
  CKPT3010: {
    severity: 'error',
    title: 'Annotation on arm64',
    meaning:
      'On arm64 any value, the empty one included, ends the boot of the sandbox: `FeatureSet intersection is not supported on ARM64` (pkg/cpuid/native_arm64.go).',
    remedy: 'Leave the annotation out of what runs on arm64.',
  },
  CKPT3011: {
    severity: 'error',
    title: 'Level above a host',
    meaning:
      'One of the given hosts has the feature and another lacks it. The annotation keeps it, so that an image saved on the first requires it and is refused by the second: `incompatible FeatureSet: missing features`.',
    remedy: 'Remove the feature from the list: `ckpt baseline HOST...` writes the list that fits.',
  },
  CKPT3012: {
    severity: 'info',
    title: 'Feature that no given host has',
    meaning:
      'runsc keeps what is both in the list and on the host, so that a feature that the host lacks changes nothing there. It would count on a new kind of host that has it.',
    remedy: 'Remove the name, unless such hosts are to come.',
  },
  CKPT3013: {
    severity: 'info',
    title: 'Feature of which a given host says nothing',
    meaning: 'The description of a host leaves open whether it has the feature, so that the level may be above that host.',
    remedy: 'Describe the host better: `ckpt host capture` on it, or `cpuid -1 -r`.',
  },
  CKPT3014: {
    severity: 'warning',
    title: 'Feature without what it is built on',
    meaning:
      'A feature is kept that no CPU has without another one, which is not in the list. runsc does not mind. Programs that look only for the first may execute it and will find it works; others disable it or stop, as on a faulty CPU.',
    remedy: 'Keep both or neither.',
  },
  CKPT3015: {
    severity: 'error',
    title: 'Removal of what every x86-64 program may rely on',
    meaning:
      'The feature is part of the x86-64 base (fpu, tsc, cx8, cmov, mmx, fxsr, sse, sse2, syscall, lm). With CPUID faulting programs and run-time libraries that look for it stop; nothing is gained, because every x86-64 host has it.',
    remedy: 'Put it back into the list.',
  },
  CKPT3016: {
    severity: 'warning',
    title: 'xsave or osxsave left out',
    meaning:
      'Without these two no program may use AVX. Before release-20260202.0 (commit 1d8a7e9ae) runsc without xsave also did not give a program its vector registers back when it returned from a signal handler. And `xsave` cannot be removed for certain: whenever runsc writes down xsaveopt, xsavec, xgetbv1 or xsaves, as present or as absent, it sets xsave as well, in random order, so that an image may require it all the same.',
    remedy: 'Keep both where every host has them. Where a host has no XSAVE, keep it out of the fleet.',
  },
  CKPT3017: {
    severity: 'error',
    title: 'Annotation in the wrong place',
    meaning: 'The key stands where runsc does not read it: it looks only at `annotations` of the OCI spec of the root container.',
    remedy:
      'Move it to the top-level `annotations` of config.json, or to `metadata.annotations` of the Pod (of the template in a Deployment).',
  },
  CKPT3018: {
    severity: 'error',
    title: 'Misspelt key',
    meaning: 'The key resembles dev.gvisor.internal.cpufeatures and is not it. runsc ignores keys that it does not know.',
    remedy: 'Write dev.gvisor.internal.cpufeatures.',
  },
  CKPT3019: {
    severity: 'error',
    title: 'Value that is no text',
    meaning: 'Annotations are texts. A list, a number or null is refused by whoever reads the document before runsc does.',
    remedy: 'Write the names as one text, separated by commas.',
  },
  CKPT3020: {
    severity: 'warning',
    title: 'Annotations that differ',
    meaning:
      'The annotation stands more than once, with different features. The sandbox follows the root container only; a restored container is not compared by it.',
    remedy: 'Give all of them the same value.',
  },
  CKPT3021: {
    severity: 'info',
    title: 'No annotation',
    meaning: 'Nothing limits what the sandbox sees: its images require all that the host has and runsc compares.',
    remedy: '`ckpt baseline HOST... --write config.json` adds one.',
  },
} as const satisfies Record<string, LintDescription>;

export type LintCode = keyof typeof LINTS;
