import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { htmlCode, markdownCode, markdownFence, markdownTable, markdownText } from '../../../src/report/markdown.ts';
import { HOSTILE_NAMES } from '../../support/check-documents.ts';

/** What is left when everything inert is taken away: escaped characters, entities of `&`, and breaks. */
const inert = (markdown: string): string => markdown.replace(/\\[!-/:-@[-`{-~]|&amp;|<!-- -->/g, '·');

describe('text in Markdown', () => {
  test.each([
    ['a*b_c', 'a\\*b\\_c'],
    ['<script>', '\\<script\\>'],
    ['@octocat', '@<!-- -->octocat'],
    ['me@evil.example', 'me@<!-- -->evil.example'],
    ['#123 GH-123', '\\#<!-- -->123 GH<!-- -->\\-123'],
    ['https://x.example', 'https:<!-- -->//x.example'],
    ['www.x.example', 'www<!-- -->.x.example'],
    ['!4 $1 %2 &3 ~bug ^a', '\\!<!-- -->4 \\$<!-- -->1 %<!-- -->2 &amp;<!-- -->3 \\~<!-- -->bug \\^<!-- -->a'],
    [':tada:', ':<!-- -->tada:'],
    ['&lt;b&gt;', '&amp;<!-- -->lt;b&amp;<!-- -->gt;'],
    ['a\\|b', 'a\\\\\\|b'],
    ['one\ntwo', 'one\\\\ntwo'],
  ])('%j is %j', (text, markdown) => {
    expect(markdownText(text)).toBe(markdown);
  });

  test.each([...HOSTILE_NAMES])('holds no markup and no reference: %j', (name) => {
    const left = inert(markdownText(name));
    expect(left).not.toMatch(/[`*_[\]()#!|<>~^$\\\r\n]/);
    expect(left).not.toMatch(/@\w|:\/\/|www\.|GH-\d|:\w+:/i);
  });

  test('is one line without markup for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(inert(markdownText(text))).not.toMatch(/[`*_[\]()#!|<>~^$\\\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('code in Markdown', () => {
  test.each([
    ['a-b_c.state', '`a-b_c.state`'],
    ['a|b', '<code>a&#124;b</code>'],
    ['a`b', '<code>a&#96;b</code>'],
    ['\\|@octocat', '<code>&#92;&#124;&#64;<!-- -->octocat</code>'],
    ['', '<code></code>'],
    [' ', '<code> </code>'],
    ['@octocat <b>', '`@octocat <b>`'],
  ])('%j is %j', (text, markdown) => {
    expect(markdownCode(text)).toBe(markdown);
  });

  test('ends nowhere before its end, and divides no cell, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE_NAMES)), (text) => {
        const code = markdownCode(text);
        const span = /^`[^`|\\\r\n]+`$/.test(code);
        expect(span || /^<code>(?:[A-Za-z0-9 ]|&#\d+;|<!-- -->)*<\/code>$/.test(code)).toBe(true);
        expect(htmlCode(text)).toMatch(/^<code>(?:[A-Za-z0-9 ._/:,=-]|&#\d+;|<!-- -->)*<\/code>$/);
        expect(markdownTable(['a'], [[code]]).split('\n')).toHaveLength(4);
      }),
    );
  });

  test('in a block is ended by no line of its own', () => {
    const block = markdownFence(['```', '````', '</details>']);
    expect(block).toBe('`````\n```\n````\n</details>\n`````\n');
    expect(markdownFence(['x=y'])).toBe('```\nx=y\n```\n');
    expect(markdownFence(['a\n```'])).toBe('````\na\\n```\n````\n');
  });
});
