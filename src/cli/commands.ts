/** The commands: what each takes, and what it asks for. */
import { UsageError } from '../errors.ts';
import { AFFINITY } from './affinity-description.ts';
import { BASELINE } from './baseline-description.ts';
import {
  CONFIG,
  type CommandDescription,
  CURRENT,
  config,
  current,
  FORMAT,
  formatOptions,
  hostsOf,
  KEY,
  LIMIT,
  list,
  none,
  one,
  onlyOneStandardInput,
  output,
  REPORT_FORMATS,
  toggle,
  value,
} from './command-description.ts';
import { EXPLAIN } from './explain-description.ts';
import { EXTRACT } from './extract-description.ts';
import { HOST_LABELS } from './host-labels-description.ts';
import { HOST_LIST } from './host-list-description.ts';
import {
  addresses,
  choiceOrNone,
  choices,
  choicesOrNone,
  count,
  directories,
  driverVersion,
  flag,
  GATE_NAMES,
  limits,
  mounts,
  NETWORK_NAMES,
  ON_UNKNOWN_NAMES,
  outputFile,
  processId,
  runscVersion,
  SECTION_NAMES,
  SPEC_POLICY_NAMES,
  text,
  texts,
} from './option-values.ts';
import { PACK } from './pack-description.ts';
import { PAGES } from './pages-description.ts';
import { PLAN } from './plan-description.ts';
import { STATE_COMMANDS } from './state-commands.ts';
import { VERIFY } from './verify-description.ts';

/** First words that are no command by themselves. */
export const GROUPS: Readonly<Record<string, string>> = {
  host: 'Describe a machine that could restore images',
  state: 'Look into the saved object graph',
};

/** What `check` reads; standard input can be read once. */
function inputs(images: readonly string[], hosts: readonly string[], specs: readonly string[]) {
  onlyOneStandardInput(images, [...hosts, ...specs]);
  return { images, hosts, specs };
}

