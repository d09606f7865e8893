/** What GitHub makes of the lines that a step prints. */
import { escapeText } from './escape.ts';

/** A note beside the run. Texts may hold anything, and are escaped here. */
export interface Annotation {
  readonly kind: 'error' | 'warning' | 'notice';
  /** A file in the repository, or null. */
  readonly file: string | null;
  /** Its line, 1-based (default: 1). */
  readonly line?: number;
  readonly title: string;
  readonly lines: readonly string[];
}

/**
 * The most annotations of one kind that GitHub shows of a step.
 *
 * @see https://docs.github.com/en/actions/reference/limits
 */
export const MOST_ANNOTATIONS = 10;

/** The most characters of an annotation: GitHub cuts longer ones. */
const LONGEST_MESSAGE = 4000;

/**
 * The annotations as workflow commands, the errors first, and then a line for people. Of each kind the first ones come out; the last says
 * how many more there are.
 *
 * No line is a command that was not meant: nothing of the texts begins a line, and `##[`, which the runner finds anywhere in a line, is broken.
 *
 * @see https://github.com/actions/runner, src/Runner.Common/ActionCommand.cs
 */
export function annotationLines(annotations: readonly Annotation[], summary: string): string {
  const lines = (['error', 'warning', 'notice'] as const).flatMap((kind) =>
    limited(annotations.filter((annotation) => annotation.kind === kind)).map(commandLine),
  );
  return `${[...lines, withoutCommands(escapeText(`ckpt: ${summary}`))].join('\n')}\n`;
}

function limited(annotations: readonly Annotation[]): readonly Annotation[] {
  const more = annotations.length - MOST_ANNOTATIONS + 1;
  const first = annotations[MOST_ANNOTATIONS - 1];
  if (more <= 1 || first === undefined) return annotations;
  const last: Annotation = {
    kind: first.kind,
    file: null,
    title: `ckpt: ${more} more`,
    lines: [
      `${more} more like these; the summary of the step has all`,
      ...annotations.slice(MOST_ANNOTATIONS - 1).map(({ title }) => title),
    ],
  };
  return [...annotations.slice(0, MOST_ANNOTATIONS - 1), last];
}

function commandLine({ kind, file, line = 1, title, lines }: Annotation): string {
  const properties = [...(file === null ? [] : [`file=${property(file)}`, `line=${line}`]), `title=${property(title)}`];
  return withoutCommands(`::${kind} ${properties.join(',')}::${message(lines)}`);
}

function message(lines: readonly string[]): string {
  let text = '';
  for (const [index, line] of lines.entries()) {
    const next = `${index === 0 ? '' : '\n'}${escapeText(line)}`;
    if (text.length + next.length > LONGEST_MESSAGE) {
      text += `${index === 0 ? next.slice(0, LONGEST_MESSAGE) : ''}\n…`;
      break;
    }
    text += next;
  }
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** @see https://github.com/actions/toolkit, packages/core/src/command.ts, escapeProperty */
function property(text: string): string {
  return escapeText(text).replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** A line in which no old command (`##[name]…`) begins. */
export function withoutCommands(line: string): string {
  return line.replaceAll('##[', '#\\x23[');
}

/** The file of an annotation about an input. Standard input and URLs are no files of the repository. */
export function fileOf(path: string): string | null {
  return path === '-' || path === '' || /^https?:\/\//i.test(path) ? null : path;
}
