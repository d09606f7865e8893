/** What `ckpt extract` takes. */
import { UsageError } from '../errors.ts';
import { type CommandDescription, FORMAT_BESIDE, KEY, LIMIT, list, one, output, toggle, value } from './command-description.ts';
import type { ExtractAction, ExtractInvocation } from './invocation.ts';
import { choice, choiceOrNone, flag, limits, processNumber, text, texts, type Values } from './option-values.ts';

export const EXTRACT: CommandDescription = {
  name: 'extract',
  usage: 'extract <image> (--list | -o FILE | -C DIR | --memory PID -o FILE | --spec) [options]',
  describe: 'Take files, the memory of a process, or OCI specs out of an image',
  explain:
    'Takes out what an image holds: the files of writable layers and tmpfs mounts as a tar archive or into a directory, the memory of a process as a core file, or the OCI specs.\n\nA file has its name only when it is whole, nothing leaves the directory, and nothing is overwritten without --force.\n\nExit code: 0 done; 2 wrong usage, or the output cannot be written; 3 the image could not be read, or not all of it: the others are there all the same.',
  examples: [
    ['ckpt extract image.state --list', 'which files it holds'],
    ['ckpt extract image.state -o files.tar', 'as an archive, with owners, times, links and holes'],
    ['ckpt extract image.state -o - --path "/var/log/**" | tar -tv', 'some of them, through a pipe'],
    ['ckpt extract image.state -C out', 'into a directory'],
    ['ckpt extract image.state --memory 7 -o core.7 && gdb -c core.7', 'a process for a debugger'],
    ['ckpt extract image.state --spec > config.json', 'the OCI spec'],
  ],
  options: {
    list: toggle('Only list the files'),
    output: value('File to write: a tar archive, a core file, specs or the list; - is standard output', { alias: 'o' }),
    directory: value('Write files into DIR', { alias: 'C' }),
    memory: value('The memory of process PID as a core file'),
    spec: toggle('The OCI specs: one config.json for each container with -C, else on standard output or in FILE'),
    container: value('Only this container, by name or id'),
    path: list('Only these paths and what lies below, as the container saw them; *, ? and ** stand for others; may be repeated'),
    whiteouts: value(
      'Deleted files of an overlay: keep (device nodes as overlayfs has them), oci (.wh. files) or drop (default: keep)',
    ),
    compression: value('Of an archive: none, gzip or zstd (default: what the name ends in)'),
    force: toggle('Replace files that are there already'),
    devices: toggle('With -C, make device nodes (root only)'),
    preserve: toggle('With -C, keep set-user-id and set-group-id'),
    'no-owners': toggle('With -C as root, do not set owners'),
    'show-env': toggle('With --spec, show the values of environment variables, which are hidden by default'),
    ...KEY,
    ...LIMIT,
    ...FORMAT_BESIDE,
  },
  invocation: (positionals, values) => {
    const image = one(positionals, 'image');
    const action = actionOf(values);
    const given = text(values, 'output');
    // Of a list the output is the document; else the document goes to standard output, beside what was taken out.
    const documents = output(action === 'list' ? values : { ...values, output: undefined });
    const printed = action === 'spec' && (given === null || given === '-') && text(values, 'directory') === null;
    const [own] = documents.destinations;
    if (printed && own.format === 'json')
      throw new UsageError(
        '--spec prints the specs, which are JSON; for --json, which tells what was written, name a place with -o FILE or -C DIR',
      );
    return {
      command: 'extract',
      image,
      action,
      file: given,
      directory: text(values, 'directory'),
      pid: processNumber(values, 'memory'),
      container: text(values, 'container'),
      paths: texts(values, 'path'),
      whiteouts: choice(values, 'whiteouts', ['keep', 'oci', 'drop'] as const, 'keep'),
      compression: choiceOrNone(values, 'compression', ['none', 'gzip', 'zstd'] as const),
      force: flag(values, 'force'),
      devices: flag(values, 'devices'),
      preserve: flag(values, 'preserve'),
      owners: !flag(values, 'no-owners'),
      showEnv: flag(values, 'show-env'),
      keyFile: text(values, 'key-file'),
      limits: limits(values),
      ...documents,
    } satisfies ExtractInvocation;
  },
};

/** @throws UsageError when two things are asked for, or nothing */
function actionOf(values: Values): ExtractAction {
  const named = (['list', 'memory', 'spec'] as const).filter((name) => flag(values, name) || text(values, name) !== null);
  const [first, second] = named;
  if (second !== undefined) throw new UsageError(`--${first} and --${second} ask for different things`);
  const file = text(values, 'output');
  const directory = text(values, 'directory');
  if (file === '' || directory === '') throw new UsageError(`-${file === '' ? 'o' : 'C'} takes a name, found none`);
  if (file !== null && directory !== null) throw new UsageError('-o and -C name two places: choose one');
  if (first === 'list') {
    if (directory !== null) throw new UsageError('--list writes no files: leave -C out');
    return 'list';
  }
  if (first === 'memory') {
    if (file === null) throw new UsageError('--memory writes a core file: name it with -o FILE');
    return 'memory';
  }
  if (first === 'spec') return 'spec';
  if (file !== null) return 'archive';
  if (directory !== null) return 'directory';
  throw new UsageError('say where files go: -o FILE for an archive, -C DIR for a directory, or --list');
}
