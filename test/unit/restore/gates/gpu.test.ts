import { describe, expect, it } from 'vitest';
import type { GpuState } from '../../../../src/kernel/gpu-state.ts';
import { gpu as gate } from '../../../../src/restore/gates/gpu.ts';
import { knowsDriver, parseDriverVersion } from '../../../../src/restore/nvidia-drivers.ts';
import { NO_SETTINGS, type RestoreSettings } from '../../../../src/restore/settings.ts';
import { host, image, NO_DEVICES } from '../examples.ts';
import { boundary, rulesAt } from '../rules-at.ts';

const NEWEST = 'release-20260817.0';
const GPU = {
  minor: 0,
  pci_vendor_id: 4318,
  pci_device_id: 1,
  gpu_id: 1,
  device_instance: 0,
  subdevice_instance: 0,
  uuid: 'GPU-1',
};
const TPU = { bdf: '0000:00:04.0', group_num: 1 };
const gpus = (count: number): [string, string] => [
  'nvproxy-device-remap-ids',
  JSON.stringify(Array.from({ length: count }, () => GPU)),
];
const tpus = (count: number): [string, string] => [
  'tpu-device-remap-ids',
  JSON.stringify(Array.from({ length: count }, () => TPU)),
];

function answer(
  keys: readonly (readonly [string, string])[],
  state: Partial<GpuState>,
  settings: Partial<RestoreSettings> = {},
  version = NEWEST,
  savedBy = 'release-20260810.0',
) {
  const saved = image({
    metadata: new Map([...image().metadata, ...keys]),
    gpu: { ...NO_DEVICES, ...state },
    runscVersion: { value: savedBy, from: 'header' },
  });
  const result = gate.check(saved, host(), rulesAt(version), { ...NO_SETTINGS, ...settings });
  const codes = result?.reasons.map((because) => `${because.code}@${because.order}`);
  return { outcome: result?.outcome, codes, error: result?.failure?.error ?? null };
}

const PASS = { outcome: 'pass', codes: [], error: null };

