/** The elements of an XML document, without their text. The one file that knows the package saxes. */
import { SaxesParser } from 'saxes';
import { TextSyntaxError } from './text-document.ts';

/** A start tag. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** 1-based. */
  readonly line: number;
  /** Elements around it: 0 for the root. */
  readonly depth: number;
}

/** Elements of one document: a host description has some hundred. */
const MOST_ELEMENTS = 65_536;

/**
 * The elements of a well-formed document, in order, at most 65536. No entities but those of XML itself are known, so that nothing expands.
 *
 * @throws TextSyntaxError
 */
export function readXmlElements(text: string): XmlElement[] {
  const elements: XmlElement[] = [];
  const parser = new SaxesParser();
  let depth = 0;
  parser.on('error', (error) => {
    throw new TextSyntaxError(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''), parser.line);
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (elements.length === MOST_ELEMENTS) throw new TextSyntaxError(`more than ${MOST_ELEMENTS} elements`, parser.line);
    elements.push({ name, attributes, line: parser.line, depth });
    depth++;
  });
  parser.on('closetag', () => {
    depth--;
  });
  parser.write(text).close();
  return elements;
}
