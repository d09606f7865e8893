/** What `ckpt plan` takes. */
import { UsageError } from '../errors.ts';
import {
  CONFIG,
  type CommandDescription,
  CURRENT,
  config,
  current,
  formatOptions,
  KEY,
  LIMIT,
  list,
  none,
  onlyOneStandardInput,
  output,
  toggle,
  value,
} from './command-description.ts';
import {
  choiceOrNone,
  choicesOrNone,
  flag,
  GATE_NAMES,
  ON_UNKNOWN_NAMES,
  runscVersion,
  text,
  texts,
  type Values,
} from './option-values.ts';

const PLAN_FORMATS = ['text', 'json', 'table', 'markdown'] as const;

export const PLAN: CommandDescription = {
  name: 'plan',
  usage: 'plan [--images <image...>] [--hosts <host...>] [options]',
  describe: 'Say which images cover which hosts, how few are enough, and what a change strands',
  explain:
    'Compares images with a fleet: which image restores where, which are stranded, and the least number that covers all hosts. Without --images it plans those that are still to be taken. With --before and --after it says what a change of the hosts strands.\n\nExit code: 0 answered; 1 a change strands an image or a host (with --exit-code: something is stranded at all); 2 wrong usage; 3 an input could not be read; 4 the same is undecided.',
  examples: [
    ['ckpt plan --hosts hosts/', 'which hosts are alike, and on which to take images'],
    ["ckpt plan --images 'images/*' --hosts hosts/", 'every image on every host, what is stranded, what is enough'],
    ["kubectl get nodes -o json | ckpt plan --images 'images/*' --hosts -", 'for the nodes of a cluster'],
    ["ckpt plan --hosts hosts/ --weight 'pool-a/*=40'", 'a description that stands for 40 machines'],
    ["ckpt plan --images 'images/*' --before monday/ --after today/", 'what an update of firmware, microcode or runsc strands'],
    ["ckpt plan --images 'images/*' --hosts hosts/ --exit-code", 'for CI: exit code 1 when an image or a host is stranded'],
  ],
  lists: 'greedy',
  options: {
    images: list('Images, directories of images, and patterns such as "images/**/image"; several, and may be repeated'),
    hosts: list('current (default), files, directories, - and patterns, as --host of check; several, and may be repeated'),
    before: list('The hosts before a change, instead of --hosts; matched by name with --after'),
    after: list('The hosts after it'),
    weight: list('NAME=N: the host of this name, or of every name that fits a pattern, stands for N machines; may be repeated'),
    'assume-alike': toggle('Take machines with the same description for equal, also in what it leaves unknown'),
    'exit-code': toggle('Exit with 1 when an image restores on no host, or a host has no image; 4 when that is not known'),
    'runsc-version': value('Version of the runsc that restores everywhere: release-20260817.0, 0.0~20240729.0, or a date'),
    ...CURRENT,
    require: list(
      `Gates that must be answered, separated by commas: what is not checked counts as unknown (${GATE_NAMES.join(', ')})`,
    ),
    'on-unknown': value('What an undecided answer means: fail (exit code 4), warn or pass (0) (default: fail)'),
    all: toggle('Show long lists to their end'),
    ...CONFIG,
    ...KEY,
    ...LIMIT,
    ...formatOptions(PLAN_FORMATS),
  },
  invocation: (positionals, values) => {
    none(positionals, 'plan');
    const images = listed(values, 'images');
    const [hosts, before, after] = [listed(values, 'hosts'), listed(values, 'before'), listed(values, 'after')];
    onlyOneStandardInput(images ?? [], [...(hosts ?? []), ...(before ?? []), ...(after ?? [])]);
    return {
      command: 'plan',
      images,
      hosts,
      before,
      after,
      weights: texts(values, 'weight').map(weight),
      assumeAlike: flag(values, 'assume-alike'),
      exitCode: flag(values, 'exit-code'),
      runscVersion: runscVersion(values),
      require: choicesOrNone(values, 'require', GATE_NAMES),
      onUnknown: choiceOrNone(values, 'on-unknown', ON_UNKNOWN_NAMES),
      ...config(values),
      all: flag(values, 'all'),
      keyFile: text(values, 'key-file'),
      ...current(values),
      ...output(values, PLAN_FORMATS),
    };
  },
};

function listed(values: Values, name: string): readonly string[] | null {
  const given = texts(values, name);
  return given.length === 0 ? null : given;
}

/** The most machines that one description stands for. */
const MOST_MACHINES = 1_000_000;

function weight(given: string): { readonly pattern: string; readonly machines: number } {
  const at = given.lastIndexOf('=');
  const machines = Number(given.slice(at + 1));
  if (at < 1 || !/^\d+$/.test(given.slice(at + 1)) || machines < 1 || machines > MOST_MACHINES)
    throw new UsageError(`--weight takes NAME=N with a number from 1 to ${MOST_MACHINES}, found ${JSON.stringify(given)}`);
  return { pattern: given.slice(0, at), machines };
}
