/** What `ckpt pack` takes. */
import { UsageError } from '../errors.ts';
import { type CommandDescription, FORMAT_BESIDE, LIMIT, one, output, toggle, value } from './command-description.ts';
import { choiceOrNone, flag, limits, text } from './option-values.ts';

export const PACK: CommandDescription = {
  name: 'pack',
  usage: 'pack <image> -o FILE [options]',
  describe: 'Write an image as one archive, the same bytes every time',
  explain:
    'Writes the files of an image as a tar archive that says nothing of the machine: fixed order, modes, owners and times. One image gives the same bytes in whatever form it comes. The file has its name when it is whole. A state file by itself is packed as checkpoint.img.\n\nExit code: 0 written; 2 wrong usage, or the output cannot be written; 3 the image cannot be read.',
  examples: [
    ['ckpt pack image/ -o image.tar.zst', 'compressed as the name says: .tar, .tar.gz or .tar.zst'],
    ['ckpt pack image.tar.gz -o image.tar.zst', 'another form of the same image'],
    ['ckpt pack image/ --compression zstd -o - | ssh host ckpt verify -', 'to standard output'],
    ['ckpt pack image/ -o image.tar.zst --json | jq -r .sha256', 'what was written, for programs'],
  ],
  options: {
    output: value('The archive; - for standard output', { alias: 'o' }),
    compression: value('none, gzip or zstd (default: what the name of the file ends in)'),
    force: toggle('Replace a file that is there'),
    ...LIMIT,
    ...FORMAT_BESIDE,
  },
  invocation: (positionals, values) => {
    const image = one(positionals, 'image');
    const file = text(values, 'output');
    if (file === null || file === '') throw new UsageError('name the archive with -o FILE, or -o - for standard output');
    return {
      command: 'pack',
      image,
      file: file === '-' ? null : file,
      compression: choiceOrNone(values, 'compression', ['none', 'gzip', 'zstd'] as const),
      force: flag(values, 'force'),
      limits: limits(values),
      ...output({ ...values, output: undefined }),
    };
  },
};
