/** The document `ckpt/specs@1` for people: which specs were written. */
import type { SpecsDocument } from '../write-specs.ts';
import { escapeText } from './escape.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';

/** Renders the document. */
export function renderSpecsText({ specs, output }: SpecsDocument, options: TextOptions): string {
  const style = styleFor(options);
  const lines = [
    `${style.strong(`${countOf(specs.length, 'spec')} written`)}${output === null ? '' : ` to ${escapeText(output)}`}`,
  ];
  for (const { container, path, bytes } of specs)
    lines.push(`  ${escapeText(container)}: ${path === null ? '' : `${escapeText(path)}, `}${byteSize(bytes, 'short')}`);
  return `${lines.join('\n')}\n`;
}
