/** The commands: what each takes, and what it asks for. */
import { UsageError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { COLOR_CHOICES, type Invocation, type OutputOptions } from './invocation.ts';
import {
  choice,
  choices,
  destinations,
  flag,
  GATE_NAMES,
  limits,
  outputFile,
  runscVersion,
  SECTION_NAMES,
  text,
  texts,
  type Values,
} from './option-values.ts';

/** One option, in the words of yargs. */
interface OptionDescription {
  readonly type: 'string' | 'boolean';
  readonly describe: string;
  readonly requiresArg?: boolean;
  readonly array?: boolean;
  readonly alias?: string;
}

/** One command of the command line. */
export interface CommandDescription {
  /** One word, or two for a command of a group. */
  readonly name: string;
  readonly usage: string;
  readonly describe: string;
  readonly explain: string;
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly options: Readonly<Record<string, OptionDescription>>;
  /** @throws UsageError */
  readonly invocation: (positionals: readonly string[], values: Values) => Invocation;
}

const value = (describe: string, more: Partial<OptionDescription> = {}): OptionDescription => ({
  type: 'string',
  requiresArg: true,
  describe,
  ...more,
});
const list = (describe: string): OptionDescription => value(describe, { array: true });
const toggle = (describe: string): OptionDescription => ({ type: 'boolean', describe });

const FORMAT = {
  format: value('text or json (default: text)'),
  json: toggle('Short for --format json'),
  output: value('Write to FILE instead of standard output', { alias: 'o' }),
  also: list('FORMAT=FILE: write another format to a file as well; may be repeated'),
  color: value('auto, always or never (default: auto, which also follows NO_COLOR and FORCE_COLOR)'),
};
const LIMIT = {
  limit: list(`name=value: raise or lower a ceiling on what input may demand (${Object.keys(DEFAULT_LIMITS).join(', ')})`),
};
const KEY = { 'key-file': value('File with the HMAC key of a keyed image, its bytes as they are; CKPT_KEY is the key as text') };
const CURRENT = {
  'no-runsc': toggle('Do not run the runsc in PATH to learn its version'),
  'no-probe': toggle('Do not run the probe for the current host; weaker evidence is used instead'),
};

/** First words that are no command by themselves. */
export const GROUPS: Readonly<Record<string, string>> = { host: 'Describe a machine that could restore images' };

export const COMMANDS: readonly CommandDescription[] = [
  {
    name: 'inspect',
    usage: 'inspect <image> [options]',
    describe: 'Show what is in an image',
    explain: 'Shows what is in an image: a directory with checkpoint.img, a state file under any name, or - for standard input.',
    examples: [
      ['ckpt inspect image.state', 'everything about an image'],
      ['ckpt inspect image.state --section summary,cpu', 'only these; the rest is not even read'],
      ['ckpt inspect image.state --json | jq .cpu.features', 'for programs'],
    ],
    options: {
      section: list(`Only these sections, separated by commas: ${SECTION_NAMES.join(', ')}`),
      all: toggle('Also raw CPUID answers, annotations and header metadata'),
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
      ['ckpt check image.state --also json=answer.json', 'text on the terminal, JSON in a file'],
    ],
    options: {
      host: list(
        'current (default), a file that describes a host, a directory of such files, or -; name=... names it; may be repeated',
      ),
      'runsc-version': value('Version of the runsc that will restore: release-20260817.0, 0.0~20240729.0, or a date'),
      ...CURRENT,
      require: list(
        `Gates that must be answered, separated by commas: what is not checked counts as unknown (${GATE_NAMES.join(', ')})`,
      ),
      'on-unknown': value('What an undecided pair means: fail (exit code 4), warn or pass (0) (default: fail)'),
      quiet: { ...toggle('Only the verdicts'), alias: 'q' },
      details: toggle('Gates and advice for each pair, even when many pairs are open'),
      ...KEY,
      ...LIMIT,
      ...FORMAT,
    },
    invocation: (images, values) => ({
      command: 'check',
      images,
      hosts: onlyOneStandardInput(images, hostsOf(texts(values, 'host'))),
      runscVersion: runscVersion(values),
      require: choices(values, 'require', GATE_NAMES),
      onUnknown: choice(values, 'on-unknown', ['fail', 'warn', 'pass'], 'fail'),
      quiet: flag(values, 'quiet'),
      details: flag(values, 'details'),
      keyFile: text(values, 'key-file'),
      ...current(values),
      ...output(values),
    }),
  },
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
];

function output(values: Values): OutputOptions {
  return { destinations: destinations(values), color: choice(values, 'color', COLOR_CHOICES, 'auto') };
}

function current(values: Values) {
  return {
    probe: !flag(values, 'no-probe'),
    runsc: flag(values, 'no-runsc') ? 'never' : 'auto',
    limits: limits(values),
  } as const;
}

function hostsOf(given: readonly string[]): readonly string[] {
  return given.length === 0 ? ['current'] : given;
}

function one(positionals: readonly string[], what: string): string {
  const [only, ...others] = positionals;
  if (only === undefined) throw new UsageError(`name one ${what}`);
  if (others.length > 0) throw new UsageError(`name one ${what} only, found ${positionals.length}: ${positionals.join(' ')}`);
  return only;
}

function none(positionals: readonly string[], command: string): void {
  if (positionals.length > 0) throw new UsageError(`${command} takes no names, found ${positionals.join(' ')}`);
}

/** Standard input can be read once. */
function onlyOneStandardInput(images: readonly string[], hosts: readonly string[]): readonly string[] {
  const uses = [...images, ...hosts].filter((name) => name === '-' || (name.endsWith('=-') && hosts.includes(name)));
  if (uses.length > 1) throw new UsageError('standard input (-) can be named once only');
  return hosts;
}
