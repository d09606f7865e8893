/** The commands of the group `state`: what each takes, and what it asks for. */
import { UsageError } from '../errors.ts';
import { type CommandDescription, FORMAT, KEY, LIMIT, list, one, output, toggle, value } from './command-description.ts';
import { flag, limits, outputFile, text, texts, type Values } from './option-values.ts';
import { STATE_SCHEMA } from './state-schema-description.ts';

/** Deeper documents are for no reader. */
const DEEPEST = 100;

const SHOW_ENV = { 'show-env': toggle('Show the values of environment variables, which are hidden by default') };
const COMMON = { ...SHOW_ENV, ...KEY, ...LIMIT, ...FORMAT };
const PATHS = 'Paths begin with kernel, cpu or an object (g1r12), or with a field of the kernel; docs/state.md tells more.';

export const STATE_COMMANDS: readonly CommandDescription[] = [
  {
    name: 'state dump',
    usage: 'state dump <image> [options]',
    describe: 'Print the whole saved state, as runsc statefile does',
    explain:
      'Prints every object of checkpoint.img, byte for byte as runsc statefile does. Names of types and fields that a terminal could stumble over are escaped, which no real image has. The values of environment variables are not hidden.',
    examples: [
      ['ckpt state dump image.state | grep -A20 kernel.Task', 'look for something'],
      ['ckpt state dump image.state --html -o state.html', 'a page in which references are links'],
    ],
    options: {
      html: toggle('A page in which types and references are links'),
      output: FORMAT.output,
      ...KEY,
      ...LIMIT,
    },
    invocation: (positionals, values) => ({
      command: 'state dump',
      image: one(positionals, 'image'),
      html: flag(values, 'html'),
      file: outputFile(values),
      keyFile: text(values, 'key-file'),
      limits: limits(values),
    }),
  },
  {
    name: 'state types',
    usage: 'state types <image> [options]',
    describe: 'What the saved kernel is made of: types with counts and bytes, and the largest objects',
    explain:
      'Shows how many structs of each type the saved kernel holds and what they take, without what they refer to; what belongs to no struct; and the largest objects.',
    examples: [
      ['ckpt state types image.state', 'what takes the room'],
      ['ckpt state types image.state --json | jq -r ".types[] | [.structs, .type] | @tsv"', 'for programs'],
    ],
    options: { all: toggle('Every type, and more of the largest objects'), ...COMMON },
    invocation: (positionals, values) => ({
      command: 'state types',
      image: one(positionals, 'image'),
      ...common(values),
    }),
  },
  {
    name: 'state get',
    usage: 'state get <image> <path> [options]',
    describe: 'One value of the saved state, by its path',
    explain: `Shows the value that a path names as JSON: fields by name, elements by index, maps by key, references followed. ${PATHS}`,
    examples: [
      ['ckpt state get image.state kernel.tasks.Root.tids', 'a map, by field names'],
      ['ckpt state get image.state "g1r12.vmas.root[3]"', 'a part of object 12'],
      [
        'ckpt state get image.state "cpu.Function[{Eax: 7, Ecx: 0}]" --json',
        'a map by a key that is a struct, with where it lies',
      ],
    ],
    options: {
      depth: value('Levels of structs, maps and lists that are opened, 0 to 100 (default: 2)'),
      all: toggle('All of long lists, maps and texts, which are cut otherwise'),
      ...COMMON,
    },
    invocation: (positionals, values) => {
      const [image, path, ...others] = positionals;
      if (image === undefined || path === undefined || others.length > 0)
        throw new UsageError(`state get takes an image and a path, found ${positionals.length}: ${positionals.join(' ')}`);
      return { command: 'state get', image, path, depth: depth(values), ...common(values) };
    },
  },
  {
    name: 'state find',
    usage: 'state find <image> --type T [--where field=value...] [options]',
    describe: 'All structs of a type in the saved state',
    explain: `Finds every struct of a type, those inside other objects too. The type may be the end of a name that only one type has. ${PATHS}`,
    examples: [
      ['ckpt state find image.state --type kernel.Task --where image.Name=sh', 'the threads that are called sh'],
      ['ckpt state find image.state --type Task --show image.Name,containerID', 'some fields of each, in a table'],
    ],
    options: {
      type: value('Declared name, such as pkg/sentry/kernel.Task, or an end of it: kernel.Task, Task'),
      where: list('PATH=VALUE: only those where the path from the struct has this value; may be repeated, all must hold'),
      show: list('Paths from the struct, separated by commas: show their values instead of the struct'),
      depth: value('Levels of structs, maps and lists that are opened, 0 to 100 (default: 1)'),
      all: toggle('All that are found; without it the first 1000'),
      ...COMMON,
    },
    invocation: (positionals, values) => {
      const type = text(values, 'type');
      if (type === null || type.trim() === '') throw new UsageError('state find needs --type: the name of a type, such as Task');
      return {
        command: 'state find',
        image: one(positionals, 'image'),
        type,
        where: texts(values, 'where'),
        show: texts(values, 'show').flatMap((paths) => paths.split(',').map((path) => path.trim())),
        depth: depth(values),
        ...common(values),
      };
    },
  },
  {
    name: 'state tree',
    usage: 'state tree <image> [path] [options]',
    describe: 'What an object of the saved state consists of, to a depth',
    explain: `Shows the parts of a value (default: the kernel) and their parts, with their types; each object once. ${PATHS}`,
    examples: [
      ['ckpt state tree image.state', 'the fields of the kernel'],
      ['ckpt state tree image.state kernel.tasks --depth 3', 'further down from there'],
    ],
    options: {
      depth: value('Levels below the value, 0 to 100 (default: 2)'),
      all: toggle('All of long lists and maps, of which 20 parts are shown otherwise'),
      ...COMMON,
    },
    invocation: (positionals, values) => {
      const [image, path = 'kernel', ...others] = positionals;
      if (image === undefined || others.length > 0)
        throw new UsageError(
          `state tree takes an image and perhaps a path, found ${positionals.length}: ${positionals.join(' ')}`,
        );
      return { command: 'state tree', image, path, depth: depth(values), ...common(values) };
    },
  },
  STATE_SCHEMA,
];

function common(values: Values) {
  return {
    all: flag(values, 'all'),
    showEnv: flag(values, 'show-env'),
    keyFile: text(values, 'key-file'),
    limits: limits(values),
    ...output(values),
  };
}

function depth(values: Values): number | null {
  const given = text(values, 'depth');
  if (given === null) return null;
  if (!/^\d{1,3}$/.test(given) || Number(given) > DEEPEST)
    throw new UsageError(`--depth takes a number from 0 to ${DEEPEST}, found ${JSON.stringify(given)}`);
  return Number(given);
}
