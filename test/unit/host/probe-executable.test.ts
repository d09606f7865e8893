import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { allQuestions, CPUID_QUESTIONS } from '../../../src/host/cpuid-questions.ts';
import { ELF_CODE_OFFSET } from '../../../src/host/elf-executable.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { parseProbeOutput } from '../../../src/host/parse-probe-output.ts';
import { assembleProbe, buildProbe, PROBE_MAGIC } from '../../../src/host/probe-executable.ts';
import { PROBE_CODE, PROBE_FXSAVE_OFFSET, PROBE_STACK_BYTES, PROBE_UNAME_OFFSET } from '../../../src/host/probe-program.ts';
import { probeListing } from '../../support/probe-listing.ts';

const directory = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

function hasTool(tool: string): boolean {
  return spawnSync(tool, ['--version']).error === undefined;
}

function skipLoudly(why: string): boolean {
  console.warn(`SKIPPED: ${why}`);
  return true;
}

const runsHere = process.platform === 'linux' && process.arch === 'x64';

describe('the probe as a file', () => {
  const file = buildProbe();
  const view = new DataView(file.buffer);

  it('is the same bytes every time and small', () => {
    expect(buildProbe()).toEqual(file);
    expect(file.length).toBeLessThan(1024);
  });

  it('has an ELF64 header for x86-64 whose entry is the first instruction', () => {
    expect([...file.subarray(0, 7)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    expect(view.getUint16(16, true)).toBe(2);
    expect(view.getUint16(18, true)).toBe(62);
    const loadAddress = view.getBigUint64(64 + 16, true);
    expect(view.getBigUint64(24, true)).toBe(loadAddress + BigInt(ELF_CODE_OFFSET));
    expect(view.getBigUint64(64 + 32, true)).toBe(BigInt(file.length));
    expect(view.getUint32(64 + 4, true)).toBe(5);
  });

  it('asks every question once, in ascending order', () => {
    const keys = allQuestions().map(([leaf, subleaf]) => leaf * 0x100 + subleaf);
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
    expect(new Set(keys).size).toBe(keys.length);
    for (const run of CPUID_QUESTIONS) {
      expect(run.leaves).toBeLessThan(256);
      expect(run.subleaves).toBeLessThan(256);
    }
  });

  it('reserves more room than its longest output', () => {
    const line = '0x00000000 0x00: eax=0x00000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n'.length;
    const others = 512;
    expect(allQuestions().length * line + others).toBeLessThan(PROBE_UNAME_OFFSET);
    expect(PROBE_UNAME_OFFSET + 390).toBeLessThan(PROBE_STACK_BYTES);
  });
});

describe('the documented instructions', () => {
  it('are listed in docs/probe.md, as is what is asked', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/probe.md'), 'utf8');
    expect(/```\n(start:[^`]*)```/.exec(text)?.[1]).toBe(probeListing());
    expect(text).toContain(`executable of ${buildProbe().length} bytes`);
    expect(text).toContain(`for ${allQuestions().length} fixed pairs`);
    for (const { comment } of CPUID_QUESTIONS) expect(text).toContain(`| ${comment} |`);
  });

  it('keep to the areas of the stack that are documented', () => {
    const used = PROBE_CODE.flatMap((row) => /rsp,0x([0-9a-f]{4,5})$|rsp\+0x([0-9a-f]+)/.exec(row[1] ?? '')?.slice(1) ?? []);
    expect(used.filter((hex) => hex !== undefined).map((hex) => Number.parseInt(hex, 16))).toEqual([
      PROBE_STACK_BYTES,
      PROBE_UNAME_OFFSET,
      PROBE_UNAME_OFFSET + 130,
      PROBE_FXSAVE_OFFSET,
      PROBE_FXSAVE_OFFSET + 28,
    ]);
    expect(PROBE_FXSAVE_OFFSET % 16).toBe(0);
    expect(PROBE_FXSAVE_OFFSET + 512).toBeLessThanOrEqual(PROBE_STACK_BYTES);
  });

  it.skipIf(!hasTool('objdump') && skipLoudly('no objdump: mnemonics are not compared'))('are what objdump disassembles', () => {
    const assembled = assembleProbe();
    const path = join(directory, 'code.bin');
    writeFileSync(path, assembled.bytes);
    const listing = execFileSync('objdump', ['-D', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel', '-w', path], {
      encoding: 'utf8',
    });
    const names = new Map([...assembled.labels].map(([name, offset]) => [offset, name]));
    const codeEnd = assembled.labels.get('magic') ?? 0;
    const found: { offset: number; mnemonic: string }[] = [];
    for (const line of listing.split('\n')) {
      const match = /^\s*([0-9a-f]+):\t[0-9a-f ]+\t(.+)$/.exec(line);
      if (match?.[1] === undefined || match[2] === undefined) continue;
      const offset = Number.parseInt(match[1], 16);
      if (offset < codeEnd) found.push({ offset, mnemonic: withNames(match[2], names) });
    }
    expect(found).toEqual(assembled.instructions.map(({ offset, mnemonic }) => ({ offset, mnemonic })));
  });
});

/** `jne 0x26` → `jne environment`, `lea rsi,[rip+0x1ab] # 0x1c3` → `lea rsi,[rip+magic]`. */
function withNames(text: string, names: ReadonlyMap<number, string>): string {
  const name = (hex: string): string => names.get(Number.parseInt(hex, 16)) ?? hex;
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  const relative = /^(.*)\[rip\+0x[0-9a-f]+\] # 0x([0-9a-f]+)$/.exec(plain);
  if (relative?.[1] !== undefined && relative[2] !== undefined) return `${relative[1]}[rip+${name(relative[2])}]`;
  const jump = /^(j\w+|call) 0x([0-9a-f]+)$/.exec(plain);
  return jump?.[1] !== undefined && jump[2] !== undefined ? `${jump[1]} ${name(jump[2])}` : plain;
}

/** Bits that differ from one moment or one logical CPU to the next: [leaf, register, mask, why]. */
const VARYING: readonly (readonly [leaf: number, register: 'eax' | 'ebx' | 'ecx' | 'edx', mask: number, why: string])[] = [
  [0x1, 'ebx', 0xff00_0000, 'APIC id of the logical CPU'],
  [0xb, 'edx', 0xffff_ffff, 'x2APIC id of the logical CPU'],
  [0x1f, 'edx', 0xffff_ffff, 'x2APIC id of the logical CPU'],
  [0x1a, 'eax', 0xffff_ffff, 'kind of the core on hybrid parts'],
  [0x8000_001e, 'eax', 0xffff_ffff, 'extended APIC id'],
  [0x8000_001e, 'ebx', 0xffff_ffff, 'core id'],
  [0x8000_001e, 'ecx', 0xffff_ffff, 'node id'],
  [0x8000_0026, 'edx', 0xffff_ffff, 'extended APIC id'],
];

describe.skipIf(!runsHere && skipLoudly('not x86-64 Linux: the probe is not run'))('the probe, run', () => {
  const path = join(directory, 'probe');
  writeFileSync(path, buildProbe(), { mode: 0o700 });

  it('writes the magic line, the facts and every question, and ends well', () => {
    const run = spawnSync(path, ['an argument'], { env: { A: 'b' }, encoding: 'latin1' });
    expect(run.status).toBe(0);
    const lines = run.stdout.split('\n');
    expect(lines[0]).toBe(PROBE_MAGIC);
    expect(lines.slice(-2)).toEqual(['end', '']);
    expect(lines.filter((line) => / 0x..: eax=/.test(line)).map((line) => line.slice(0, 15))).toEqual(
      allQuestions().map(
        ([leaf, subleaf]) => `0x${leaf.toString(16).padStart(8, '0')} 0x${subleaf.toString(16).padStart(2, '0')}`,
      ),
    );
    const report = parseProbeOutput(run.stdout);
    expect(report.pageSize).toBe(4096);
    expect(report.hwcap).not.toBeNull();
    expect(report.kernel).not.toBeNull();
    expect(report.mxcsrMask).not.toBeNull();
  });

  it('fails with a status when standard output cannot be written', () => {
    const run = spawnSync('/bin/sh', ['-c', `${path} >&-`]);
    expect(run.status).toBe(1);
  });

  it('survives short writes', () => {
    const whole = execFileSync(path, { encoding: 'latin1' });
    const piped = execFileSync('/bin/sh', ['-c', `${path} | (sleep 0.05; cat)`], { encoding: 'latin1' });
    expect(piped.length).toBe(whole.length);
  });

  it.skipIf(!hasTool('cpuid') && skipLoudly('no cpuid: leaves are not compared'))(
    'agrees with `cpuid -1 -r` leaf by leaf',
    () => {
      const ours = parseProbeOutput(execFileSync(path, { encoding: 'latin1' })).cpuid;
      const theirs = parseCpuidDump(execFileSync('cpuid', ['-1', '-r'], { encoding: 'latin1' })).cpus[0]?.table;
      expect(theirs?.entries.length).toBeGreaterThan(10);
      for (const [leaf, subleaf] of theirs?.entries ?? []) {
        const place = `leaf 0x${leaf.toString(16)} subleaf ${subleaf}`;
        expect({ place, ...masked(leaf, ours.get(leaf, subleaf)) }).toEqual({
          place,
          ...masked(leaf, theirs?.get(leaf, subleaf)),
        });
      }
    },
  );
});

function masked(leaf: number, registers: { eax: number; ebx: number; ecx: number; edx: number } | undefined) {
  if (registers === undefined) return undefined;
  const result = { ...registers };
  for (const [varying, register, mask] of VARYING) if (varying === leaf) result[register] = (result[register] & ~mask) >>> 0;
  return result;
}
