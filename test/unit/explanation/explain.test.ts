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

  it.each([
    'feature.node.kubernetes.io/cpu-cpuid.AVX512F',
    'cpu-cpuid.AVX512F=true',
    'ckpt.feature.node.kubernetes.io/cpu.avx512f',
    'cpu-feature.node.kubevirt.io/avx512f',
  ])('is found in the label %s', async (label) => {
    expect((await explain([label])).answers).toMatchObject([{ kind: 'feature', given: label, features: [{ name: 'avx512f' }] }]);
  });

  it('is not found in other labels', async () => {
    const labels = [
      'feature.node.kubernetes.io/avx512f',
      'x/avx512f',
      'cpu-cpuid.',
      'cpu-cpuid.NOTHING',
      'cpu-cpuid.AVX512F=maybe',
    ];
    expect((await explain(labels)).answers.map(({ kind }) => kind)).toEqual(labels.map(() => 'unknown'));
  });

  it('brings its state, its machines and its traps', async () => {
    const [answer] = (await explain(['avx512f'])).answers;
    expect(answer).toMatchObject({ features: [{ components: ['opmask', 'ZMM_Hi256', 'Hi16_ZMM'], impact: 'instruction' }] });
    const text = renderExplainText(await explain(['avx512f']), PLAIN);
    expect(text).toContain('AMD: Zen 4 and later');
    expect(text).toContain('CKPT2004');
  });
});

describe('a state of XSAVE', () => {
  it('says what brings it and when it counts', async () => {
    const { answers } = await explain(['opmask', 'hi16_zmm', 'PKRU', 'XTILEDATA', 'CET_U']);
    expect(answers).toMatchObject([
      { kind: 'state', name: 'opmask', bit: 5, features: ['avx512f'], meaning: expect.stringContaining('CKPT1801') },
      { kind: 'state', name: 'Hi16_ZMM', bit: 7, features: ['avx512f'] },
      { kind: 'state', name: 'PKRU', bit: 9, features: ['pku'], meaning: expect.stringContaining('release-20260216.0') },
      { kind: 'state', name: 'XTILEDATA', bit: 18, features: ['amx_tile'], meaning: expect.stringContaining('2024-01-17') },
      { kind: 'state', name: 'CET_U', features: [], meaning: expect.stringContaining('never in the state') },
    ]);
    expect(renderExplainText(await explain(['opmask']), PLAIN)).toMatch(
      /^opmask: AVX-512 mask registers k0 to k7 \(a state component of XSAVE\)\n {2}bit {9}5 of XCR0 and XSTATE_BV\n/,
    );
    expect(renderExplainMarkdown(await explain(['opmask']))).toContain('### `opmask`: AVX-512 mask registers');
  });

  it('gives way to the feature of the same name', async () => {
    expect((await explain(['AVX', 'sse', 'x87'])).answers.map(({ kind }) => kind)).toEqual(['feature', 'feature', 'feature']);
  });
});

describe('several files behind one --file', () => {
  it('are all logs, as a shell names them', async () => {
    const [a, b] = [file('a.log', 'statefile cannot be empty\n'), file('b.log', 'bad magic header\n')];
    const { answers } = await explain([b, 'avx'], [a]);
    expect(answers).toMatchObject([{ kind: 'feature' }, { kind: 'log', source: a }, { kind: 'log', source: b }]);
    expect((await explain([b])).answers).toMatchObject([{ kind: 'unknown' }]);
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

describe('what runsc of 2022 and 2024 say of an image whose networking is not that of the host', () => {
  it.each([
    'error executing callbacks: interface conversion: interface {} is nil, not *stack.Stack:',
    "error executing callbacks for netstack.Stack{Stack:(*stack.Stack)(nil)}: can't restore without netstack/tcpip/stack.Stack",
  ])('%s', async (line) => {
    expect((await explain([line])).answers).toMatchObject([
      { kind: 'log', findings: [{ id: 'network-stack-missing', gate: 'network', role: 'cause' }] },
    ]);
  });

  it('a helper that ends with the sandbox is no cause', async () => {
    const log = file('gofer.log', 'unable to read from the sync descriptor: 0, error EOF\nstatefile cannot be empty\n');
    const { answers } = await explain([], [log]);
    expect(answers).toMatchObject([
      { findings: [{ id: expect.stringMatching(/empty/), role: 'cause' }, {}], notUnderstood: { count: 0 } },
    ]);
  });
});
