/** Device files, by path and type. */
import { type GoStruct, type GoValue, listOf, stringOf, structsOf } from '../../oci/go-value.ts';
import { structType, typeOfField } from '../../oci/spec-types.ts';
import { goText } from '../go-syntax.ts';
import type { SpecDifference } from './spec-difference.ts';
import { difference, mismatch, type SpecMismatch, type SpecSides } from './spec-mismatch.ts';

const DEVICES = typeOfField('Linux', 'Devices');
/** The GPUs of NVIDIA: /dev/nvidia0 to /dev/nvidia247. */
const NVIDIA_MAJOR = 195n;
const NVIDIA_LAST = 247n;

/** @see gVisor runsc/specutils/restore.go: validateDevices; runsc/specutils/nvidia.go: removeNvproxyFrontendDevices */
export function compareDevices(saved: GoStruct | null, given: GoStruct | null, sides: SpecSides): SpecMismatch | null {
  const before = withoutGpus(listOf(saved, 'Devices'), sides);
  const after = withoutGpus(listOf(given, 'Devices'), sides);
  const old = byPathAndType(before);
  const now = byPathAndType(after);
  const differences: SpecDifference[] = [
    ...[...old].filter(([key]) => !now.has(key)).map(([, device]) => entry(device, null)),
    ...[...now].filter(([key]) => !old.has(key)).map(([, device]) => entry(null, device)),
  ];
  const [m, n] = [before ?? [], after ?? []];
  if (m.length !== n.length) {
    const whole = differences.length > 0 ? differences : [difference('linux.devices', before, after, DEVICES)];
    return mismatch(sides, 'Devices', DEVICES, before, after, whole, 'length mismatch');
  }
  if (old.size < m.length) {
    const text = goText(DEVICES, before);
    const error =
      text === null ? null : `duplicate device found in the spec ${text} before checkpoint for container ${sides.container}`;
    return { differences: [difference('linux.devices', before, after, DEVICES)], error, undecided: false };
  }
  if (differences.length === 0 && now.size === n.length) return null;
  const whole = differences.length > 0 ? differences : [difference('linux.devices', before, after, DEVICES)];
  return mismatch(sides, 'Devices', DEVICES, before, after, whole);
}

function withoutGpus(devices: readonly GoValue[] | null, { rules }: SpecSides): readonly GoValue[] | null {
  return rules.has('gpu-remap')
    ? (devices?.filter((device) => !(device instanceof Map) || !isGpu(device as GoStruct)) ?? null)
    : devices;
}

function isGpu(device: GoStruct): boolean {
  const number = /(?:^|\/)nvidia(\d{1,10})\/*$/.exec(stringOf(device, 'Path'))?.[1];
  if (number === undefined || BigInt(number) > NVIDIA_LAST) return false;
  return device.get('Major') === NVIDIA_MAJOR && device.get('Minor') === BigInt(number);
}

function byPathAndType(devices: readonly GoValue[] | null): Map<string, GoStruct> {
  const list = structsOf(new Map([['Devices', devices]]), 'Devices');
  return new Map(list.map((device) => [JSON.stringify([stringOf(device, 'Path'), stringOf(device, 'Type')]), device]));
}

function entry(saved: GoStruct | null, given: GoStruct | null): SpecDifference {
  const path = stringOf(saved ?? given, 'Path');
  return difference(`linux.devices[${JSON.stringify(path)}]`, saved, given, structType('LinuxDevice'));
}
