/** The command line: the one place that knows yargs. */
import yargs, { type Argv } from 'yargs';
import { closestName } from '../closest-name.ts';
import { UsageError } from '../errors.ts';
import type { CommandDescription } from './command-description.ts';
import { COMMANDS, GROUPS } from './commands.ts';
import type { Invocation } from './invocation.ts';
import type { Values } from './option-values.ts';

/** Narrowest and widest help. */
const HELP_COLUMNS = { least: 60, most: 110, unknown: 100 } as const;

/**
 * Understands a command line: a command, then its names and options in any order.
 *
 * yargs sees the options of that one command only: it would otherwise lay out the whole help before every run, which takes longer
 * than a check.
 *
 * @throws UsageError
 */
export async function parseArguments(argv: readonly string[], columns: number | null): Promise<Invocation> {
  const width = Math.min(HELP_COLUMNS.most, Math.max(HELP_COLUMNS.least, columns ?? HELP_COLUMNS.unknown));
  const command = COMMANDS.find(({ name }) => name.split(' ').every((word, index) => argv[index] === word));
  if (command === undefined) return withoutCommand(argv, width);
  const words = command.name.split(' ').length;
  const parser = quietParser()
    .usage(`ckpt ${command.usage}\n\n${command.explain}`)
    .example(command.examples.map(([line, what]) => [line, what]))
    .options(command.options);
  const parsed = await parse(parser, joinedLists(argv.slice(words), command), width, command);
  return 'help' in parsed ? { command: 'text', text: parsed.help } : command.invocation(parsed.positionals, parsed.values);
}

/** Help, or what is wrong with a line that begins with no command. */
async function withoutCommand(argv: readonly string[], width: number): Promise<Invocation> {
  const [first = '', second = ''] = argv;
  const group = GROUPS[first] === undefined ? null : first;
  const known = subcommands(group);
  const parser = quietParser()
    .usage(group === null ? TOP_LEVEL_USAGE : `ckpt ${group} <command> [options]\n\n${GROUPS[group]}`)
    .epilogue('ckpt <command> --help tells more about a command.');
  for (const [name, describe] of known) parser.command(`${group === null ? '' : `${group} `}${name}`, describe);
  if (group === null) parser.option('version', { type: 'boolean', describe: 'Show the version' });
  const given = group === null ? first : second;
  if (['help', '--help', '-h'].includes(given)) {
    const parsed = await parse(parser, ['--help'], width, null);
    if ('help' in parsed) return { command: 'text', text: parsed.help };
  }
  throw new UsageError(noCommand(group, given, [...known.keys()]));
}

const TOP_LEVEL_USAGE =
  'ckpt <command> [options]\n\nOpens gVisor (runsc) checkpoint images and says whether `runsc restore` will succeed on a host.';

/** The words that may follow, with what they do. */
function subcommands(group: string | null): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const { name, describe } of COMMANDS) {
    const [first = '', second] = name.split(' ');
    if (group === null) known.set(first, GROUPS[first] ?? describe);
    else if (first === group && second !== undefined) known.set(second, describe);
  }
  return known;
}

/** A yargs that prints nothing, ends nothing, guesses no language, and changes no name or number. */
function quietParser(): Argv {
  return yargs([])
    .scriptName('ckpt')
    .locale('en')
    .exitProcess(false)
    .showHelpOnFail(false)
    .version(false)
    .help('help', 'Show help')
    .alias('help', 'h')
    .strictOptions()
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
    });
}

/**
 * The arguments with each value of a list joined to the name of the list, where yargs would not take it for one: a `-`, and in a greedy list
 * every value behind the first (yargs' own greedy lists do not take `-` either).
 *
 * Only a command without names has greedy lists: a word behind the value of a list can mean nothing else there.
 */
function joinedLists(argv: readonly string[], { options, lists }: CommandDescription): string[] {
  const greedy = lists === 'greedy';
  const joined: string[] = [];
  let list: string | null = null;
  for (const [index, word] of argv.entries()) {
    if (word === '--') return [...joined, ...argv.slice(index)];
    if (word === '-' || !word.startsWith('-')) {
      joined.push(list === null ? word : `${list}=${word}`);
      if (!greedy) list = null;
      continue;
    }
    const name = word.startsWith('--') ? word.slice(2) : '';
    const next = argv[index + 1] ?? '--';
    const takesNext = next === '-' || (greedy && !next.startsWith('-'));
    list = takesNext && Object.hasOwn(options, name) && options[name]?.array === true ? word : null;
    // A list without a value is left as it is, for yargs to complain about.
    if (list === null) joined.push(word);
  }
  return joined;
}

type Parsed = { readonly help: string } | { readonly values: Values; readonly positionals: readonly string[] };

async function parse(parser: Argv, argv: readonly string[], width: number, command: CommandDescription | null): Promise<Parsed> {
  let help = '';
  const values: Values = await parser.wrap(width).parseAsync([...argv], {}, (error, _values, output) => {
    if (error) throw new UsageError(complaint(error.message, command));
    help = output;
  });
  if (help !== '') return { help: `${help}\n` };
  const words = [values['_'], values['--']].flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
  return { values, positionals: words };
}

function noCommand(group: string | null, given: string, known: readonly string[]): string {
  const place = group === null ? 'ckpt' : `ckpt ${group}`;
  if (given === '' || given.startsWith('-')) {
    const found = given === '' ? '' : `, found ${given} first`;
    return `name a command: ${place} <${known.join('|')}> [options]${found}. ${place} --help tells more.`;
  }
  const meant = closestName(given, known);
  return `unknown command ${JSON.stringify(given)}. ${meant === null ? `${place} has: ${known.join(', ')}.` : `Did you mean ${place} ${meant}?`}`;
}

/** A message of yargs on one line, with what was probably meant. */
function complaint(message: string, command: CommandDescription | null): string {
  const more = `ckpt ${command?.name ?? ''} --help lists the options.`;
  const withoutValue = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
  if (withoutValue !== undefined) return `${dashed(withoutValue)} needs a value. ${more}`;
  const unknown = /^Unknown arguments?: (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
  if (unknown.length === 0) return message.replaceAll(/\s*\n\s*/g, ' ');
  const known = ['help', ...Object.keys(command?.options ?? {})];
  const hints = unknown.map((name) => {
    const meant = name.length === 1 ? null : closestName(name, known);
    return `unknown option ${dashed(name)}${meant === null ? '' : `; did you mean --${meant}?`}`;
  });
  return `${hints.join('. ')}. ${more}`;
}

function dashed(name: string): string {
  return `${name.length === 1 ? '-' : '--'}${name}`;
}
