/** The JSON documents: valid by their schemas, in the order of the contract, the same for everybody. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ckpt, HASWELL, ON_MILAN, ON_TURIN, ROOT, ZEN5 } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const ajv = new Ajv2020({ allErrors: true });
const published = (name: string): object => JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8'));
const schema = (name: string) => ajv.compile(strictSchema(published(name)) as object);
const isCheck = schema('check@1');
const isImage = schema('image@1');
const isHost = schema('host@1');
const isHostDiff = schema('host-diff@1');
const isDiff = schema('diff@1');
const isStateSchema = schema('state-schema@1');

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-documents-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Directories and state files below a folder that are images. */
function imagesBelow(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries
    .filter(({ name }) => name === 'checkpoint.img' || name.endsWith('.state'))
    .map((entry) => (entry.name === 'checkpoint.img' ? entry.parentPath : join(entry.parentPath, entry.name)))
    .map((path) => path.slice(ROOT.length + 1))
    .sort();
}

const OWN_IMAGES = imagesBelow('fixtures/images');
const OWN_HOSTS = readdirSync(join(ROOT, 'fixtures/hosts')).flatMap((host) =>
  readdirSync(join(ROOT, 'fixtures/hosts', host)).map((file) => `fixtures/hosts/${host}/${file}`),
);
const everyHost = OWN_HOSTS.flatMap((host) => ['--host', host]);

describe('check@1', () => {
  test('holds for every image of the fixtures on every host', () => {
    const { stdout } = ckpt(['check', ...OWN_IMAGES, ...everyHost, '--json']);
    const document = JSON.parse(stdout);
    expect(isCheck(document), JSON.stringify(isCheck.errors?.slice(0, 3))).toBe(true);
    expect(document.errors).toEqual([]);
    const pairs = OWN_IMAGES.flatMap((image) => OWN_HOSTS.map((host) => [image, host]));
    expect(
      document.results.map((result: { image: { path: string }; host: { name: string } }) => [
        result.image.path,
        result.host.name,
      ]),
    ).toEqual(pairs);
  });

  test('has its fields in the order of the contract and ends with one newline', () => {
    const { stdout } = ckpt(['check', ZEN5, 'fixtures/nothing', ...ON_MILAN, '--json']);
    expect(stdout.endsWith('}\n')).toBe(true);
    const document = JSON.parse(stdout);
    expect(Object.keys(document)).toEqual(['schema', 'tool', 'verdict', 'results', 'errors']);
    const [result] = document.results;
    expect(Object.keys(result)).toEqual(
      'image host rules verdict relation firstFailure runscError missingFeatures unknownFeatures gates advice'.split(' '),
    );
    expect(Object.keys(result.image)).toEqual('path runscVersion arch createdAt compression'.split(' '));
    expect(Object.keys(result.host)).toEqual('name source evidence arch runscVersion'.split(' '));
    expect(result.gates.map((gate: { id: string }) => gate.id)).toEqual([
      ...['image-readable', 'container-count', 'container-specs', 'runsc-version', 'oci-spec', 'network', 'gpu', 'page-size'],
      ...['cpu-arch', 'cpu-features', 'cache-line', 'object-graph', 'fpu-state', 'host-files', 'pages'],
    ]);
    expect(document.errors).toEqual([
      { image: 'fixtures/nothing', code: 'not-found', message: expect.any(String), layer: 'file' },
    ]);
    expect(document.verdict).toBe('blocked');
  });

  test('is refused by its schema when something in it is wrong', () => {
    const document = JSON.parse(ckpt(['check', ZEN5, ...ON_MILAN, '--json']).stdout);
    const broken = [
      { ...document, verdict: 'maybe' },
      { ...document, more: 1 },
      { ...document, results: [{ ...document.results[0], gates: document.results[0].gates.slice(1) }] },
      { ...document, errors: [{ code: 'x', message: 'x', layer: 'x' }] },
    ];
    expect(broken.map((one) => isCheck(one))).toEqual([false, false, false, false]);
  });

  test('holds with specs that differ or cannot be read', () => {
    const specs = ['--spec', 'fixtures/specs/sh-changed.json', '--spec', 'fixtures/README.md'];
    const run = ckpt(['check', HASWELL, ...ON_TURIN, ...specs, '--network', 'host', '--json']);
    const document = JSON.parse(run.stdout);
    expect(run.code).toBe(3);
    expect(isCheck(document), JSON.stringify(isCheck.errors)).toBe(true);
    expect(document.errors).toMatchObject([{ spec: 'fixtures/README.md', code: 'bad-spec', layer: 'spec' }]);
    const reason = document.results[0].gates.find(({ id }: { id: string }) => id === 'oci-spec').reasons[0];
    expect(reason.details.differences).toContainEqual({ field: 'process.noNewPrivileges', saved: 'false', given: 'true' });
    expect(run.stdout).not.toContain('GREETING');
  });

  test('answers the other pairs when an image and a host cannot be read', () => {
    const run = ckpt([
      'check',
      ZEN5,
      'fixtures/README.md',
      HASWELL,
      ...ON_TURIN,
      '--host',
      'fixtures/README.md',
      ...ON_MILAN,
      '--json',
    ]);
    const document = JSON.parse(run.stdout);
    expect(run.code).toBe(3);
    expect(isCheck(document), JSON.stringify(isCheck.errors)).toBe(true);
    expect(document.results).toHaveLength(4);
    expect(document.errors.map((error: { image?: string; host?: string }) => error.image ?? `host ${error.host}`)).toEqual([
      'fixtures/README.md',
      'host fixtures/README.md',
    ]);
    expect(run.stderr.split('\n').filter((line) => line.startsWith('ckpt: fixtures/README.md: expected '))).toHaveLength(2);
  });

  test('takes a directory of hosts, sorted by name', () => {
    const { results } = JSON.parse(ckpt(['check', HASWELL, '--host', 'fixtures/hosts/turin', '--json']).stdout);
    expect(results.map((result: { host: { name: string } }) => result.host.name)).toEqual(
      ['cpu-features.txt', 'cpuid.txt', 'cpuinfo.txt', 'lscpu.json', 'lscpu.txt'].map((file) => `fixtures/hosts/turin/${file}`),
    );
  });

  test('reads an image from standard input', () => {
    const input = readFileSync(join(ROOT, ZEN5));
    const { results } = JSON.parse(ckpt(['check', '-', ...ON_TURIN, '--json'], { input }).stdout);
    expect(results).toMatchObject([{ image: { path: '-' }, verdict: 'restorable' }]);
  });
});

