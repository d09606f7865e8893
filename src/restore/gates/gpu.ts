/** Gate `gpu`: GPUs and TPUs that were in use can be had in the new sandbox, with the same driver. */
import { defineGate, type GateAnswer, type GateFailure, notChecked, pass, positionOf, reason, unknown } from '../gate.ts';
import type { ImageFacts } from '../image-facts.ts';
import { knowsDriver } from '../nvidia-drivers.ts';
import type { Reason } from '../result.ts';
import type { Rules } from '../rules.ts';
import type { RestoreSettings } from '../settings.ts';

const GPUS = 26;
const TPUS = 27;
const LOADED = 33;
const DRIVER = 41;

/** Keys of the header, with what runsc calls the devices in its messages. */
const KEYS = {
  gpus: {
    key: 'nvproxy-device-remap-ids',
    since: 'gpu-remap',
    order: GPUS,
    failed: 'failed to remap nvproxy devices: ',
    devices: 'devices',
  },
  tpus: {
    key: 'tpu-device-remap-ids',
    since: 'tpu-remap',
    order: TPUS,
    failed: 'failed to remap TPU devices: ',
    devices: 'TPU devices',
  },
} as const;

const NAMES = { gpus: 'GPUs', tpus: 'TPUs' } as const;

type Facts = Pick<ImageFacts, 'metadata' | 'gpu' | 'runscVersion'>;

/** The answer to one condition. */
interface Part {
  readonly outcome: 'fail' | 'unknown' | 'not-checked' | 'pass';
  readonly because: Reason | null;
  readonly error: string | null;
}

/**
 * Compares counts of devices and the version of the driver. An image that has none of them passes.
 *
 * The driver of the new sandbox counts only where that sandbox is set up for GPUs, which is taken to be as at save.
 *
 * @see gVisor runsc/boot/nvproxy.go, tpuproxy.go, restore.go; pkg/sentry/devices/nvproxy/save_restore.go: nvproxy.afterLoad, MakeDeviceRemapping
 */
export const gpu = defineGate('gpu', ['metadata', 'gpu', 'runscVersion'], (image, _host, rules, settings): GateAnswer => {
  const parts = [
    ...deviceParts('gpus', image, rules, settings),
    ...deviceParts('tpus', image, rules, settings),
    ...knownDriver(image, rules),
    ...sameDriver(image, rules, settings),
  ];
  const reasons = parts.flatMap(({ because }) => because ?? []);
  const failures = parts.flatMap(({ outcome, because, error }): GateFailure[] =>
    outcome === 'fail' && because !== null ? [{ position: positionOf(because.order, rules), error }] : [],
  );
  const [failure] = failures.sort((a, b) => a.position - b.position);
  if (failure !== undefined) return { outcome: 'fail', reasons, failure };
  if (parts.some(({ outcome }) => outcome === 'unknown')) return unknown(...reasons);
  return parts.some(({ outcome }) => outcome === 'not-checked') ? notChecked(...reasons) : pass(...reasons);
});

/** GPUs or TPUs that are open in the saved sandbox, against those that the new one has. */
function deviceParts(kind: 'gpus' | 'tpus', { metadata, gpu: state }: Facts, rules: Rules, settings: RestoreSettings): Part[] {
  const { key, since, order, failed, devices } = KEYS[kind];
  const text = metadata.get(key);
  const given = settings[kind];
  if (text === undefined || !rules.has(since)) {
    const open = kind === 'gpus' ? state.openGpuFiles : state.openTpuFiles;
    return open === 0 ? [] : [openFiles(kind, open, order, given)];
  }
  const ids = savedDevices(text);
  if (ids === null) {
    const because = reason('CKPT1376', order, `${key} of the header is not what runsc writes`, { key });
    return [{ outcome: 'fail', because, error: null }];
  }
  if (given === null) return [notGiven(order, kind, ids.length)];
  if (ids.length > given) {
    const message = `${ids.length} ${NAMES[kind]} were in use, and the new sandbox has ${given}`;
    const because = reason('CKPT1371', order, message, { kind, image: ids.length, host: given });
    return [
      { outcome: 'fail', because, error: `${failed}can't remap ${ids.length} saved ${devices} to ${given} restored ${devices}` },
    ];
  }
  if (ids.length < 2) return [];
  const assumed =
    kind === 'gpus'
      ? 'all GPUs of the new sandbox are of one model'
      : 'the TPUs of the new sandbox lie in IOMMU groups as the saved ones';
  const because = reason('CKPT1377', order, `assumed that ${assumed}`, { kind, assumed });
  return [{ outcome: 'pass', because, error: null }];
}

