/** The action for GitHub, and the examples for CI in docs/examples. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { schemaErrors } from '../support/public-schemas.ts';
import { HASWELL, ROOT, ZEN5 } from './run-ckpt.ts';

interface Step {
  readonly id?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

const yaml = (path: string): unknown => parse(readFileSync(join(ROOT, path), 'utf8'));
const ACTION = yaml('action.yml') as Action;

const directory = mkdtempSync(join(tmpdir(), 'ckpt action '));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the scripts of the action as a runner does, with these inputs. */
function act(inputs: Readonly<Record<string, string>>, cwd = ROOT) {
  const place = mkdtempSync(join(directory, 'run-'));
  const output = join(place, 'output');
  const summary = join(place, 'summary');
  let result = { code: 0, stdout: '', stderr: '' };
  for (const { run, shell, env = {} } of ACTION.runs.steps) {
    if (run === undefined) continue;
    expect(shell).toBe('bash');
    const script = join(place, 'script.sh');
    writeFileSync(script, run);
    const values = Object.entries(env).map(([name, value]) => [name, evaluated(value, inputs)] as const);
    const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd,
      env: { PATH: process.env.PATH ?? '', GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, ...Object.fromEntries(values) },
      encoding: 'utf8',
    });
    result = { code: status ?? -1, stdout, stderr };
    if (status !== 0) break;
  }
  return { ...result, outputs: readFileSync(output, 'utf8'), summary: readFileSync(summary, 'utf8') };
}

/** The expressions that the action has. */
function evaluated(value: string, inputs: Readonly<Record<string, string>>): string {
  const input = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(value)?.[1];
  if (input !== undefined) return inputs[input] ?? ACTION.inputs[input]?.default ?? '';
  if (value.includes('github.action_path')) return ROOT;
  return value.includes('github.action_repository') ? 'https://example.org/o/ckpt/blob/v1/docs/' : value;
}

const TURIN = 'turin=fixtures/hosts/turin/cpuid.txt';
const MILAN = 'milan=fixtures/hosts/qemu-EPYC-Milan/cpuid.txt';

describe('the action', () => {
  test('is valid, and no expression is part of a script', () => {
    expect(schemaErrors('github-action', ACTION)).toEqual([]);
    for (const { run = '' } of ACTION.runs.steps) expect(run).not.toContain('${{');
    for (const { value } of Object.values(ACTION.outputs))
      expect(value).toMatch(/^\$\{\{ (?:steps\.check\.outputs|inputs)\.[a-z-]+ \}\}$/);
  });

  test('checks images on hosts, with annotations, summary, outputs and SARIF', () => {
    const sarif = join(directory, 'out.sarif');
    const { code, stdout, outputs, summary } = act({
      images: `${HASWELL}\n${ZEN5}`,
      hosts: `${TURIN}\n${MILAN}\n`,
      'sarif-file': sarif,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error file=fixtures\/images\/2026-08\/zen5\.state,line=1,title=/);
    expect(outputs).toMatch(/^verdict<<.*\nblocked\n/);
    expect(outputs).toMatch(/\nexit-code=1\n$/);
    expect(summary).toContain('## ckpt check: BLOCKED');
    const log = JSON.parse(readFileSync(sarif, 'utf8'));
    expect(schemaErrors('sarif-2.1.0', log)).toEqual([]);
    expect(log.runs[0].tool.driver.rules[0].helpUri).toBe('https://example.org/o/ckpt/blob/v1/docs/reasons/CKPT1601.md');
  });

  test('expands patterns, takes names with spaces, and passes more arguments on', () => {
    mkdirSync(join(directory, 'my images'));
    for (const name of ['a b.state', 'c.state']) symlinkSync(join(ROOT, ZEN5), join(directory, 'my images', name));
    const { code, outputs } = act({
      images: `${directory}/my images/*.state`,
      hosts: TURIN,
      args: '--require\nrunsc-version',
      'on-unknown': 'warn',
    });
    expect(code).toBe(0);
    expect(outputs).toMatch(/\nunknown<<.*\n2\n/);
  });

  test('runs nothing of its inputs', () => {
    const mark = join(directory, 'mark');
    const evil = `$(touch '${mark}')\`touch '${mark}'\`; touch '${mark}' #"'`;
    const { code } = act({ images: evil, hosts: evil, args: '', 'runsc-version': evil });
    expect(code).toBe(3);
    expect(() => readFileSync(mark)).toThrow();
  });
});

describe('the examples', () => {
  test('for GitHub and GitLab are valid', () => {
    expect(schemaErrors('github-workflow', yaml('docs/examples/github-workflow.yml'))).toEqual([]);
    expect(
      schemaErrors(
        'gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci',
        yaml('docs/examples/gitlab-ci.yml'),
      ),
    ).toEqual([]);
  });

  test('give the action inputs that it has, and use outputs that it has', () => {
    const text = readFileSync(join(ROOT, 'docs/examples/github-workflow.yml'), 'utf8');
    const { jobs } = yaml('docs/examples/github-workflow.yml') as {
      jobs: { check: { steps: { id?: string; with?: object }[] } };
    };
    const step = jobs.check.steps.find(({ id }) => id === 'ckpt');
    for (const name of Object.keys(step?.with ?? {})) expect(Object.keys(ACTION.inputs)).toContain(name);
    for (const [, name] of text.matchAll(/steps\.ckpt\.outputs\.([a-z-]+)/g)) expect(Object.keys(ACTION.outputs)).toContain(name);
  });

  const hasJq = spawnSync('jq', ['--version']).status === 0;
  if (!hasJq) console.warn('SKIPPED: there is no jq; the example that picks an image does not run.');

  test.runIf(hasJq)('pick the image that restores, or say why there is none', () => {
    const pick = (images: readonly string[], host: string) => {
      const env = { PATH: process.env.PATH ?? '', CKPT: `${process.execPath} ${join(ROOT, 'bin/ckpt.js')}`, CKPT_HOST: host };
      const { status, stdout, stderr } = spawnSync('sh', [join(ROOT, 'docs/examples/pick-image.sh'), ...images], {
        cwd: ROOT,
        env,
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    };
    expect(pick([ZEN5, HASWELL], MILAN)).toMatchObject({ status: 0, stdout: `${HASWELL}\n` });
    expect(pick([ZEN5], MILAN)).toMatchObject({ status: 1, stdout: '' });
    expect(pick([ZEN5], MILAN).stderr).toContain(`${ZEN5}: blocked at cpu-features`);
    expect(pick(['gone.state', HASWELL], MILAN)).toMatchObject({ status: 0, stdout: `${HASWELL}\n` });
    expect(pick(['gone.state'], MILAN)).toMatchObject({ status: 3, stdout: '' });
  });
});
