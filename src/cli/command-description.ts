/** How commands and their options are described, and the options that many commands share. */
import { UsageError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { COLOR_CHOICES, type Format, type Invocation, type OutputOptions } from './invocation.ts';
import { choice, destinations, flag, limits, text, type Values } from './option-values.ts';

/** One option, in the words of yargs. */
interface OptionDescription {
  readonly type: 'string' | 'boolean';
  readonly describe: string;
  readonly requiresArg?: boolean;
  readonly array?: boolean;
  readonly alias?: string;
}

/** One command of the command line. */
export interface CommandDescription {
  /** One word, or two for a command of a group. */
  readonly name: string;
  readonly usage: string;
  readonly describe: string;
  readonly explain: string;
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly options: Readonly<Record<string, OptionDescription>>;
  /** `greedy`: an option that may be repeated takes all values up to the next option, for a command that takes no names. */
  readonly lists?: 'greedy';
  /** @throws UsageError */
  readonly invocation: (positionals: readonly string[], values: Values) => Invocation;
}

export const value = (describe: string, more: Partial<OptionDescription> = {}): OptionDescription => ({
  type: 'string',
  requiresArg: true,
  describe,
  ...more,
});
export const list = (describe: string): OptionDescription => value(describe, { array: true });
export const toggle = (describe: string): OptionDescription => ({ type: 'boolean', describe });

/** What every document can be written as. */
export const PLAIN_FORMATS = ['text', 'json'] as const satisfies readonly Format[];
/** What the answers that CI asks for can be written as. */
export const REPORT_FORMATS = [
  'text',
  'json',
  'table',
  'markdown',
  'sarif',
  'junit',
  'github',
] as const satisfies readonly Format[];
const formats = (names: readonly Format[]) => ({
  format: value(`${names.slice(0, -1).join(', ')} or ${names.at(-1)} (default: text)`),
  json: toggle('Short for --format json'),
});
const ALSO = {
  also: list('FORMAT=FILE: write another format to a file as well; may be repeated'),
  color: value('auto, always or never (default: auto, which also follows NO_COLOR and FORCE_COLOR)'),
};
/** The options about a document that can be written in these formats; give the same ones to {@link output}. */
export const formatOptions = (names: readonly Format[]) => ({
  ...formats(names),
  output: value('Write to FILE instead of standard output', { alias: 'o' }),
  ...ALSO,
});
export const FORMAT = formatOptions(PLAIN_FORMATS);
/** Where `-o` is something else than the document. */
export const FORMAT_BESIDE = { ...formats(PLAIN_FORMATS), ...ALSO };
export const LIMIT = {
  limit: list(`name=value: raise or lower a ceiling on what input may demand (${Object.keys(DEFAULT_LIMITS).join(', ')})`),
};
export const KEY = {
  'key-file': value('File with the HMAC key of a keyed image, its bytes as they are; CKPT_KEY is the key as text'),
};
export const CURRENT = {
  'no-runsc': toggle('Do not run the runsc in PATH to learn its version'),
  'no-probe': toggle('Do not run the probe for the current host; weaker evidence is used instead'),
};

export const CONFIG = {
  config: value('The configuration (default: ckpt.yaml here or in a directory above, as far as the project goes)'),
  'no-config': toggle('Go by no configuration'),
};

/** @throws UsageError when both are there */
export function config(values: Values): { readonly config: string | false | null } {
  const file = text(values, 'config');
  if (!flag(values, 'no-config')) return { config: file };
  if (file !== null) throw new UsageError('--config and --no-config contradict one another');
  return { config: false };
}

export function output(values: Values, formats: readonly Format[] = PLAIN_FORMATS): OutputOptions {
  return { destinations: destinations(values, formats), color: choice(values, 'color', COLOR_CHOICES, 'auto') };
}

export function current(values: Values) {
  return {
    probe: !flag(values, 'no-probe'),
    runsc: flag(values, 'no-runsc') ? 'never' : 'auto',
    limits: limits(values),
  } as const;
}

export function hostsOf(given: readonly string[]): readonly string[] {
  return given.length === 0 ? ['current'] : given;
}

export function one(positionals: readonly string[], what: string): string {
  const [only, ...others] = positionals;
  if (only === undefined) throw new UsageError(`name one ${what}`);
  if (others.length > 0) throw new UsageError(`name one ${what} only, found ${positionals.length}: ${positionals.join(' ')}`);
  return only;
}

/** Images, of which standard input is one at most. */
export function images(positionals: readonly string[]): readonly string[] {
  if (positionals.length === 0) throw new UsageError('name at least one image');
  onlyOneStandardInput(positionals, []);
  return positionals;
}

export function none(positionals: readonly string[], command: string): void {
  if (positionals.length > 0) throw new UsageError(`${command} takes no names, found ${positionals.join(' ')}`);
}

/** Standard input can be read once. */
export function onlyOneStandardInput(images: readonly string[], hosts: readonly string[]): readonly string[] {
  const uses = [...images, ...hosts].filter((name) => name === '-' || (name.endsWith('=-') && hosts.includes(name)));
  if (uses.length > 1) throw new UsageError('standard input (-) can be named once only');
  return hosts;
}
