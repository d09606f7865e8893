/** Gate `cpu-features`: the host has every feature that the image was saved with. */
import { missingFeatures } from '../../cpu/compare-features.ts';
import { featureNamed } from '../../cpu/feature-names.ts';
import type { Host } from '../../host/host.ts';
import { defineGate, type GateAnswer, notApplicable, pass, positionOf, reason, unknown } from '../gate.ts';
import type { FeatureRef } from '../reasons.ts';
import type { Reason } from '../result.ts';

const ORDER = 30;

/**
 * Subtracts the features of the host from those of the image, over the features that the restoring runsc compares. What the image
 * requires is a saved fact; what the host has may be unknown.
 *
 * @see gVisor pkg/cpuid/cpuid.go: FeatureSet.CheckHostCompatible, Subtract; on arm64 there was no comparison before 2022-01-13
 */
export const cpuFeatures = defineGate('cpu-features', ['arch', 'cpu'], (image, host, rules): GateAnswer => {
  if (image.arch !== host.arch) return unknown(otherArchitecture(image.arch, host, ORDER));
  if (host.arch === 'arm64' && !rules.has('cpuid-function')) return notApplicable();
  const { missing, unknown: undecided } = missingFeatures(image.cpu, host.features, rules.date, host.cpuid);
  const reasons: Reason[] = [];
  if (missing.length > 0) {
    const message = `the host lacks ${count(missing.length)} of the image: ${missing.join(' ')}`;
    reasons.push(reason('CKPT1601', ORDER, message, { features: missing.map((name) => featureRef(name, host)) }));
  }
  if (undecided.length > 0) {
    const message = `it is not known whether the host has ${count(undecided.length)} of the image: ${undecided.join(' ')}`;
    reasons.push(reason('CKPT1602', ORDER, message, { features: undecided.map((name) => featureRef(name, host)) }));
  }
  if (missing.length === 0) return reasons.length === 0 ? pass() : unknown(...reasons);
  // The list that runsc prints is known only when every feature is; before 2022-01-13 it was part of a longer text.
  const exact = undecided.length === 0 && rules.has('cpuid-function');
  const error = exact ? `incompatible FeatureSet: missing features: map[${missing.map((name) => `${name}:{}`).join(' ')}]` : null;
  return { outcome: 'fail', reasons, failure: { position: positionOf(ORDER, rules), error } };
});

/** The reason that gates share when image and host are of different architectures. */
export function otherArchitecture(image: string, host: Host, order: number): Reason {
  return reason('CKPT1504', order, `the image is of ${image}, the host of ${host.arch}: not comparable`, {
    image,
    host: host.arch,
  });
}

function featureRef(name: string, host: Host): FeatureRef {
  const feature = featureNamed(host.arch, name);
  return {
    name,
    linuxName: feature?.linuxName ?? null,
    impact: feature?.impact ?? 'unnamed',
    evidence: host.features.get(name)?.source ?? 'the description of the host does not hold this bit',
  };
}

function count(n: number): string {
  return n === 1 ? 'one feature' : `${n} features`;
}