describe('gate gpu', () => {
  it('passes an image without GPUs and TPUs, whatever the host has', () => {
    expect(answer([], {})).toEqual(PASS);
    expect(answer([], {}, { gpus: 0, tpus: 8, nvidiaDriver: '550.54.14' })).toEqual(PASS);
    expect(answer([], {}, {}, 'release-20221219.0')).toEqual(PASS);
  });

  it('wants as many GPUs and TPUs as were in use', () => {
    expect(answer([gpus(2)], {})).toEqual({ outcome: 'not-checked', codes: ['CKPT1374@26'], error: null });
    expect(answer([gpus(2)], {}, { gpus: 1 })).toEqual({
      outcome: 'fail',
      codes: ['CKPT1371@26'],
      error: "failed to remap nvproxy devices: can't remap 2 saved devices to 1 restored devices",
    });
    expect(answer([tpus(4)], {}, { tpus: 0 })).toEqual({
      outcome: 'fail',
      codes: ['CKPT1371@27'],
      error: "failed to remap TPU devices: can't remap 4 saved TPU devices to 0 restored TPU devices",
    });
    expect(answer([gpus(1), tpus(1)], {}, { gpus: 4, tpus: 1 })).toEqual(PASS);
    expect(answer([gpus(2), tpus(2)], {}, { gpus: 2, tpus: 2 })).toEqual({ ...PASS, codes: ['CKPT1377@26', 'CKPT1377@27'] });
    expect(answer([gpus(2)], {}, { gpus: 1 }, boundary('gpu-remap').before)).toEqual(PASS);
    expect(answer([tpus(2)], {}, { tpus: 1 }, boundary('tpu-remap').before)).toEqual(PASS);
  });

  it.each(['', '{}', '[1]', '[[]]', '"x"', '['])('refuses a list of devices that is none: %j', (text) => {
    expect(answer([['tpu-device-remap-ids', text]], {}, { tpus: 9 })).toEqual({
      outcome: 'fail',
      codes: ['CKPT1376@27'],
      error: null,
    });
  });

  it('takes null for no device, as Go does', () => {
    expect(answer([['nvproxy-device-remap-ids', 'null']], {}, { gpus: 0 })).toEqual(PASS);
  });

  it('leaves open whether device files that were open are there', () => {
    const version = boundary('gpu-remap').before;
    expect(answer([], { openGpuFiles: 3 }, {}, version)).toEqual({ outcome: 'not-checked', codes: ['CKPT1374@26'], error: null });
    expect(answer([], { openGpuFiles: 3 }, { gpus: 1 }, version)).toEqual({
      outcome: 'unknown',
      codes: ['CKPT1375@33'],
      error: null,
    });
    expect(answer([], { openTpuFiles: 1 }, { tpus: 1 }, version)).toMatchObject({ outcome: 'unknown' });
  });

  it('compares drivers since 2025-05-29, at the end', () => {
    const { before, from } = boundary('driver-version');
    const driver = '550.54.14';
    expect(answer([], { driver })).toEqual({ outcome: 'not-checked', codes: ['CKPT1374@41'], error: null });
    expect(answer([], { driver }, { nvidiaDriver: driver })).toEqual(PASS);
    const error = 'nvidia driver version changed during restore: was 570.124.06, now 550.54.14';
    expect(answer([], { driver }, { nvidiaDriver: '570.124.06' }, from)).toEqual({
      outcome: 'fail',
      codes: ['CKPT1372@41'],
      error,
    });
    expect(answer([], { driver }, { nvidiaDriver: '570.124.06' }, before)).toEqual(PASS);
  });

  it('knows which drivers a release knows', () => {
    const proxyDriver = '535.104.12';
    const fails = (error: string | null) => ({ outcome: 'fail', codes: ['CKPT1373@33'], error });
    const text = 'driver version "535.104.12" not found in abis map';
    expect(answer([], { proxyDriver }, {}, 'release-20240513.0')).toEqual(PASS);
    expect(answer([], { proxyDriver }, {}, 'release-20240916.0')).toEqual(fails(`error executing callbacks: ${text}`));
    expect(answer([], { proxyDriver }, {}, 'release-20231016.0')).toEqual(fails(null));
    expect(answer([], { proxyDriver }, {}, 'release-20250820.0').error).toBe(
      'runtime error: invalid memory address or nil pointer dereference',
    );
    // The release that saved it knows it, whatever the table says; of a build between releases nothing is known.
    expect(answer([], { proxyDriver }, {}, NEWEST, NEWEST)).toEqual(PASS);
    expect(answer([], { proxyDriver }, {}, 'release-20260810.0-5-gabcdef0')).toEqual(PASS);
  });

  it('reports all, and the first', () => {
    const state = { driver: '535.104.12', proxyDriver: '535.104.12', openGpuFiles: 1 };
    expect(answer([gpus(2)], state, { gpus: 0, nvidiaDriver: '1.2' })).toMatchObject({
      outcome: 'fail',
      codes: ['CKPT1371@26', 'CKPT1373@33', 'CKPT1372@41'],
      error: expect.stringContaining("can't remap 2 saved devices"),
    });
  });
});

describe('versions of drivers', () => {
  it('are printed with two digits each', () => {
    expect(parseDriverVersion('570.124.6')).toBe('570.124.06');
    expect(parseDriverVersion(' 550.054.15 ')).toBe('550.54.15');
    expect(parseDriverVersion('620.6')).toBe('620.06.00');
    for (const wrong of ['', '550', '1.2.3.4', '550.x', '550.54.15-rc', '9999999.1'])
      expect(parseDriverVersion(wrong)).toBeNull();
  });

  it.each([
    ['release-20250820.0', '580.65.06', true],
    ['release-20260427.0', '580.65.06', false],
    ['release-20260504.0', '580.65.06', true],
    ['release-20250811.0', '580.65.06', false],
    ['release-20230911.0', '525.60.13', null],
    ['VERSION_MISSING', '525.60.13', null],
  ])('%s and %s: %s', (version, driver, known) => {
    expect(knowsDriver({ ...rulesAt(NEWEST), release: version }, driver)).toBe(known);
  });
});
