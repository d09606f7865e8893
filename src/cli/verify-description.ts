/** What `ckpt verify` takes. */
import {
  type CommandDescription,
  formatOptions,
  images,
  KEY,
  LIMIT,
  output,
  REPORT_FORMATS,
  toggle,
} from './command-description.ts';
import { flag, limits, text } from './option-values.ts';

export const VERIFY: CommandDescription = {
  name: 'verify',
  usage: 'verify <image...> [options]',
  describe: 'Say whether images are whole, and where they are damaged',
  explain:
    'Checks images as far as their format can tell: header and HMACs, every chunk, every object, the metadata of the memory, the size of pages.img, and the archive around them. One line for each check; what has no checksum is said.\n\nExit code: 0 nothing is damaged; 1 something is; 2 wrong usage; 3 something is no image, or cannot be read at all.',
  examples: [
    ['ckpt verify image/', 'is it whole'],
    ['ckpt verify image/ --deep', 'read all pages too, so that a disk that cannot read them shows'],
    ['ckpt verify backups/*.tar.zst', 'several images; each is answered'],
    ['ckpt verify image/ --key-file key', 'compare the HMACs of a keyed image'],
    ['ckpt verify image/ --json | jq .images[].checks[].damages[]', 'the bytes that are damaged, for programs'],
  ],
  options: {
    deep: toggle('Read all page data too, to the end of pages.img'),
    all: toggle('Every damage of long lists'),
    ...KEY,
    ...LIMIT,
    ...formatOptions(REPORT_FORMATS),
  },
  invocation: (positionals, values) => ({
    command: 'verify',
    images: images(positionals),
    deep: flag(values, 'deep'),
    all: flag(values, 'all'),
    keyFile: text(values, 'key-file'),
    limits: limits(values),
    ...output(values, REPORT_FORMATS),
  }),
};
