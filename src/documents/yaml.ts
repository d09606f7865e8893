/** YAML 1.2, of which JSON is a part. The one file that knows the package yaml. */
import { Composer, type CST, type Document, isNode, LineCounter, Parser } from 'yaml';
import { type DocumentPath, type TextDocument, TextSyntaxError } from './text-document.ts';

/** Aliases of one document; stops the ones that double at each of forty levels. */
const MOST_ALIASES = 100;
/** Lists and objects inside one another; stops the ones that are nested deeper than the stack of the composer, which the process would not survive. */
const DEEPEST = 128;

/**
 * The documents of a text, in order; anchors and aliases are resolved, tags of languages are not.
 *
 * @throws TextSyntaxError when it is not YAML, names a key twice, expands without end, or nests more than 128 values
 * @see https://yaml.org/spec/1.2.2/
 */
export function parseYaml(text: string): TextDocument[] {
  const lineCounter = new LineCounter();
  return composed(text, lineCounter).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new TextSyntaxError(firstLine(error.message), lineCounter.linePos(error.pos[0]).line);
    const lineOf = (path: DocumentPath): number | null => {
      for (let length = path.length; length >= 0; length--) {
        const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line;
      }
      return null;
    };
    try {
      return { value: document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown, lineOf };
    } catch (error) {
      throw new TextSyntaxError(error instanceof Error ? firstLine(error.message) : String(error), null);
    }
  });
}

/** The parser keeps its own stack; the composer calls itself, so it gets no token that is nested too deeply. */
function composed(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const tokens: CST.Token[] = [];
  for (const token of new Parser(lineCounter.addNewLine).parse(text)) {
    const tooDeep = nestedDeeper(token);
    if (tooDeep !== null) {
      const { line } = lineCounter.linePos(tooDeep.offset);
      throw new TextSyntaxError(`values are nested more than ${DEEPEST} deep`, line);
    }
    tokens.push(token);
  }
  const composer = new Composer({ lineCounter, prettyErrors: false, uniqueKeys: true, logLevel: 'silent' });
  return [...composer.compose(tokens)] as Document.Parsed[];
}

/** The first collection in a token that stands deeper than allowed, or null. */
function nestedDeeper(root: CST.Token): CST.Token | null {
  const left: { readonly token: CST.Token; readonly depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { token, depth } = next;
    if (token.type === 'document') {
      if (token.value !== undefined) left.push({ token: token.value, depth });
    } else if ('items' in token) {
      if (depth === DEEPEST) return token;
      for (const { key, value } of token.items) {
        for (const inner of [key, value])
          if (inner !== null && inner !== undefined) left.push({ token: inner, depth: depth + 1 });
      }
    }
  }
  return null;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? message;
}
