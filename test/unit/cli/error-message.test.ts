import { describe, expect, test } from 'vitest';
import { documentErrorLine, errorMessage, warningLine } from '../../../src/cli/error-message.ts';
import { CkptError, UsageError } from '../../../src/errors.ts';

describe('errorMessage', () => {
  test('says what was expected and found, and where', () => {
    const error = new CkptError(
      'unknown-kind',
      { layer: 'wire', file: 'a.state', offset: 8214, path: 'g1r12.vmas' },
      { expected: 'an object kind', found: '0x3f', hint: 'Save it again' },
    );
    expect(errorMessage(error, false)).toEqual({
      text: 'ckpt: a.state: expected an object kind, found 0x3f at offset 8214 (g1r12.vmas). Save it again.\n',
      exitCode: 3,
    });
  });

  test('names the layer when there is no file', () => {
    const error = new CkptError('bad-host', { layer: 'host', line: 3 }, { expected: 'x', found: 'y' });
    expect(errorMessage(error, false).text).toBe('ckpt: host: expected x, found y at line 3.\n');
  });

  test('escapes what comes from the input', () => {
    const error = new CkptError('not-found', { layer: 'file', file: '\x1b]0;x\x07' }, { expected: '\u202e', found: '\n' });
    expect(errorMessage(error, false).text).toBe('ckpt: \\x1b]0;x\\x07: expected \\u202e, found \\n.\n');
    expect(warningLine('\x1b')).toBe('ckpt: warning: \\x1b\n');
  });

  test('wrong usage', () => {
    expect(errorMessage(new UsageError('name one image'), false)).toEqual({ text: 'ckpt: name one image\n', exitCode: 2 });
  });

  test.each([new TypeError('x is not a function'), 'a string', undefined])('anything else is a defect: %s', (error) => {
    const { text, exitCode } = errorMessage(error, false);
    expect(exitCode).toBe(70);
    expect(text).toMatch(/^ckpt: this is a defect in ckpt: .*\nPlease report it /);
    expect(text).not.toContain('    at ');
  });

  test('a defect shows its place on demand', () => {
    expect(errorMessage(new Error('x'), true).text).toContain('    at ');
  });

  test('entries of documents read the same', () => {
    expect(documentErrorLine({ host: 'a', layer: 'host', message: 'host: expected x, found y' })).toBe(
      'ckpt: a: expected x, found y.\n',
    );
  });
});
