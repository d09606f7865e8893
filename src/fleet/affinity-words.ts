/** What each vocabulary of labels has for a requirement. */

import type { Arch } from '../cpu/feature.ts';
import { featureLabel, LABEL, labelName, mxcsrLabel, versionLabelValue, xstateLabel } from '../cpu/gvisor-labels.ts';
import { KUBEVIRT_FEATURE_PREFIX, KUBEVIRT_FEATURES } from '../host/kubevirt-evidence.ts';
import { type LabelEvidence, NFD_AVX512, NFD_CPUID, NFD_CPUID_PREFIX, NFD_HWCAP } from '../host/nfd-evidence.ts';
import type { Constraint, Gap, LabelVocabulary, Requirement } from './affinity-document.ts';

/** A requirement with the number that its name stands for: the bit of a state or of MXCSR, bytes, else 0. */
export interface NumberedRequirement extends Requirement {
  readonly number: number;
}

/** What a vocabulary has for one requirement: conditions to ask for, and what they leave open. */
export interface Words {
  readonly constraints: readonly Omit<Constraint, 'for'>[];
  /** Null when the conditions prove the requirement. */
  readonly gap: Pick<Gap, 'label' | 'denied' | 'why'> | null;
  /** Notes about what is asked for, each once in a document. */
  readonly notes: readonly NoteCode[];
}

export type NoteCode = keyof typeof NOTES;

/** What to know about labels, in the order of documents. */
export const NOTES = {
  'nfd-version':
    'The labels are those of NFD v0.12 or newer with its default configuration; a node without NFD has none and is left out.',
  'kernel-states':
    'NFD labels AVX, AVX-512 and AMX only where the kernel has enabled their state: a node whose kernel keeps it off is left out, although runsc may restore there.',
  'kubevirt-offered':
    'KubeVirt labels what QEMU can give a virtual machine, on nodes with /dev/kvm: a node that could restore is left out where libvirt does not list a feature.',
  'gvisor-labels': 'The labels are those of ckpt host labels; a node without them is left out.',
} as const;

const TRUE = ['true'];

const is = (key: string, values: readonly string[] = TRUE): Omit<Constraint, 'for'> => ({ key, operator: 'In', values });
const proven = (key: string, values?: readonly string[], notes: readonly NoteCode[] = []): Words => ({
  constraints: [is(key, values)],
  gap: null,
  notes,
});
const without = (why: string, label: string | null = null, denied = false): Words => ({
  constraints: [],
  gap: { label, denied, why },
  notes: [],
});

/** Which words to use, and whether NFD's labels are asked for that its default configuration does not make. */
export interface WordsOptions {
  readonly labels: LabelVocabulary;
  readonly arch: Arch;
  readonly denied: boolean;
  /** Ask for the raw features of NFD and not for its labels. */
  readonly rawFlags: boolean;
  /** All features that are required, by gVisor name. */
  readonly features: ReadonlySet<string>;
}

/** The words of a vocabulary for a requirement. */
export function wordsFor(requirement: NumberedRequirement, options: WordsOptions): Words {
  if (requirement.kind === 'feature' && requirement.impact === null) return without('gVisor has no name for this bit');
  if (requirement.kind === 'arch') return proven('kubernetes.io/arch', [requirement.name]);
  if (options.labels === 'gvisor') return gvisorWords(requirement);
  return options.labels === 'nfd' ? nfdWords(requirement, options) : kubevirtWords(requirement, options);
}

function gvisorWords({ kind, name, number }: NumberedRequirement): Words {
  switch (kind) {
    case 'feature':
      return proven(featureLabel(name));
    case 'cache-line':
      return proven(labelName(LABEL.cacheLine), [name]);
    case 'use-xsave':
      return proven(labelName(LABEL.useXsave));
    case 'state':
      return proven(xstateLabel(number));
    case 'mxcsr':
      return proven(mxcsrLabel(number));
    case 'page-size':
      return proven(labelName(LABEL.pageSize), [name]);
    case 'runsc-version': {
      const value = versionLabelValue(name);
      return value === null
        ? without('the version cannot be the value of a label')
        : proven(labelName(LABEL.runscVersion), [value]);
    }
    case 'arch':
      return proven('kubernetes.io/arch', [name]);
  }
}

