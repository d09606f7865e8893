import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explain, explained } from '../../../src/explain.ts';
import { LONGEST_LINE } from '../../../src/io/text-lines.ts';
import { renderExplainMarkdown } from '../../../src/report/explain-markdown.ts';
import { renderExplainText } from '../../../src/report/explain-text.ts';

const PLAIN = { color: false, width: 100, all: true };
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ckpt-explain-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}

describe('a flag', () => {
  it.each(['clfushopt', 'clflushopt', 'CLFLUSHOPT', ' clflushopt '])('%j', async (name) => {
    const [answer] = (await explain([name])).answers;
    expect(answer).toMatchObject({
      kind: 'feature',
      features: [
        {
          name: 'clfushopt',
          place: { leaf: '0x7', subleaf: '0x0', register: 'EBX', bit: 23 },
          number: 87,
          block: 2,
          linuxName: 'clflushopt',
        },
      ],
    });
  });

  it.each([
    ['avx512ifma', '0x7', 'EBX', 21],
    ['pcommit', '0x7', 'EBX', 22],
    ['avx_vnni', '0x7', 'EAX', 4],
    ['clzero', '0x80000008', 'EBX', 0],
  ])('%s is not compared', async (name, leaf, register, bit) => {
    expect((await explain([name])).answers).toMatchObject([{ features: [{ compared: false, place: { leaf, register, bit } }] }]);
  });

  it('of both architectures is told twice', async () => {
    const [answer] = (await explain(['aes'])).answers;
    expect(answer).toMatchObject({ features: [{ arch: 'amd64' }, { arch: 'arm64', place: { register: 'AT_HWCAP', bit: 3 } }] });
  });

  it('brings its state, its machines and its traps', async () => {
    const [answer] = (await explain(['avx512f'])).answers;
    expect(answer).toMatchObject({ features: [{ components: ['opmask', 'ZMM_Hi256', 'Hi16_ZMM'], impact: 'instruction' }] });
    const text = renderExplainText(await explain(['avx512f']), PLAIN);
    expect(text).toContain('AMD: Zen 4 and later');
    expect(text).toContain('CKPT2004');
  });
});

describe('names', () => {
  it('come several in one, with commas or spaces', async () => {
    expect((await explain(['avx512f,mpx CKPT1601'])).answers.map(({ kind }) => kind)).toEqual(['feature', 'feature', 'reason']);
  });

  it('that nothing has are told with near ones, and with the file that has the name', async () => {
    const document = await explain(['avx512ff', 'CKPT1603', file('runsc.log', 'x')]);
    expect(document.answers).toMatchObject([
      { kind: 'unknown', near: expect.arrayContaining(['avx512f']) },
      { kind: 'unknown', near: ['CKPT1601', 'CKPT1602'] },
      { kind: 'unknown', hint: expect.stringContaining('ckpt explain --file') },
    ]);
    expect(explained(document)).toBe('unknown-name');
    expect(renderExplainText(document, PLAIN)).toBe('');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'exit __proto__', '\0', 'a'.repeat(100_000)])(
    '%.20j is unknown',
    async (name) => {
      const document = await explain([name]);
      expect(explained(document)).not.toBe('yes');
    },
  );

  it('of exit codes', async () => {
    expect((await explain(['exit 4', 'exit code 128'])).answers).toMatchObject([{ code: '4' }, { code: '128' }]);
  });
});

describe('a line without quotes', () => {
  it('is put together again', async () => {
    const words =
      'starting container: restoring container "x": incompatible FeatureSet: missing features: map[avx512f:{} mpx:{}]'.split(' ');
    const document = await explain(words);
    expect(document.answers).toMatchObject([{ kind: 'log', findings: [{ id: 'missing-features' }] }]);
  });
});

describe('a log', () => {
  it('is read from a file, whatever its size and its line ends', async () => {
    const noise = 'I1123 16:53:26.867947   19874 main.go:196] nothing\r\n'.repeat(100_000);
    const path = file('big.log', `${noise}${'x'.repeat(LONGEST_LINE * 6)}\r\nobject missing\r\n`);
    const document = await explain([], [path]);
    expect(document.answers).toMatchObject([{ lines: 100_002, findings: [{ id: 'object-missing', lines: [100_002] }] }]);
  });

  it('with nothing known says so', async () => {
    const document = await explain([], [file('other.log', 'all is well\n'), file('empty.log', '')]);
    expect(explained(document)).toBe('unknown-log');
    const text = renderExplainText(document, PLAIN);
    expect(text).toContain('Nothing in it is a message that ckpt knows.');
    expect(text).toContain('There is nothing in it.');
  });

  it.each([
    ['an image', () => 'gVisorSF......', 'a checkpoint image'],
    ['gzip', () => gzipSync('x'), 'gzip'],
  ])('that is %s is refused', async (name, content, found) => {
    await expect(explain([], [file(name, content())])).rejects.toMatchObject({
      code: 'unknown-format',
      message: expect.stringContaining(found),
    });
  });

  it('that is a directory or missing is refused', async () => {
    await expect(explain([], [directory])).rejects.toMatchObject({ code: 'not-a-regular-file' });
    await expect(explain([], [join(directory, 'none')])).rejects.toMatchObject({ code: 'not-found' });
  });

  it('cannot command a terminal or a web page', async () => {
    const evil = 'opening state file "\x1b[2Jx\u202e<script>@team|`" failed: \x07no';
    const document = await explain([], [file('evil.log', `${evil}\nfailed \x1b]0;title\x07\n`)]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(renderExplainText(document, PLAIN)).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
    const markdown = renderExplainMarkdown(document);
    expect(markdown.replaceAll(/`+[^`]*`+/g, '')).not.toContain('<script>');
  });

  it('dates the fields of a refused type', async () => {
    const [answer] = (
      await explain(['type "pkg/cpuid.hwCap" contains different fields: [hwCap1] (decode) and [hwCap1 hwCap2] (encode)'])
    ).answers;
    expect(answer).toMatchObject({
      findings: [
        {
          gate: 'object-graph',
          fields: { onlyInImage: ['hwCap2'], onlyInRunsc: [], imageReleases: [{ from: 'release-20230227.0', to: null }] },
        },
      ],
    });
  });
});