export const COMMANDS: readonly CommandDescription[] = [
  {
    name: 'inspect',
    usage: 'inspect <image> [options]',
    describe: 'Show what is in an image',
    explain: 'Shows what is in an image: a directory with checkpoint.img, a state file under any name, or - for standard input.',
    examples: [
      ['ckpt inspect image.state', 'what an image is and what runs in it'],
      ['ckpt inspect image.state --section summary,cpu', 'only these; the rest is not even read'],
      ['ckpt inspect image.state --section files,sockets', 'what is open'],
      ['ckpt inspect image.state --pid 5', 'one process in full'],
      ['ckpt inspect image.state --all', 'everything'],
      ['ckpt inspect image.state --json | jq .cpu.features', 'for programs'],
    ],
    options: {
      section: list(`Only these sections, separated by commas: ${SECTION_NAMES.join(', ')}`),
      all: toggle('Every section in full, with raw CPUID answers, registers, annotations and header metadata'),
      pid: value('Only this process, in full: signals, limits, registers, memory maps, files, sockets'),
      container: value('Only this container, by name or id'),
      'show-env': toggle('Show the values of environment variables, which are hidden by default'),
      ...KEY,
      ...LIMIT,
      ...FORMAT,
    },
    invocation: (positionals, values) => ({
      command: 'inspect',
      image: one(positionals, 'image'),
      sections: flag(values, 'all') || texts(values, 'section').length === 0 ? null : choices(values, 'section', SECTION_NAMES),
      all: flag(values, 'all'),
      pid: processId(values),
      container: text(values, 'container'),
      showEnv: flag(values, 'show-env'),
      keyFile: text(values, 'key-file'),
      limits: limits(values),
      ...output(values),
    }),
  },
  {
    name: 'check',
    usage: 'check [image...] [--host <host>...] [options]',
    describe: 'Say whether images will restore on hosts, and what is missing',
    explain:
      'Predicts runsc restore for every pair of image and host. Without an image it takes the current directory when that has checkpoint.img, else ./image.state.\n\nExit code: 0 restorable, 1 blocked, 2 wrong usage, 3 an input could not be read, 4 undecided.',
    examples: [
      ['ckpt check image.state', 'on this machine'],
      ['ckpt check image.state --host prod=cpuinfo.txt', 'on another one, from a copy of its /proc/cpuinfo'],
      ['ckpt check a.state b.state --host hosts/', 'every image on every host described in a directory'],
      ['ckpt check image.state --runsc-version release-20260817.0', 'by the rules of the runsc that will restore'],
      ['ckpt check image.state --spec config.json --network none', 'with what the new sandbox is made of'],
      ['ckpt check image.state --rootfs rootfs/ --mount /data=/srv/data', 'are the files there that it holds open'],
      ['ckpt check image.state --also json=answer.json', 'text on the terminal, JSON in a file'],
      ['ckpt check *.state --host hosts/ --format table --also sarif=ckpt.sarif', 'a matrix here, and SARIF for code scanning'],
    ],
    options: {
      host: list(
        'current (default), a file that describes a host, a directory of such files, cpu:MODEL (`ckpt host list`), or -; name=... names it; may be repeated',
      ),
      'runsc-version': value('Version of the runsc that will restore: release-20260817.0, 0.0~20240729.0, or a date'),
      spec: list(
        'The OCI config.json of a container to be restored, or container=config.json, in the order of restoring; may be repeated',
      ),
      'restore-spec-validation': value(
        `What that runsc does about specs that differ: ${SPEC_POLICY_NAMES.join(', ')} (default: enforce, as runsc's own)`,
      ),
      network: value(`Networking of the new sandbox, as runsc's own flag: ${NETWORK_NAMES.join(', ')}`),
      address: list(
        'Addresses of the new sandbox on one interface, as 10.1.2.3/24 or 10.1.2.3/24,fd00::2/64: for each interface that is up, in the order of the host, without the loopback interface; may be repeated',
      ),
      route: list('Another route that it has: default, or 10.0.0.0/8; may be repeated'),
      'nvidia-driver': value('Version of the NVIDIA driver of the host, such as 550.54.15'),
      gpus: value('How many GPUs the new containers get'),
      tpus: value('How many TPUs the new containers get'),
      rootfs: list(
        'The root file system of the new container as it will see it, or container=DIR: are the files there that the image holds? May be repeated',
      ),
      mount: list('The directory of a bind mount of the new container: /path=DIR or container:/path=DIR; may be repeated'),
      ...CURRENT,
      require: list(
        `Gates that must be answered, separated by commas: what is not checked counts as unknown (${GATE_NAMES.join(', ')})`,
      ),
      'on-unknown': value('What an undecided pair means: fail (exit code 4), warn or pass (0) (default: fail)'),
      ...CONFIG,
      baseline: value('The file of accepted findings: what is in it does not count'),
      'baseline-write': toggle('Accept what blocks or is undecided now: write that file (default: ckpt-baseline.json)'),
      quiet: { ...toggle('Only the verdicts'), alias: 'q' },
      details: toggle('Gates and advice for each pair, even when many pairs are open'),
      ...KEY,
      ...LIMIT,
      ...formatOptions(REPORT_FORMATS),
    },
    invocation: (images, values) => ({
      command: 'check',
      ...inputs(images, texts(values, 'host'), texts(values, 'spec')),
      runscVersion: runscVersion(values),
      specPolicy: choiceOrNone(values, 'restore-spec-validation', SPEC_POLICY_NAMES),
      network: choiceOrNone(values, 'network', NETWORK_NAMES),
      ...addresses(values),
      nvidiaDriver: driverVersion(values, 'nvidia-driver'),
      gpus: count(values, 'gpus'),
      tpus: count(values, 'tpus'),
      rootfs: directories(values, 'rootfs'),
      mounts: mounts(values),
      require: choicesOrNone(values, 'require', GATE_NAMES),
      onUnknown: choiceOrNone(values, 'on-unknown', ON_UNKNOWN_NAMES),
      ...config(values),
      baseline: text(values, 'baseline'),
      baselineWrite: flag(values, 'baseline-write'),
      quiet: flag(values, 'quiet'),
      details: flag(values, 'details'),
      keyFile: text(values, 'key-file'),
      ...current(values),
      ...output(values, REPORT_FORMATS),
    }),
  },
  PLAN,
  BASELINE,
  AFFINITY,
  EXPLAIN,
  {
    name: 'diff',
    usage: 'diff <imageA> <imageB> [options]',
    describe: 'Show what differs between two images',
    explain:
      'Compares two images: metadata, CPU features, containers and their specs, processes, open files, mounts, sockets, memory, and kernel objects by type. Times, object ids and the order of maps are no differences.',
    examples: [
      ['ckpt diff monday/ tuesday/', 'what happened to a container between two checkpoints'],
      ['ckpt diff a.state b.state --exit-code', 'exit code 1 when they differ'],
    ],
    options: {
      'exit-code': toggle('Exit with 1 when the images differ'),
      all: toggle('Show every difference, also of long lists'),
      'show-env': toggle('Show the values of environment variables that differ, which are hidden by default'),
      ...KEY,
      ...LIMIT,
      ...FORMAT,
    },
    invocation: (positionals, values) => {
      const [a, b, ...others] = positionals;
      if (a === undefined || b === undefined || others.length > 0)
        throw new UsageError(`diff takes two images, found ${positionals.length}`);
      onlyOneStandardInput([a, b], []);
      return {
        command: 'diff',
        a,
        b,
        exitCode: flag(values, 'exit-code'),
        all: flag(values, 'all'),
        showEnv: flag(values, 'show-env'),
        keyFile: text(values, 'key-file'),
        limits: limits(values),
        ...output(values),
      };
    },
  },
  PAGES,
  VERIFY,
  PACK,
  EXTRACT,
  {
    name: 'host show',
    usage: 'host show [host...] [options]',
    describe: 'Show what is known of hosts, and how',
    explain: 'Shows what is known of a host (default: the current one), where each fact comes from, and what is unknown.',
    examples: [
      ['ckpt host show', 'this machine'],
      ['ckpt host show cpuinfo.txt --all', 'what a file proves, with the evidence of each feature'],
    ],
    options: {
      leaves: toggle('Also the raw CPUID answers'),
      all: toggle('Also the evidence of each feature'),
      ...CURRENT,
      ...LIMIT,
      ...FORMAT,
    },
    invocation: (positionals, values) => ({
      command: 'host show',
      hosts: onlyOneStandardInput([], hostsOf(positionals)),
      leaves: flag(values, 'leaves'),
      all: flag(values, 'all'),
      ...current(values),
      ...output(values),
    }),
  },
  {
    name: 'host capture',
    usage: 'host capture [host] [options]',
    describe: 'Save a description of a host as a profile',
    explain: 'Writes a host profile (JSON) that gives the same answers as the host itself when given as --host.',
    examples: [
      ['ckpt host capture -o prod-7.json', 'on the machine itself'],
      ['ckpt host capture prod-7=cpuid.txt -o prod-7.json', 'from a description in another format'],
    ],
    options: { output: FORMAT.output, ...CURRENT, ...LIMIT },
    invocation: (positionals, values) => ({
      command: 'host capture',
      host: positionals.length === 0 ? 'current' : one(positionals, 'host'),
      file: outputFile(values),
      ...current(values),
    }),
  },
  {
    name: 'host probe',
    usage: 'host probe -o FILE',
    describe: 'Write a small program that describes a machine without Node',
    explain:
      'Writes a static Linux x86-64 executable of about a kilobyte. What it prints on a machine is a description of it for --host.',
    examples: [
      [
        'ckpt host probe -o probe && ssh prod-7 < probe "cat > /tmp/p && chmod +x /tmp/p && /tmp/p" > prod-7.txt',
        'describe another machine',
      ],
    ],
    options: { output: FORMAT.output },
    invocation: (positionals, values) => {
      none(positionals, 'host probe');
      return { command: 'host probe', file: outputFile(values) };
    },
  },
  {
    name: 'host diff',
    usage: 'host diff <a> [b] [options]',
    describe: 'Show what differs between two hosts',
    explain: 'Compares two hosts; without the second, the first with the current one.',
    examples: [['ckpt host diff prod-7.json prod-8.json', 'which features one has and the other lacks']],
    options: { ...CURRENT, ...LIMIT, ...FORMAT },
    invocation: (positionals, values) => {
      const [a, b = 'current', ...others] = positionals;
      if (a === undefined || others.length > 0)
        throw new UsageError(`host diff takes one or two hosts, found ${positionals.length}`);
      onlyOneStandardInput([], [a, b]);
      return { command: 'host diff', a, b, ...current(values), ...output(values) };
    },
  },
  HOST_LIST,
  HOST_LABELS,
  ...STATE_COMMANDS,
];
