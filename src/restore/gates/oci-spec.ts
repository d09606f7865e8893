/** Gate `oci-spec`: the specs of the new containers do not differ from the saved ones in what runsc compares. */
import { asOfPackage, type GoStruct } from '../../oci/go-value.ts';
import { refusedSpec } from '../../oci/read-spec.ts';
import { type SpecPackage, structType } from '../../oci/spec-types.ts';
import {
  defineGate,
  type GateAnswer,
  type GateFailure,
  notApplicable,
  notChecked,
  pass,
  positionOf,
  reason,
  unknown,
} from '../gate.ts';
import { quoted } from '../go-syntax.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { Reason } from '../result.ts';
import type { Rules } from '../rules.ts';
import type { RestoreSettings, SpecPolicy } from '../settings.ts';
import { changedResources, compareSpecs } from '../spec/compare-specs.ts';
import { liveSpec } from '../spec/live-spec.ts';
import { type NewContainer, nameContainers } from '../spec/name-containers.ts';
import type { SpecDifference } from '../spec/spec-difference.ts';

const TWICE = 19;
const ORDER = 20;

/** What is found of one container. */
interface Finding {
  readonly reasons: readonly Reason[];
  /** Null when the container passes, or when that is open. */
  readonly failure: GateFailure | null;
  readonly open: boolean;
}

/**
 * Compares what was given with what was saved, container by container, as that release does and by its policy.
 *
 * Until 2025-11-11 runsc compared one container, taken at random: where only some differ, the answer is open.
 *
 * @see gVisor runsc/specutils/restore.go: RestoreValidateSpec, validateSpecs
 */
export const ociSpec = defineGate(
  'oci-spec',
  ['containerSpecs'],
  ({ containerSpecs: saved }, _host, rules, settings): GateAnswer => {
    if (!rules.has('spec-names')) return notApplicable();
    if (saved.kind !== 'specs') {
      const why = saved.kind === 'none' ? 'the image holds no specs' : `its specs cannot be decoded: ${saved.why}`;
      return unknown(reason('CKPT1359', ORDER, `nothing to compare with: ${why}`, { why }));
    }
    if (settings.specs.length === 0) {
      const containers = [...saved.byName.keys()].sort();
      const message = `the specs of the new containers were not given (--spec config.json): ${containers.map(quoted).join(', ')}`;
      return notChecked(reason('CKPT1353', ORDER, message, { containers }));
    }
    const policy = policyOf(rules, settings);
    const containers = nameContainers(settings.specs, rules);
    const twice = givenTwice(containers, rules);
    if (twice !== null) return twice;
    const findings = containers.map((container) => examine(container, saved.byName, rules, policy));
    return combine(findings, absent(containers, saved, settings), rules);
  },
);

type Saved = Extract<ImageFacts['containerSpecs'], { kind: 'specs' }>;

/** Releases before the flags compare whatever was asked. */
function policyOf(rules: Rules, { specPolicy }: RestoreSettings): SpecPolicy {
  if (specPolicy === null || rules.has('spec-validation-policy')) return specPolicy ?? 'enforce';
  return rules.has('spec-validation-skip') ? specPolicy : 'enforce';
}

function givenTwice(containers: readonly NewContainer[], rules: Rules): GateAnswer | null {
  const again = containers.find(({ name }, index) => containers.findIndex((other) => other.name === name) < index);
  if (again === undefined) return null;
  const because = reason('CKPT1357', TWICE, `two specs are for the container ${quoted(again.name)}`, { container: again.name });
  const error = `container ${quoted(again.name)} already restored`;
  return { outcome: 'fail', reasons: [because], failure: { position: positionOf(TWICE, rules), error } };
}

/** What of the new sandbox is not known. */
function absent(
  containers: readonly NewContainer[],
  saved: Saved,
  { specs }: RestoreSettings,
): { readonly unread: boolean; readonly reasons: Reason[] } {
  const unread = specs.filter((spec) => spec === null).length;
  if (unread > 0) {
    const why = `${unread === 1 ? 'a spec' : `${unread} specs`} could not be read`;
    return { unread: true, reasons: [reason('CKPT1359', ORDER, `not all specs were compared: ${why}`, { why })] };
  }
  const given = new Set(containers.map(({ name }) => name));
  const missing = [...saved.byName.keys()].filter((name) => !given.has(name)).sort();
  if (missing.length === 0) return { unread: false, reasons: [] };
  const message = `no spec was given for ${missing.map(quoted).join(', ')}, for which a restore waits (--spec name=config.json)`;
  return { unread: false, reasons: [reason('CKPT1353', ORDER, message, { containers: missing })] };
}

function combine(findings: readonly Finding[], { unread, reasons: others }: ReturnType<typeof absent>, rules: Rules): GateAnswer {
  const failing = findings.filter(({ failure }) => failure !== null);
  const reasons = [...findings.flatMap((finding) => finding.reasons), ...others];
  const [first] = failing;
  // A container that was not given may be the one that is compared.
  const chance = !rules.has('spec-all-containers') && (failing.length < findings.length || unread);
  if (first?.failure !== undefined && first.failure !== null && !chance)
    return { outcome: 'fail', reasons, failure: first.failure };
  if (first !== undefined) {
    const message = 'this runsc compares one container, taken at random, and not all of them differ';
    return unknown(...reasons, reason('CKPT1356', ORDER, message, { container: null, why: message, differences: [] }));
  }
  if (unread || findings.some(({ open }) => open)) return unknown(...reasons);
  return others.length > 0 ? notChecked(...reasons) : pass(...reasons);
}

