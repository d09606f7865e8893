/** What `ckpt host labels` takes. */
import {
  type CommandDescription,
  CURRENT,
  current,
  FORMAT,
  hostsOf,
  LIMIT,
  onlyOneStandardInput,
  output,
} from './command-description.ts';

export const HOST_LABELS: CommandDescription = {
  name: 'host labels',
  usage: 'host labels [host...] [options]',
  describe: 'Write what gVisor compares of a host as labels of a Kubernetes node',
  explain:
    "Writes a feature file for Node Feature Discovery: one label for each feature in gVisor's own name, with the cache line, the XSAVE states and the version of runsc. ckpt affinity --labels gvisor asks for them, and a node that carries them is a host description. Several hosts are written as JSON only.",
  examples: [
    ['ckpt host labels -o features.d/ckpt', 'on the node itself: the directory that NFD reads'],
    ['ckpt host labels prod-7.json', 'of a captured host'],
    ['ckpt host labels hosts/ --json', 'of many, for programs'],
  ],
  options: { ...CURRENT, ...LIMIT, ...FORMAT },
  invocation: (positionals, values) => ({
    command: 'host labels',
    hosts: onlyOneStandardInput([], hostsOf(positionals)),
    ...current(values),
    ...output(values),
  }),
};
