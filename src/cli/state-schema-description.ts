/** What `ckpt state schema` takes. */
import { type CommandDescription, FORMAT, KEY, LIMIT, one, output, value } from './command-description.ts';
import { limits, text } from './option-values.ts';

export const STATE_SCHEMA: CommandDescription = {
  name: 'state schema',
  usage: 'state schema <image> [--against <version>] [options]',
  describe: 'Say which gVisor releases could have written an image, and which could load it',
  explain:
    'Compares the types that an image declares, and their fields, with those of every gVisor release since 2021: who could have written it, who could load it, and whether the version that it names is true.\n\nExit code: 0 answered, differences or not; 2 wrong usage; 3 the image could not be read.',
  examples: [
    ['ckpt state schema image.state', 'which releases fit'],
    ['ckpt state schema image.state --against release-20240729.0', 'every type that differs from one release'],
    ['ckpt state schema image.state --against 2024-07-29', 'from the code of a day'],
  ],
  options: {
    against: value('Version of runsc to compare with: a release, a build behind one, or a date'),
    ...KEY,
    ...LIMIT,
    ...FORMAT,
  },
  invocation: (positionals, values) => ({
    command: 'state schema',
    image: one(positionals, 'image'),
    against: text(values, 'against'),
    keyFile: text(values, 'key-file'),
    limits: limits(values),
    ...output(values),
  }),
};
