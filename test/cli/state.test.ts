/** `ckpt state types|get|find|tree`: what people see, documents by their schemas, and what is not shown. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, writeImage } from '../support/image-builder.ts';
import { ckpt, ROOT, transcript, ZEN5 } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const IDLE_2022 = 'fixtures/images/2022-12/idle/checkpoint.img';
const SH_2024 = 'fixtures/images/2024-10/sh.state';
const ARM64 = 'fixtures/images/2026-08/arm64-cortex-a57.state';
const schema = (name: string) =>
  new Ajv2020({ allErrors: true }).compile(
    strictSchema(JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}@1.schema.json`), 'utf8'))) as object,
  );

const QUESTIONS: readonly (readonly [document: string, args: readonly string[]])[] = [
  ['state-types', []],
  ['state-get', ['kernel']],
  ['state-get', ['kernel.tasks', '--depth', '6']],
  ['state-get', ['cpu', '--depth', '3', '--all']],
  ['state-find', ['--type', 'kernel.Task']],
  ['state-find', ['--type', 'kernel.Task', '--show', 'image.Name,containerID', '--all']],
  ['state-tree', []],
  ['state-tree', ['kernel.tasks', '--depth', '5', '--all']],
];

describe.each(QUESTIONS)('%s@1 of %j', (name, args) => {
  const isDocument = schema(name);
  test.each([ZEN5, IDLE_2022, SH_2024, ARM64])('holds for %s', (image) => {
    const { stdout, code } = ckpt([...name.split('-'), image, ...args, '--json']);
    const document = JSON.parse(stdout);
    expect(isDocument(document), JSON.stringify(isDocument.errors?.slice(0, 3))).toBe(true);
    expect(code).toBe(0);
    expect(document.damage).toBeNull();
  });

  test('holds for a damaged image from standard input', () => {
    const input = readFileSync(join(ROOT, ZEN5)).subarray(0, 100_000);
    const { stdout, stderr, code } = ckpt([...name.split('-'), '-', ...args, '--json'], { input });
    const document = JSON.parse(stdout);
    expect(isDocument(document), JSON.stringify(isDocument.errors?.slice(0, 3))).toBe(true);
    const behind = args[0] !== 'cpu';
    expect([code, document.damage?.code]).toEqual(behind ? [3, 'truncated'] : [0, undefined]);
    expect(stderr.startsWith('ckpt: -: expected')).toBe(behind);
  });
});

describe('a person', () => {
  test.each([
    ['state-types', ['state', 'types', SH_2024]],
    ['state-get', ['state', 'get', ZEN5, 'kernel.featureSet.hwCap']],
    ['state-get-map', ['state', 'get', ZEN5, 'kernel.tasks.Root.tids']],
    ['state-get-nearest', ['state', 'get', ZEN5, 'kernel.tasks.Rot']],
    ['state-get-other-case', ['state', 'get', ZEN5, 'kernel.tasks.ROOT.TIDS']],
    ['state-get-beginning', ['state', 'get', ZEN5, '/kernel/tasks']],
    ['state-find-near-type', ['state', 'find', ZEN5, '--type', 'Tsk']],
    ['state-find-no-such-part', ['state', 'find', ZEN5, '--type', 'Task', '--where', 'image.Nam=sh']],
    [
      'state-find',
      ['state', 'find', ZEN5, '--type', 'Task', '--where', 'image.Name=sh', '--show', 'image.Name,containerID,startTime.ns'],
    ],
    ['state-find-none', ['state', 'find', ZEN5, '--type', 'kernel.SessionList']],
    ['state-find-fields', ['state', 'find', ZEN5, '--type', 'kernel.PIDNamespace']],
    ['state-tree', ['state', 'tree', ZEN5, 'kernel.tasks', '--depth', '3']],
    ['help-state', ['state', '--help']],
    ['help-state-get', ['state', 'get', '--help']],
  ])('sees %s', async (name, args) => {
    await expect(transcript(args)).toMatchFileSnapshot(`goldens/${name}.txt`);
  });

  test.each([
    [['get', ZEN5]],
    [['get', ZEN5, 'a', 'b']],
    [['get', ZEN5, 'kernel', '--depth', '101']],
    [['get', ZEN5, 'kernel', '--depth', 'x']],
    [['get', ZEN5, 'kernel.[']],
    [['find', ZEN5]],
    [['find', ZEN5, '--type', 'Task', '--where', 'x']],
    [['find', ZEN5, '--type', 'Task', '--where', 'x=1']],
    [['tree']],
  ])('who asks %j is told what is wrong', (args) => {
    const { stdout, stderr, code } = ckpt(['state', ...args]);
    expect([stdout, code, stderr.split('\n').length]).toEqual(['', 2, 2]);
  });
});

describe('nothing', () => {
  const HOSTILE = 'a\x1b[31mred\x07\u202egpj\u2028x\x9b2J\r';
  const ACTS = /[^\P{C}\n]|[\u2028\u2029]/u;
  let dir = '';
  let image = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ckpt-state-'));
    image = join(dir, 'image');
    const spec = { process: { args: [HOSTILE], env: [`NAME=secret${HOSTILE}`] } };
    writeImage(
      image,
      buildImage({
        containerSpecs: { [HOSTILE]: spec, plain: { process: { env: ['NAME=secret'] } } },
        versionIn: 'kernel',
        runscVersion: 'release-20250101.0',
        containerNames: { test: HOSTILE },
        processes: [{ pid: 1, name: HOSTILE, containerId: 'test' }],
      }),
    );
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const ALL: readonly (readonly string[])[] = [
    ['types'],
    ['get', 'kernel', '--depth', '100', '--all'],
    ['get', 'kernel', '--depth', '100', '--json'],
    ['find', '--type', 'Task'],
    ['find', '--type', 'Task', '--show', 'image.Name'],
    ['tree', 'kernel', '--depth', '100', '--all'],
    ['get', `kernel.${HOSTILE}`],
    ['get', `kernel.containerNames.${HOSTILE}`],
    ['find', '--type', HOSTILE],
  ];

  test.each(ALL)('of an image acts on the terminal: %j', (command, ...args) => {
    const { stdout, stderr } = ckpt(['state', command ?? '', image, ...args]);
    expect(stdout + stderr).not.toMatch(ACTS);
  });

  test.each(ALL)('of the environment is shown unasked: %j', (command, ...args) => {
    const { stdout, stderr } = ckpt(['state', command ?? '', image, ...args]);
    expect(stdout + stderr).not.toMatch(/secret|736563726574/);
  });

  test('is hidden that was asked for', () => {
    const asked = ckpt(['state', 'get', image, 'kernel.additionalCheckpointState', '--depth', '100', '--show-env']);
    expect(asked.stdout).toContain('NAME=secret');
    const unasked = ckpt(['state', 'get', image, 'kernel.additionalCheckpointState', '--depth', '100']);
    expect(unasked.stdout).toContain('NAME=<hidden>');
    expect(unasked.stderr).toBe('ckpt: warning: values of environment variables are hidden; --show-env shows them\n');
  });
});

const KITCHEN = '../shared/fixtures/images/20260817/kitchen/image';
const shared = existsSync(join(ROOT, KITCHEN));
if (!shared) console.warn('../shared/fixtures is absent: the kitchen is not looked into.');

describe.skipIf(!shared)('the kitchen', () => {
  test('answers what the issue asks', () => {
    const maps = JSON.parse(
      ckpt(['state', 'find', KITCHEN, '--type', 'mm.MemoryManager', '--show', 'vmas.root[3].Start', '--json']).stdout,
    );
    const [{ path, value }] = maps.matches;
    const { stdout } = ckpt(['state', 'get', KITCHEN, `${path}.vmas.root[3]`]);
    expect(JSON.parse(stdout)).toMatchObject({ $type: 'pkg/sentry/mm.vmaFlatSegment', Start: value['vmas.root[3].Start'] });
    const names = ckpt([
      'state',
      'find',
      KITCHEN,
      '--type',
      'pkg/sentry/kernel.Task',
      '--where',
      'image.Name=worker two',
      '--json',
    ]);
    expect(JSON.parse(names.stdout).count).toBe(1);
  });

  test('keeps its secret', () => {
    for (const args of [
      ['get', KITCHEN, 'kernel', '--depth', '100', '--all'],
      ['tree', KITCHEN, '--depth', '100', '--all'],
      ['find', KITCHEN, '--type', 'kernel.Task', '--depth', '9'],
    ])
      expect(ckpt(['state', ...args]).stdout).not.toContain('hunter2');
  });
});