/** Flags of NFD that prove a state of XCR0, which klauspost/cpuid reads before it sets them; any of AVX-512 proves all its states. */
const NFD_STATE: Readonly<Record<number, string>> = { 2: 'AVX', 5: 'AVX512F', 6: 'AVX512F', 7: 'AVX512F' };
/** Features whose flags depend on what the kernel has enabled in XCR0. */
const KERNEL_FLAGS: ReadonlySet<string> = new Set([
  'AVX',
  'AVX2',
  'FMA3',
  'XOP',
  'FMA4',
  'AMXBF16',
  'AMXTILE',
  'AMXINT8',
  ...NFD_AVX512,
]);

function nfdWords({ kind, name, number }: NumberedRequirement, options: WordsOptions): Words {
  const { arch, denied, rawFlags, features } = options;
  const flagPrefix = rawFlags ? '' : NFD_CPUID_PREFIX;
  const rows = arch === 'amd64' ? NFD_CPUID : NFD_HWCAP;
  const flag = (label: string): Omit<Constraint, 'for'> => is(`${flagPrefix}${label}`);
  switch (kind) {
    case 'feature': {
      const row = rows.find(({ feature }) => feature === name);
      if (row === undefined) return without('NFD has no flag for it');
      const label = `${flagPrefix}${row.label}`;
      const kernel = KERNEL_FLAGS.has(row.label);
      if (!followsFeature(row, rows, features)) return without(`a node can have it without the flag: ${row.why}`, label);
      if (row.denied === true && !denied && !rawFlags) return without('NFD makes no label of this flag by default', label, true);
      const notes: readonly NoteCode[] = kernel ? ['kernel-states'] : [];
      return { constraints: [flag(row.label)], gap: nfdGap(row, label), notes };
    }
    case 'state': {
      const label = NFD_STATE[number];
      if (label === undefined) return without('NFD does not say which XSAVE states the kernel has enabled');
      return { constraints: [flag(label)], gap: null, notes: ['kernel-states'] };
    }
    case 'use-xsave':
      return { constraints: [flag('XSAVE'), flag('OSXSAVE')], gap: null, notes: [] };
    case 'cache-line':
      return without('NFD does not say how long a cache line is');
    case 'mxcsr':
      return without('NFD does not say which bits of MXCSR a CPU accepts');
    case 'page-size':
      return without('NFD does not say how large a page is');
    default:
      return without('NFD does not say which runsc a node has');
  }
}

/** Without XSAVE runsc itself answers at random, so that no host is known to do without the flag. */
const RANDOM_WITHOUT: ReadonlySet<string> = new Set(['XSAVE']);

/** Whether every node with the feature has the flag, but for what the kernel keeps off: then asking for it keeps no good node out. */
function followsFeature(row: LabelEvidence, rows: readonly LabelEvidence[], features: ReadonlySet<string>): boolean {
  if (row.absent === 'nothing' && !KERNEL_FLAGS.has(row.label) && !RANDOM_WITHOUT.has(row.label)) return false;
  // A flag that is looked at beside one other only: a node must have the feature of that one anyway.
  const beside = (row.absentWith ?? []).flatMap((flags) => (flags.length === 1 ? flags : []));
  return beside.every((other) => rows.some(({ label, feature }) => label === other && features.has(feature)));
}

function nfdGap(row: LabelEvidence, label: string): Words['gap'] {
  if (row.present === 'proves' && row.presentOn === undefined) return null;
  return { label, denied: false, why: `the flag does not prove it: ${row.why}` };
}

function kubevirtWords({ kind, name }: NumberedRequirement, { arch }: WordsOptions): Words {
  if (kind !== 'feature') return without('KubeVirt has no label for it');
  if (arch !== 'amd64') return without('KubeVirt labels features of amd64 only');
  const row = KUBEVIRT_FEATURES.find(({ feature }) => feature === name);
  if (row === undefined) return without('libvirt has no name for it');
  const key = `${KUBEVIRT_FEATURE_PREFIX}${row.label}`;
  return row.present === 'proves'
    ? proven(key, TRUE, ['kubevirt-offered'])
    : without(`the label does not prove it: ${row.why}`, key);
}
