/** What `ckpt explain` takes. */
import { UsageError } from '../errors.ts';
import { type CommandDescription, formatOptions, list, output, toggle } from './command-description.ts';
import type { Format } from './invocation.ts';
import { flag, texts } from './option-values.ts';

const FORMATS = ['text', 'json', 'markdown'] as const satisfies readonly Format[];

export const EXPLAIN: CommandDescription = {
  name: 'explain',
  usage: 'explain <name | code | log line>... [options]',
  describe: 'Say what a CPU flag, a code, or the log of runsc means, and what to do',
  explain:
    'Explains a CPU feature in any spelling or as the label of a node, a state of XSAVE (opmask), a code of ckpt (CKPT1601), a gate (fpu-state), an error code or `exit 4`, a line of a log, or a whole log: of `runsc restore`, its sandbox (--debug-log), Docker, containerd, Kubernetes, or the kernel. Without a name the log is read from standard input.\n\nExit code: 0 everything was explained; 2 a name that nothing knows; 3 a log that cannot be read; 4 nothing in a log is known.',
  examples: [
    ['ckpt explain clflushopt', 'what a flag is, which CPUs have it, and how gVisor spells it'],
    ['ckpt explain CKPT1801', 'a code of ckpt check'],
    ["ckpt explain 'incompatible FeatureSet: missing features: map[avx512f:{}]'", 'a message of runsc'],
    ['runsc restore --image-path image/ id 2>&1 | ckpt explain', 'what a restore says'],
    ['ckpt explain --file logs/runsc.log.boot.txt', 'a log of any size: the cause first'],
  ],
  options: {
    file: list('Logs, such as logs/*; may be repeated; - is standard input'),
    all: toggle('Every message of a log in full, not only the cause'),
    ...formatOptions(FORMATS),
  },
  invocation: (positionals, values) => {
    const files = texts(values, 'file');
    const empty = [...positionals, ...files].some((thing) => thing.trim() === '');
    if (empty) throw new UsageError('there is nothing to explain in an empty name');
    const inputs = [...positionals, ...files].filter((name) => name === '-');
    if (inputs.length > 1) throw new UsageError('standard input (-) can be named once only');
    return {
      command: 'explain',
      things: positionals,
      files: [...new Set(files)],
      all: flag(values, 'all'),
      ...output(values, FORMATS),
    };
  },
};