/** Without a mapping the same device files are opened again. */
function openFiles(kind: 'gpus' | 'tpus', open: number, order: number, given: number | null): Part {
  if (given === null) return notGiven(order, kind, null);
  const why = `${open} files of ${NAMES[kind]} were open, and this runsc opens the same ones again`;
  return {
    outcome: 'unknown',
    because: reason('CKPT1375', LOADED, `${why}: a count does not tell whether they are there`, { kind, why }),
    error: null,
  };
}

function notGiven(order: number, kind: 'gpus' | 'tpus' | 'driver', saved: number | string | null): Part {
  const words = {
    gpus: ['GPUs were in use', 'how many the new sandbox has was not given (--gpus)'],
    tpus: ['TPUs were in use', 'how many the new sandbox has was not given (--tpus)'],
    driver: ['is the NVIDIA driver of the image', 'that of the host was not given (--nvidia-driver)'],
  } as const;
  const [what, missing] = words[kind];
  const because = reason('CKPT1374', order, `${saved === null ? '' : `${saved} `}${what}, and ${missing}`, {
    kind,
    image: saved,
  });
  return { outcome: 'not-checked', because, error: null };
}

/** Whether this runsc has the interface of the driver that the saved proxy speaks. */
function knownDriver({ gpu: { proxyDriver }, runscVersion }: Facts, rules: Rules): Part[] {
  if (proxyDriver === null || runscVersion?.value === rules.release || knowsDriver(rules, proxyDriver) !== false) return [];
  const message = `runsc ${rules.release} does not know the NVIDIA driver ${proxyDriver} of the image`;
  const because = reason('CKPT1373', LOADED, message, { image: proxyDriver, rules: rules.release });
  const text = `driver version "${proxyDriver}" not found in abis map`;
  // As of other callbacks, see the gate fpu-state.
  const hidden = rules.has('callback-nil-panic') && !rules.has('callback-error-restored');
  const error = rules.has('callback-error-first') ? `error executing callbacks: ${text}` : null;
  return [
    { outcome: 'fail', because, error: hidden ? 'runtime error: invalid memory address or nil pointer dereference' : error },
  ];
}

/** The driver of a sandbox that is set up for GPUs is compared after everything was loaded. */
function sameDriver({ gpu: { driver } }: Facts, rules: Rules, { nvidiaDriver }: RestoreSettings): Part[] {
  if (driver === null || !rules.has('driver-version')) return [];
  if (nvidiaDriver === null) return [notGiven(DRIVER, 'driver', driver)];
  if (nvidiaDriver === driver) return [];
  const message = `the image was saved with the NVIDIA driver ${driver}, and the host has ${nvidiaDriver}`;
  const because = reason('CKPT1372', DRIVER, message, { image: driver, host: nvidiaDriver });
  const error = `nvidia driver version changed during restore: was ${nvidiaDriver}, now ${driver}`;
  return [{ outcome: 'fail', because, error }];
}

const FIRST_ONLY = 65_536;

/** The list of devices in the header, or null when it is none. */
function savedDevices(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return [];
    const devices = Array.isArray(value) && value.length <= FIRST_ONLY ? (value as unknown[]) : null;
    return devices?.every((item) => item === null || (typeof item === 'object' && !Array.isArray(item))) === true
      ? devices
      : null;
  } catch {
    return null;
  }
}
