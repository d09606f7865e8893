import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { closestName } from '../../../src/closest-name.ts';
import { UsageError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';

const parse = (...argv: string[]) => parseArguments(argv, 80);

describe('check', () => {
  test('has defaults for everything', async () => {
    expect(await parse('check', 'a')).toEqual({
      command: 'check',
      images: ['a'],
      hosts: [],
      runscVersion: null,
      specs: [],
      specPolicy: null,
      network: null,
      addresses: [],
      routes: [],
      nvidiaDriver: null,
      gpus: null,
      tpus: null,
      rootfs: [],
      mounts: [],
      require: null,
      onUnknown: null,
      config: null,
      baseline: null,
      baselineWrite: false,
      quiet: false,
      details: false,
      keyFile: null,
      probe: true,
      runsc: 'auto',
      limits: DEFAULT_LIMITS,
      destinations: [{ format: 'text', file: null }],
      color: 'auto',
    });
  });

  test('takes standard input as the value of a list', async () => {
    expect(await parse('check', 'a', '--host', '-', '--host', 'b')).toMatchObject({ images: ['a'], hosts: ['-', 'b'] });
    expect(await parse('check', '--host', 'b', '-')).toMatchObject({ images: ['-'], hosts: ['b'] });
    expect(await parse('check', '--', '--host', '-')).toMatchObject({ images: ['--host', '-'], hosts: [] });
    expect(await parse('baseline', '--lint', '-', '--host', 'b')).toMatchObject({ files: ['-'], hosts: ['b'] });
    expect(await parse('explain', '--file', '-')).toMatchObject({ files: ['-'] });
    await expect(parse('check', 'a', '--host')).rejects.toThrow('--host needs a value');
  });

  test('takes what is known of the new sandbox', async () => {
    const words = ['--spec', 'a.json', '--spec', 'web=b.json', '--restore-spec-validation', 'warning', '--network', 'host'];
    expect(await parse('check', 'a', ...words, '--gpus', '0', '--tpus', '8', '--nvidia-driver', '550.54.15')).toMatchObject({
      specs: ['a.json', 'web=b.json'],
      specPolicy: 'warning',
      network: 'host',
      gpus: 0,
      tpus: 8,
      nvidiaDriver: '550.54.15',
    });
  });

  test('takes directories of the new sandbox as they are named', async () => {
    const words = ['--rootfs', 'rootfs', '--rootfs=web=/srv/web', '--mount', '/data=/srv/data', '--mount=web:/etc/x=y'];
    expect(await parse('check', 'a', ...words)).toMatchObject({
      rootfs: ['rootfs', 'web=/srv/web'],
      mounts: ['/data=/srv/data', 'web:/etc/x=y'],
    });
  });

  test.each([
    [['--rootfs', 'web='], '--rootfs takes a directory, found none'],
    [['--mount', '/srv/data'], '--mount takes /path=DIR or container:/path=DIR, found "/srv/data"'],
    [['--mount', 'data=/srv'], '--mount takes /path=DIR'],
    [['--network', 'bridge'], '--network takes sandbox, none, host, plugin'],
    [['--restore-spec-validation', 'off'], '--restore-spec-validation takes enforce, warning, ignore'],
    [['--gpus', '-1'], '--gpus takes a number from 0'],
    [['--tpus', 'two'], '--tpus takes a number from 0'],
    [['--address', '10.1.2'], '--address takes addresses such as 10.1.2.3/24'],
    [['--address', '10.1.2.3', '--route', 'home'], '--route takes default or a network such as 10.0.0.0/8'],
    [['--route', 'default'], '--route is of use with --address only'],
    [['--nvidia-driver', '550'], '--nvidia-driver takes a version such as 550.54.15'],
    [['--spec=-', '--host=-'], 'standard input (-) can be named once only'],
  ])('refuses %j', async (words, message) => {
    await expect(parse('check', 'a', ...words)).rejects.toThrow(message);
  });

  test('takes names and options in any order, repeated options and names that look like something else', async () => {
    const argv = [
      'check',
      '2024',
      '--host',
      'a',
      '007',
      '--host=n=b',
      '-',
      '--no-probe',
      '0x10',
      '--no-runsc',
      '--',
      '-x',
      '--host',
    ];
    expect(await parse(...argv)).toMatchObject({
      images: ['2024', '007', '-', '0x10', '-x', '--host'],
      hosts: ['a', 'n=b'],
      probe: false,
      runsc: 'never',
    });
  });

  test('reads lists, limits and destinations', async () => {
    const argv = [
      'check',
      '--require',
      'runsc-version,cpu-arch',
      '--require',
      'cpu-arch',
      '--limit',
      'graphBytes=4g',
      '--limit',
      'depth=9',
      '--json',
      '-o',
      'x',
      '--also',
      'text=a=b',
    ];
    expect(await parse(...argv)).toMatchObject({
      require: ['runsc-version', 'cpu-arch'],
      limits: { ...DEFAULT_LIMITS, graphBytes: 4 * 1024 ** 3, depth: 9 },
      destinations: [
        { format: 'json', file: 'x' },
        { format: 'text', file: 'a=b' },
      ],
    });
  });

  test('takes the last of an option that has one value', async () => {
    expect(await parse('check', '--format', 'json', '--format', 'text', '--color', 'never', '--color', 'always')).toMatchObject({
      destinations: [{ format: 'text' }],
      color: 'always',
    });
  });

  test.each([
    [['--hots', 'x'], '--hots; did you mean --host?'],
    [['-z'], 'unknown option -z'],
    [['--host'], '--host needs a value'],
    [['--format', 'xml'], '--format takes text, json, table, markdown, sarif, junit, github; found "xml"'],
    [['--require', 'cpu-featurs'], 'Did you mean cpu-features?'],
    [['--on-unknown', 'ignore'], '--on-unknown takes'],
    [['--format', 'text', '--json'], 'contradict'],
    [['-o', 'a', '--also', 'json=./a'], 'one document only'],
    [['--also', 'json=-'], 'standard output'],
    [['--runsc-version', ''], 'empty value'],
    [['--runsc-version', ' '], 'empty value'],
    [['--also', 'json'], 'FORMAT=FILE'],
    [['--also', 'xml=a'], '--also takes text, json'],
    [['--limit', 'depth'], 'name=number'],
    [['--limit', 'depth=99999999999999999999'], 'too large'],
    [['--limit', 'graphbytes=1'], 'Did you mean graphBytes?'],
    [['-', '-'], 'standard input'],
    [['-', '--host', 'x=-'], 'standard input'],
  ])('%j is refused', async (argv, message) => {
    await expect(parse('check', ...argv)).rejects.toThrow(UsageError);
    await expect(parse('check', ...argv)).rejects.toThrow(message);
  });
});

describe('other commands', () => {
  test('inspect', async () => {
    expect(await parse('inspect', 'a', '--section', 'summary,cpu', '--show-env', '--key-file', 'k')).toMatchObject({
      command: 'inspect',
      image: 'a',
      sections: ['summary', 'cpu'],
      showEnv: true,
      keyFile: 'k',
    });
    expect(await parse('inspect', 'a', '--all')).toMatchObject({ sections: null, all: true });
  });

  test('host', async () => {
    expect(await parse('host', 'show')).toMatchObject({ command: 'host show', hosts: ['current'] });
    expect(await parse('host', 'show', 'a', 'b', '--leaves')).toMatchObject({ hosts: ['a', 'b'], leaves: true });
    expect(await parse('host', 'capture', '-o', 'x')).toMatchObject({ command: 'host capture', host: 'current', file: 'x' });
    expect(await parse('host', 'probe', '-o', '-')).toEqual({ command: 'host probe', file: null });
    expect(await parse('host', 'diff', 'a')).toMatchObject({ command: 'host diff', a: 'a', b: 'current' });
  });

  test.each([
    [[], 'name a command'],
    [['chek'], 'Did you mean ckpt check?'],
    [
      ['frobnicate'],
      'ckpt has: inspect, check, plan, baseline, affinity, explain, diff, pages, verify, pack, extract, host, state.',
    ],
    [['--json'], 'found --json first'],
    [['host'], 'ckpt host <show|capture|probe|diff|list|labels>'],
    [['host', 'shw'], 'Did you mean ckpt host show?'],
    [['inspect'], 'name one image'],
    [['inspect', 'a', 'b'], 'found 2'],
    [['inspect', 'a', '--pid', '0'], '--pid takes a process id, found "0"'],
    [['inspect', 'a', '--pid', 'sh'], '--pid takes a process id'],
    [['diff', 'a'], 'diff takes two images, found 1'],
    [['diff', 'a', 'b', 'c'], 'found 3'],
    [['diff', '-', '-'], 'standard input'],
    [['state'], 'ckpt state <'],
    [['host', 'diff', 'a', 'b', 'c'], 'one or two hosts'],
    [['host', 'diff', '-', '-'], 'standard input'],
  ])('%j is refused', async (argv, message) => {
    await expect(parse(...argv)).rejects.toThrow(UsageError);
    await expect(parse(...argv)).rejects.toThrow(message);
  });

  test.each([
    [['--help']],
    [['-h']],
    [['help']],
    [['check', '--help']],
    [['check', 'a', '-h']],
    [['host', '--help']],
    [['host', 'show', '--help']],
  ])('%j is help', async (argv) => {
    expect(await parse(...argv)).toEqual({ command: 'text', text: expect.stringMatching(/^ckpt .*\n\n[\s\S]*\n$/) });
  });
});

describe('closestName', () => {
  test('finds typing errors and nothing far away', () => {
    const names = ['inspect', 'check', 'host'];
    expect(['inpsect', 'chekc', 'hots', 'x', '', 'frobnicate', 'a'.repeat(1000)].map((name) => closestName(name, names))).toEqual(
      ['inspect', 'check', 'host', null, null, null, null],
    );
  });
});
