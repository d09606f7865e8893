/** Gate `cache-line`: the cache lines of image and host have the same size. */
import { defineGate, fail, type GateAnswer, notApplicable, pass, reason, unknown } from '../gate.ts';
import { otherArchitecture } from './cpu-features.ts';

const ORDER = 31;

/**
 * Compares CPUID.1:EBX[15:8] * 8. gVisor computes it in 8 bits, so that larger sizes wrap around.
 *
 * @see gVisor pkg/cpuid/cpuid_amd64.go: FeatureSet.CacheLine, archCheckHostCompatible
 */
export const cacheLine = defineGate('cache-line', ['arch', 'cpu'], (image, host, rules): GateAnswer => {
  if (host.arch === 'arm64') return notApplicable();
  if (image.arch !== host.arch || image.cpu.cacheLine === null) return unknown(otherArchitecture(image.arch, host, ORDER));
  const saved = image.cpu.cacheLine;
  const current = host.cacheLine.value;
  if (current === null) {
    const why = host.cacheLine.source;
    return unknown(reason('CKPT1702', ORDER, `the cache line size of the host is unknown: ${why}`, { image: saved, why }));
  }
  if (saved === current) return pass();
  const details = { image: saved, host: current };
  const because = reason(
    'CKPT1701',
    ORDER,
    `the cache line of the image is ${saved} bytes, that of the host ${current}`,
    details,
  );
  const text = `CPU cache line size ${saved} incompatible with host cache line size ${current}`;
  return fail(because, rules, rules.has('cpuid-function') ? `incompatible FeatureSet: ${text}` : text);
});