describe('a published schema', () => {
  test('allows what a later version adds', () => {
    const isPublished = new Ajv2020().compile({ ...published('check@1'), $id: 'published' });
    const document = JSON.parse(ckpt(['check', ZEN5, ...ON_MILAN, '--json']).stdout);
    const [result] = document.results;
    const gates = [...result.gates, { id: 'phase-of-the-moon', outcome: 'pass', reasons: [], more: 1 }];
    const later = { ...document, more: 1, results: [{ ...result, gates, host: { ...result.host, source: 'labels', more: 1 } }] };
    expect(isPublished(later), JSON.stringify(isPublished.errors)).toBe(true);
    expect(isCheck(later)).toBe(false);
    expect(isPublished({ ...later, verdict: 'maybe' })).toBe(false);
  });

  // What people write is held to its schema by their editors, unlike what ckpt prints.
  const printed = readdirSync(join(ROOT, 'docs/schema')).filter((file) => file !== 'config@1.schema.json');
  test.each(printed.map((file) => file.replace('.schema.json', '')))('%s forbids no field, and is named by its file', (name) => {
    expect(published(name)).toMatchObject({ $id: `ckpt/${name}`, properties: { schema: { const: `ckpt/${name}` } } });
    expect(JSON.stringify(published(name))).not.toContain('"additionalProperties":false');
  });
});

describe('image@1', () => {
  test('holds CPUID answers as host@1 does', () => {
    const { cpu } = JSON.parse(ckpt(['inspect', ZEN5, '--section', 'cpu', '--json']).stdout);
    const { cpuid } = JSON.parse(ckpt(['host', 'show', 'fixtures/hosts/turin/cpuid.txt', '--json']).stdout);
    expect(cpu.leaves[0][1]).toBe('0x00');
    const form = (entry: string[]) => entry.map((word) => word.length);
    expect(form(cpu.leaves[0])).toEqual(form(cpuid[0]));
  });

  test.each(OWN_IMAGES)('holds for %s', (image) => {
    for (const more of [[], ['--section', 'summary,cpu'], ['--section', 'processes', '--show-env']]) {
      const { stdout, code } = ckpt(['inspect', image, '--json', ...more]);
      const document = JSON.parse(stdout);
      expect(code).toBe(0);
      expect(isImage(document), JSON.stringify(isImage.errors)).toBe(true);
    }
  });

  test('holds for a damaged image', () => {
    const run = ckpt(['inspect', '-', '--json'], { input: readFileSync(join(ROOT, ZEN5)).subarray(0, 100_000) });
    const document = JSON.parse(run.stdout);
    expect(isImage(document), JSON.stringify(isImage.errors)).toBe(true);
    expect(document.damage).toMatchObject({ code: 'truncated' });
    expect(run.code).toBe(3);
  });

  test('names environment variables and hides their values unless asked', () => {
    const hidden = ckpt(['inspect', ZEN5, '--json']).stdout;
    const shown = ckpt(['inspect', ZEN5, '--json', '--show-env']).stdout;
    expect(JSON.parse(hidden).containers[0].env).toContain('PATH');
    expect(JSON.parse(shown).containers[0].env.find((entry: string) => entry.startsWith('PATH='))).toMatch(/^PATH=.+/);
    expect(ckpt(['inspect', ZEN5, '--all']).stdout).not.toContain('/usr/bin:');
  });
});

