/** What `ckpt baseline` takes. */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import type { SnippetKind } from '../report/baseline-snippets.ts';
import {
  CONFIG,
  type CommandDescription,
  CURRENT,
  config,
  current,
  formatOptions,
  LIMIT,
  list,
  onlyOneStandardInput,
  output,
  PLAIN_FORMATS,
  value,
} from './command-description.ts';
import { choiceOrNone, runscVersion, text, texts } from './option-values.ts';

const LINT_FORMATS = ['text', 'json', 'markdown', 'github'] as const;

/** Total, so that a new one cannot be forgotten here. */
const SNIPPETS = Object.keys({
  annotation: true,
  oci: true,
  kubernetes: true,
  containerd: true,
  docker: true,
} satisfies Record<SnippetKind, true>) as SnippetKind[];

export const BASELINE: CommandDescription = {
  name: 'baseline',
  usage: 'baseline <host...> [options]',
  describe: 'Find the largest feature set that all hosts have, ready to paste',
  explain:
    "Finds the features that every host certainly has, as a value for gVisor's annotation dev.gvisor.internal.cpufeatures: a sandbox that was started with it saves images that require no more. Says what each host loses by it, which host lowers the level most, what the annotation cannot do, and which settings of run-time libraries help. With --lint it looks at annotations that are there already, in OCI configs and Kubernetes objects.\n\nExit code: 0 answered; with --lint 1 when something is an error; 2 wrong usage, hosts of two architectures among it; 3 a host or file could not be read (--as and --write give nothing then).",
  examples: [
    ['ckpt baseline hosts/', 'the level of all hosts in a directory'],
    ['ckpt baseline prod-7.txt cpu:EPYC-Milan --as kubernetes', 'to paste into a Pod'],
    ['ckpt baseline hosts/ --write bundle/config.json', 'put it into an OCI config; the old one stays as config.json.bak'],
    ['ckpt baseline hosts/ --without avx512f,avx512vl', 'a lower one'],
    ['ckpt baseline --lint bundle/config.json --host hosts/', 'what is wrong with the annotation that is there'],
  ],
  options: {
    host: list('A host, as one that is named without an option'),
    as: value(`Only what is to be pasted: ${SNIPPETS.join(', ')}`),
    write: value('FILE: set the annotation in this config.json, and keep the old one as FILE.bak'),
    without: list('Features to leave out, separated by commas'),
    lint: list('FILE: look at the annotations in an OCI config or Kubernetes object (JSON or YAML; - for standard input)'),
    'runsc-version': value(
      'The runsc that reads the annotation (default: the oldest that the hosts name, else the newest known)',
    ),
    ...CURRENT,
    ...CONFIG,
    ...LIMIT,
    ...formatOptions(LINT_FORMATS),
  },
  invocation: (positionals, values) => {
    const files = texts(values, 'lint');
    const isLint = files.length > 0;
    const hosts = onlyOneStandardInput(files, [...positionals, ...texts(values, 'host')]);
    const as = choiceOrNone(values, 'as', SNIPPETS);
    const write = text(values, 'write');
    const without = texts(values, 'without').flatMap((names) => names.split(','));
    const shared = { hosts, runscVersion: runscVersion(values), ...config(values), ...current(values) };
    if (isLint) {
      const other = as !== null ? '--as' : write !== null ? '--write' : without.length > 0 ? '--without' : null;
      if (other !== null) throw new UsageError(`--lint only looks; ${other} is of no use with it`);
      if (files.includes('')) throw new UsageError('--lint takes a file, found none');
      return { command: 'baseline', action: 'lint', files, ...shared, ...output(values, LINT_FORMATS) };
    }
    if (write === '') throw new UsageError('--write takes a file, found none');
    if (without.some((name) => name.trim() === ''))
      throw new UsageError('--without takes names separated by commas, found an empty one');
    const outputs = output(values, PLAIN_FORMATS);
    if (write !== null && outputs.destinations.some(({ file }) => file !== null && resolve(file) === resolve(write)))
      throw new UsageError(`--write changes ${write}: the answer cannot go to the same file`);
    if (as !== null && outputs.destinations[0].format !== 'text')
      throw new UsageError('--as gives text to paste; the whole answer as JSON goes to a file with --also json=FILE');
    return { command: 'baseline', action: 'level', as, write, without, ...shared, ...outputs };
  },
};
