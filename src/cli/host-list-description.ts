/** What `ckpt host list` takes. */
import { type CommandDescription, FORMAT, output } from './command-description.ts';

export const HOST_LIST: CommandDescription = {
  name: 'host list',
  usage: 'host list [word...] [options]',
  describe: 'List the CPU models that can be named as hosts',
  explain:
    'Lists the names that --host cpu:NAME takes: models of QEMU, CPU generations, and levels of the x86-64 psABI. Words choose those whose names, vendor or generation hold all of them.',
  examples: [
    ['ckpt host list', 'all of them'],
    ['ckpt host list amd zen', 'some of them'],
    ['ckpt check image.state --host cpu:EPYC-Milan', 'what is certain of such a CPU'],
  ],
  options: FORMAT,
  invocation: (positionals, values) => ({ command: 'host list', words: positionals, ...output(values) }),
};
