/** Text in lines. */
import { joined } from './long-list.ts';

/**
 * Breaks a text at spaces into lines of at most `width` characters; a longer word gets a line of its own. Nothing is lost but the
 * spaces at the breaks.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines;
}

/** The lines of a wrapped text, the first behind `first` and the others behind as many spaces. */
export function hanging(first: string, text: string, width: number): string[] {
  const indent = ' '.repeat(first.length);
  return wrap(text, Math.max(20, width - first.length)).map((line, index) => (index === 0 ? first : indent) + line);
}

/** Words in wrapped lines behind an indentation; nothing for no words. */
export function wordList(words: readonly string[], indent: number, width: number): string[] {
  return words.length === 0 ? [] : hanging(' '.repeat(indent), joined(words, ' '), width);
}