function examine({ name, given }: NewContainer, saved: Saved['byName'], rules: Rules, policy: SpecPolicy): Finding {
  const fails = (because: Reason, error: string | null): Finding => ({
    reasons: [because],
    failure: { position: positionOf(because.order, rules), error },
    open: false,
  });
  const problem = refusedSpec(given.spec);
  if (problem !== null) {
    const message = `runsc refuses the spec ${given.source} by itself: ${problem}`;
    return fails(reason('CKPT1358', ORDER, message, { container: name, problem }), null);
  }
  const old = saved.get(name);
  if (old === undefined) {
    const known = [...saved.keys()].sort();
    const text = `the image has no container ${quoted(name)}, but ${known.map(quoted).join(', ') || 'none'}`;
    const details = { container: name, saved: known };
    if (policy === 'ignore' || policy === 'warning')
      return passes([reason('CKPT1352', ORDER, `${text}; --restore-spec-validation=${policy}`, details)]);
    return fails(
      reason('CKPT1352', ORDER, text, details),
      `${prefix(rules)}checkpoint image does not contain spec for container: ${quoted(name)}`,
    );
  }
  return rules.has('spec-validation') ? compare(name, given.spec, old, rules, policy) : passes([]);
}

function compare(name: string, given: GoStruct, saved: GoStruct, rules: Rules, policy: SpecPolicy): Finding {
  const known = (since: SpecPackage): boolean => hasPackage(rules, since);
  const old = asOfPackage(structType('Spec'), saved, known) as GoStruct;
  const live = liveSpec(asOfPackage(structType('Spec'), given, known) as GoStruct, old);
  const sides = { container: name, rules };
  const mismatches = compareSpecs(old, live.spec, sides);
  const differences = mismatches.flatMap((found) => found.differences);
  const resources = changedResources(old, live.spec, sides);
  const notes = [
    ...live.assumptions.map((assumed) =>
      reason('CKPT1355', ORDER, `${quoted(name)}: assumed that ${assumed}`, { container: name, assumed }),
    ),
    ...(resources.length === 0 ? [] : [resourcesReason(name, resources)]),
  ];
  const sure = mismatches.filter(({ undecided }) => !undecided);
  const [first] = sure;
  if (first === undefined && (mismatches.length > 0 || live.movedMounts.length > 0) && policy === 'enforce') {
    const moved = live.movedMounts.map(
      (mount) => `the mount ${mount.given}, which is ${mount.saved} where a symbolic link leads there`,
    );
    const why = [...moved, ...differences.map(({ field }) => `${field}, which depends on the bundle's place`)].join('; ');
    return {
      reasons: [
        ...notes,
        reason('CKPT1356', ORDER, `${quoted(name)}: not decided: ${why}`, { container: name, why, differences }),
      ],
      failure: null,
      open: true,
    };
  }
  if (mismatches.length === 0) return passes(notes);
  const message = `${quoted(name)}: ${said(differences)}`;
  if (policy !== 'enforce') {
    const text = `${message}; --restore-spec-validation=${policy} lets it pass`;
    return passes([reason('CKPT1354', ORDER, text, { container: name, policy, differences }), ...notes]);
  }
  const error = first === undefined || first.error === null || live.movedMounts.length > 0 ? null : first.error;
  const context = rules.has('spec-all-containers') ? `failed to validate spec for container ${quoted(name)}: ` : '';
  return {
    reasons: [reason('CKPT1351', ORDER, message, { container: name, differences }), ...notes],
    failure: { position: positionOf(ORDER, rules), error: error === null ? null : `${prefix(rules)}${context}${error}` },
    open: false,
  };
}

function passes(reasons: readonly Reason[]): Finding {
  return { reasons, failure: null, open: false };
}

function resourcesReason(container: string, differences: readonly SpecDifference[]): Reason {
  const message = `${quoted(container)}: ${said(differences)}; runsc only logs that`;
  return reason('CKPT1360', ORDER, message, { container, differences });
}

/** The wrapping of the refusal grew. */
function prefix(rules: Rules): string {
  if (rules.has('spec-validation-policy')) return 'failed to handle restore spec validation: failed to validate restore spec: ';
  return rules.has('spec-error-context') ? 'failed to validate restore spec: ' : '';
}

function hasPackage(rules: Rules, since: SpecPackage): boolean {
  if (rules.has('oci-types-1.2.1')) return true;
  return since === '1.2.0' && rules.has('oci-types-1.2.0') && !rules.has('oci-types-1.1.0');
}

const SHOWN = 3;
const MOST_CHARACTERS = 100;

function said(differences: readonly SpecDifference[]): string {
  const cut = (text: string): string => (text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`);
  const some = differences.slice(0, SHOWN).map(({ field, saved, given }) => `${field} is ${cut(given)}, saved ${cut(saved)}`);
  const more = differences.length - some.length;
  return `${some.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