describe('diff@1', () => {
  test('holds for pairs of images of every release', () => {
    const [first] = OWN_IMAGES;
    for (const image of OWN_IMAGES.slice(1)) {
      const { stdout, code } = ckpt(['diff', first ?? '', image, '--json']);
      expect(isDiff(JSON.parse(stdout)), JSON.stringify(isDiff.errors?.slice(0, 3))).toBe(true);
      expect(code).toBe(0);
    }
  });

  test('has its fields in the order of the contract, and names what differs', () => {
    const document = JSON.parse(ckpt(['diff', ZEN5, HASWELL, '--json']).stdout);
    expect(Object.keys(document)).toEqual(['schema', 'a', 'b', 'same', 'differences']);
    expect(Object.keys(document.a)).toEqual(['image', 'incomplete', 'unavailable', 'damage']);
    expect(Object.keys(document.differences[0])).toEqual(['section', 'change', 'subject', 'field', 'a', 'b']);
    expect(document.differences).toContainEqual(
      expect.objectContaining({ section: 'cpu', change: 'removed', subject: 'features', a: expect.arrayContaining(['vaes']) }),
    );
  });

  test('hides the values of environment variables', () => {
    const other = 'fixtures/images/2026-08/zen5-levelled-avx512-in-use.state';
    for (const format of [[], ['--json'], ['--all']])
      expect(ckpt(['diff', ZEN5, other, ...format]).stdout).not.toContain('/usr/bin:');
  });
});

describe('state-schema@1', () => {
  test.each(OWN_IMAGES)('holds for %s', (image) => {
    const { stdout, code } = ckpt(['state', 'schema', image, '--json']);
    expect(isStateSchema(JSON.parse(stdout)), JSON.stringify(isStateSchema.errors?.slice(0, 3))).toBe(true);
    expect(code).toBe(0);
  });
});

