/** What `ckpt affinity` takes. */
import type { AffinityForm, LabelVocabulary } from '../fleet/affinity-document.ts';
import { type CommandDescription, FORMAT, KEY, LIMIT, one, output, toggle, value } from './command-description.ts';
import { choice, flag, limits, runscVersion, text } from './option-values.ts';

const VOCABULARIES = Object.keys({ nfd: true, gvisor: true, kubevirt: true } satisfies Record<
  LabelVocabulary,
  true
>) as LabelVocabulary[];
const FORMS = Object.keys({
  'node-affinity': true,
  'node-selector': true,
  'deployment-patch': true,
  'node-feature-rule': true,
  'image-compatibility': true,
} satisfies Record<AffinityForm, true>) as AffinityForm[];

export const AFFINITY: CommandDescription = {
  name: 'affinity',
  usage: 'affinity <image> [options]',
  describe: 'Write scheduler constraints that keep an image on hosts that can restore it',
  explain:
    'Writes what a host needs for an image as constraints of Kubernetes, as YAML with what they cannot say as comments. The labels of Node Feature Discovery (nfd) know some of the features; those of ckpt host labels (gvisor) know all, with cache line and XSAVE states.\n\nExit code: 0 written; 1 no host can restore this image; 2 wrong usage; 3 the image could not be read.',
  examples: [
    ['ckpt affinity image/ --labels gvisor', 'exact, for nodes labelled by ckpt host labels'],
    ['ckpt affinity image/', 'over the labels of Node Feature Discovery, as far as they go'],
    ['ckpt affinity image/ --as node-feature-rule | kubectl apply -f -', 'one label for nodes that NFD finds fit'],
    ['ckpt affinity image/ --as deployment-patch > patch.yaml', 'for kubectl patch deployment web --patch-file patch.yaml'],
    ['ckpt affinity image/ --json | jq .gaps', 'what the labels leave open, for programs'],
  ],
  options: {
    labels: value(`Whose labels: ${VOCABULARIES.join(', ')} (default: nfd)`),
    as: value(`${FORMS.join(', ')} (default: node-affinity)`),
    denied: toggle('Ask also for labels that Node Feature Discovery does not make by default'),
    'require-version': toggle('Ask also for the version of runsc (with --labels gvisor)'),
    name: value('Name of the image in objects (default: made of its path)'),
    'runsc-version': value('Version of the restoring runsc: release-20260817.0, 0.0~20240729.0, or a date'),
    ...KEY,
    ...LIMIT,
    ...FORMAT,
  },
  invocation: (positionals, values) => ({
    command: 'affinity',
    image: one(positionals, 'image'),
    labels: choice(values, 'labels', VOCABULARIES, 'nfd'),
    form: choice(values, 'as', FORMS, 'node-affinity'),
    denied: flag(values, 'denied'),
    requireVersion: flag(values, 'require-version'),
    name: text(values, 'name'),
    runscVersion: runscVersion(values),
    keyFile: text(values, 'key-file'),
    limits: limits(values),
    ...output(values),
  }),
};
