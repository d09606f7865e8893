/** Documents of text whose values know the line that they stand on. */

/** A way to a value: keys of objects and indexes of lists. */
export type DocumentPath = readonly (string | number)[];

/** One document out of a text. */
export interface TextDocument {
  /** Plain values: objects, lists, strings, numbers, booleans, null. */
  readonly value: unknown;
  /** The line (1-based) of the value at a path, or of the nearest one around it; null when the document says nothing of lines. */
  readonly lineOf: (path: DocumentPath) => number | null;
}

/** A text that breaks the rules of its language. */
export class TextSyntaxError extends Error {
  override readonly name = 'TextSyntaxError';
  /** 1-based; null when it is not known. */
  readonly line: number | null;

  constructor(message: string, line: number | null) {
    super(message);
    this.line = line;
  }
}

/** Whether a value of a document is an object with keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A path as people write it: `spec.features[2].name`. */
export function pathText(path: DocumentPath): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('');
}