describe('the documents of hosts', () => {
  test.each(OWN_HOSTS)('host@1 holds for %s, shown and captured', (host) => {
    for (const command of ['show', 'capture']) {
      const { stdout } = ckpt(['host', command, host, ...(command === 'show' ? ['--json'] : [])]);
      expect(isHost(JSON.parse(stdout)), JSON.stringify(isHost.errors)).toBe(true);
    }
  });

  test('host@1 holds for the current host, and a profile gives the same verdict', () => {
    const profile = join(dir, 'here.json');
    expect(ckpt(['host', 'capture', '-o', profile])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(isHost(JSON.parse(readFileSync(profile, 'utf8')))).toBe(true);
    const [here, read] = ['current', profile].map(
      (host) => JSON.parse(ckpt(['check', ZEN5, '--host', `h=${host}`, '--json']).stdout).results[0],
    );
    expect(read.gates).toEqual(here.gates);
  });

  test('host-diff@1 holds', () => {
    const { stdout } = ckpt([
      'host',
      'diff',
      'fixtures/hosts/turin/cpuid.txt',
      'fixtures/hosts/qemu-arm64-max/cpuinfo.txt',
      '--json',
    ]);
    expect(isHostDiff(JSON.parse(stdout)), JSON.stringify(isHostDiff.errors)).toBe(true);
  });
});

describe('the documents of a policy', () => {
  /** The example of docs/policy.md in a project with an image and hosts as it names them. */
  function project(): string {
    const at = (name: string): string => join(dir, 'project', name);
    for (const folder of ['.git', 'images', 'hosts/spare']) mkdirSync(at(folder), { recursive: true });
    copyFileSync(join(ROOT, ZEN5), at('images/zen5.state'));
    copyFileSync(join(ROOT, 'fixtures/images/2026-08/zen5-levelled-avx512-in-use.state'), at('images/levelled-sh.state'));
    copyFileSync(join(ROOT, 'fixtures/hosts/qemu-Haswell/cpuid.txt'), at('hosts/spare/cpuid.txt'));
    const profile = ckpt(['host', 'capture', 'fixtures/hosts/turin/cpuid.txt']).stdout;
    writeFileSync(at('hosts/prod.json'), profile);
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/policy.md'), 'utf8')) ?? [];
    writeFileSync(at('ckpt.yaml'), example.replace(/expires: \S+/, 'expires: 9999-12-31'));
    return join(dir, 'project');
  }

  test('check@1 and accepted@1 hold for the example of docs/policy.md, and it fails no more once its findings are accepted', () => {
    const cwd = project();
    const before = ckpt(['check', '--json'], { cwd });
    const document = JSON.parse(before.stdout);
    expect(isCheck(document), JSON.stringify(isCheck.errors?.slice(0, 3))).toBe(true);
    expect(before.code).toBe(1);
    expect(document.policy).toMatchObject({ config: 'ckpt.yaml', outcome: 'fail', waivers: [{ id: 'OPS-17' }] });

    expect(ckpt(['check', '--baseline-write', '-q'], { cwd }).code).toBe(0);
    const accepted = JSON.parse(readFileSync(join(cwd, 'ckpt-baseline.json'), 'utf8'));
    const isAccepted = schema('accepted@1');
    expect(isAccepted(accepted), JSON.stringify(isAccepted.errors?.slice(0, 3))).toBe(true);
    expect(accepted.findings.length).toBeGreaterThan(0);

    const after = ckpt(['check', '--json'], { cwd });
    const passed = JSON.parse(after.stdout);
    expect(isCheck(passed), JSON.stringify(isCheck.errors?.slice(0, 3))).toBe(true);
    expect({ code: after.code, verdict: passed.verdict }).toEqual({ code: 0, verdict: 'blocked' });
  });
});

describe('destinations', () => {
  test('-o and --also write files, and standard output stays empty with -o', () => {
    const [text, json] = [join(dir, 'answer.txt'), join(dir, 'answer.json')];
    const plain = ckpt(['check', ZEN5, ...ON_MILAN]);
    const filed = ckpt(['check', ZEN5, ...ON_MILAN, '-o', text, '--also', `json=${json}`]);
    expect(filed).toEqual({ code: 1, stdout: '', stderr: '' });
    expect(readFileSync(text, 'utf8')).toBe(plain.stdout);
    expect(readFileSync(json, 'utf8')).toBe(ckpt(['check', ZEN5, ...ON_MILAN, '--json']).stdout);
  });

  test.each([
    [['-o', 'same', '--also', 'json=same']],
    [['-o', 'same', '--also', 'json=./same']],
    [['--also', 'json=same', '--also', 'text=same']],
    [['--also', 'json=-']],
    [['--format', 'text', '--json']],
  ])('%j is refused, and nothing is written', (args) => {
    const run = ckpt(['check', join(ROOT, ZEN5), '--host', join(ROOT, 'fixtures/hosts/turin/cpuid.txt'), ...args], { cwd: dir });
    expect(run).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/one document only|contradict/) });
    expect(existsSync(join(dir, 'same'))).toBe(false);
  });

  test('a text in a file holds the messages of unreadable inputs', () => {
    const text = join(dir, 'unreadable.txt');
    ckpt(['check', 'fixtures/nothing', ...ON_TURIN, '-o', text]);
    expect(readFileSync(text, 'utf8')).toContain('expected an existing file or directory');
  });

  test('the probe is an executable file', () => {
    const probe = join(dir, 'probe');
    expect(ckpt(['host', 'probe', '-o', probe])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(probe).subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  });
});

const SHARED = '../shared/fixtures/images';
const shared = existsSync(join(ROOT, SHARED));
if (!shared) console.warn('../shared/fixtures is absent: the documents of its images are not tested.');

describe.skipIf(!shared)('every image of ../shared', () => {
  test('has valid documents', () => {
    const root = join(ROOT, SHARED);
    const images = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('/checkpoint.img'))
      .map((path) => join(root, path, '..'));
    expect(images.length).toBeGreaterThan(50);
    const document = JSON.parse(ckpt(['check', ...images, ...ON_TURIN, '--json']).stdout);
    expect(isCheck(document), JSON.stringify(isCheck.errors?.slice(0, 3))).toBe(true);
    expect(document.results.length).toBeGreaterThanOrEqual(images.length - document.errors.length);
  }, 300_000);

  test('keeps the secret of the kitchen', () => {
    const kitchen = join(ROOT, SHARED, '20260817/kitchen/image');
    for (const args of [[], ['--all'], ['--json'], ['--show-env']])
      expect(ckpt(['inspect', kitchen, ...args]).stdout).not.toContain('hunter2-marker');
  });
});
