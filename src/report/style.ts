/** Colours of the text for people. */

/** Marks up text that is already escaped; without colour every function returns its text as it is. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly open: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** How a text is to look. */
export interface TextOptions {
  readonly color: boolean;
  /** Columns to fill. Information is wrapped, never cut. */
  readonly width: number;
}

/** @see ECMA-48, 8.3.117 (SGR) */
export function styleFor({ color }: Pick<TextOptions, 'color'>): Style {
  const mark =
    (code: string) =>
    (text: string): string =>
      color && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: mark('32'), bad: mark('1;31'), open: mark('33'), strong: mark('1'), faint: mark('2') };
}
