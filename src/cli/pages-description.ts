/** What `ckpt pages` takes. */
import { type CommandDescription, FORMAT, images, KEY, LIMIT, output, toggle, value } from './command-description.ts';
import { count, flag, limits, text } from './option-values.ts';

export const PAGES: CommandDescription = {
  name: 'pages',
  usage: 'pages <image...> [options]',
  describe: 'Show the saved memory: whose it is, and what of it is zeros, there twice, or compresses',
  explain:
    'Shows the saved memory of images by use, container and process, and reads every page of it: zeros, equal pages, and how well they compress. Of several images it says what they have in common.\n\nExit code: 0 answered; 2 wrong usage; 3 an image could not be read, or not to its end.',
  examples: [
    ['ckpt pages image.state', 'what takes the space'],
    ['ckpt pages image.state --no-scan', 'only what the metadata tells; no page is read'],
    ['ckpt pages monday/ tuesday/ wednesday/', 'what a store that keeps equal pages once would need'],
    ['ckpt pages image.state --map', 'every range: where it lies, and who maps it'],
    ['ckpt pages image.state --json | jq .images[0].savings', 'for programs'],
  ],
  options: {
    'no-scan': toggle('Do not read the pages: only what the metadata tells'),
    map: toggle('Every range of memory: where it lies in the image, what it is for, and which process maps it where'),
    all: toggle('Show long lists to their end'),
    threads: value(
      'Threads that read pages, 0 for none beside the first, at most 16 (default: as many as run at the same time, at most 8)',
    ),
    ...KEY,
    ...LIMIT,
    ...FORMAT,
  },
  invocation: (positionals, values) => ({
    command: 'pages',
    images: images(positionals),
    scan: !flag(values, 'no-scan'),
    map: flag(values, 'map'),
    all: flag(values, 'all'),
    threads: count(values, 'threads'),
    keyFile: text(values, 'key-file'),
    limits: limits(values),
    ...output(values),
  }),
};
