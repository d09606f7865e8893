/** Lines of a label and a text. */
import { escapeText } from './escape.ts';
import { hanging } from './wrap.ts';

const LABEL_COLUMNS = 12;

/** `  meaning     text`, wrapped; the text is escaped here. */
export function labelled(label: string, text: string, width: number): string[] {
  return hanging(`  ${label.padEnd(Math.max(LABEL_COLUMNS, label.length + 1))}`, escapeText(text), width);
}
