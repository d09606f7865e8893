/** What a person should know about a level before using it. */
import type { Host } from '../host/host.ts';
import type { Level } from './baseline.ts';
import { brokenDependencies, X86_64_BASE } from './feature-dependencies.ts';
import type { LevelRules } from './level-rules.ts';
import type { LostState } from './run-time-settings.ts';

/** `warning`: images may be refused although the features fit; `info`: good to know. */
export interface BaselineNote {
  readonly kind:
    | 'arm64'
    | 'release-ignores'
    | 'base'
    | 'cache-line'
    | 'cpuid-not-hidden'
    | 'register-state'
    | 'ignored-state'
    | 'xsave'
    | 'unknown-state'
    | 'vendors'
    | 'dependency'
    | 'undecided'
    | 'nothing-removed';
  readonly severity: 'warning' | 'info';
  readonly message: string;
}

/** Facts of hosts that are shown in one message. */
const MOST_HOSTS = 8;

/** The notes on a level, warnings first. */
export function baselineNotes(level: Level, hosts: readonly Host[], rules: LevelRules, state: LostState): BaselineNote[] {
  const notes = level.arch === 'arm64' ? arm64Notes() : amd64Notes(level, hosts, rules, state);
  if (level.undecided.length > 0) {
    const one = level.undecided.length === 1;
    const count = one ? 'one feature is' : `${level.undecided.length} features are`;
    notes.push(
      info(
        'undecided',
        `${count} left out because not every description tells of ${one ? 'it' : 'them'}; a better description may raise the level`,
      ),
    );
  }
  if (hosts.length > 1 && level.removed.length + level.undecided.length === 0)
    notes.push(info('nothing-removed', 'all hosts have the same features; the annotation changes nothing among them'));
  return [...notes.filter(isWarning), ...notes.filter((note) => !isWarning(note))];
}

function isWarning({ severity }: BaselineNote): boolean {
  return severity === 'warning';
}

function arm64Notes(): BaselineNote[] {
  return [
    warning(
      'arm64',
      'on arm64 runsc has no such annotation: with any value the sandbox does not boot. The list says which images all of these hosts take; keep to them by choosing hosts',
    ),
  ];
}

function amd64Notes(level: Level, hosts: readonly Host[], rules: LevelRules, state: LostState): BaselineNote[] {
  const notes: BaselineNote[] = [];
  if (!rules.readsAnnotation) {
    notes.push(
      warning(
        'release-ignores',
        `${rules.release} ignores the annotation without a word; release-20250820.0 is the first that reads it`,
      ),
    );
  }
  const base = level.undecided.filter(({ name }) => X86_64_BASE.includes(name)).map(({ name }) => name);
  if (base.length > 0) {
    notes.push(
      warning(
        'base',
        `do not use this level: the descriptions do not tell of what every x86-64 CPU has, and programs that look for it would stop. Describe the hosts better (ckpt host capture): ${base.join(' ')}`,
      ),
    );
  }
  const lines = valuesOf(hosts, ({ cacheLine }) => (cacheLine.value === null ? null : `${cacheLine.value} bytes`));
  if (lines.size > 1) {
    notes.push(
      warning(
        'cache-line',
        `cache lines differ, and no annotation helps: an image restores only where they are equal: ${said(lines)}`,
      ),
    );
  }
  if (state.avx512 || state.avx) {
    const registers = state.avx ? 'AVX and AVX-512' : 'AVX-512';
    notes.push(
      warning(
        'cpuid-not-hidden',
        `the annotation changes what CPUID answers only where the CPU can fault it (flag cpuid_fault in /proc/cpuinfo, or the KVM platform). Elsewhere programs still use ${registers} registers, and the gate fpu-state refuses the image on a host without them although the features fit: use the run-time settings that ckpt baseline lists with the level, and look at an image with ckpt check`,
      ),
    );
  }
  notes.push(...stateNotes(level, hosts));
  const vendors = valuesOf(hosts, ({ identity }) => identity?.vendor ?? null);
  if (vendors.size > 1) {
    notes.push(
      info(
        'vendors',
        `CPUs of different makers: images pass between them only with the annotation, and what programs choose by maker stays as it was where they were started: ${said(vendors)}`,
      ),
    );
  }
  const broken = brokenDependencies(level.features);
  if (broken.length > 0) {
    const pairs = broken.map(({ feature, missing }) => `${feature} without ${missing}`).join(', ');
    notes.push(
      info('dependency', `the hosts together leave features without what they are built on; --without leaves them out: ${pairs}`),
    );
  }
  return notes;
}

/** MPX and PKRU, which newer releases ignore. @see docs/gates.md, condition 33 */
const IGNORED_STATE = 0b10_0001_1000n;
const COUNTED_STATE = 0b1110_0111n;

function stateNotes({ features }: Level, hosts: readonly Host[]): BaselineNote[] {
  const notes: BaselineNote[] = [];
  const masks = (mask: bigint): Map<string, string[]> =>
    valuesOf(hosts, (host) => (host.xcr0.value === null ? null : `0x${(host.xcr0.value & mask).toString(16)}`));
  const counted = masks(COUNTED_STATE);
  if (counted.size > 1) {
    notes.push(
      warning('register-state', `hosts enable different register state (XCR0), which no annotation changes: ${said(counted)}`),
    );
  }
  const ignored = masks(IGNORED_STATE);
  if (ignored.size > 1) {
    notes.push(
      info(
        'ignored-state',
        `hosts differ in MPX or PKRU state (XCR0); releases before release-20260216.0 refuse images that hold it where it is missing: ${said(ignored)}`,
      ),
    );
  }
  const unknown = hosts.filter((host) => host.useXsave.value === null || (host.useXsave.value && host.xcr0.value === null));
  if (unknown.length > 0) {
    const names = namesOf(unknown.map(({ name }) => name));
    notes.push(info('unknown-state', `the description does not tell which register state the host enables: ${names}`));
  }
  if (
    features.length > 0 &&
    !features.includes('xsave') &&
    hosts.some((host) => host.features.get('xsave')?.presence === 'present')
  ) {
    notes.push(
      warning(
        'xsave',
        'xsave is not in the level, and cannot be removed for certain: runsc sets it again, in random order, whenever it writes down xsaveopt, xsavec, xgetbv1 or xsaves. An image may require it all the same, and saved threads hold XSAVE state that a host without it refuses',
      ),
    );
  }
  return notes;
}

/** The known values with the hosts that have them, in the order of the hosts. */
function valuesOf(hosts: readonly Host[], value: (host: Host) => string | null): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const host of hosts) {
    const own = value(host);
    if (own === null) continue;
    const names = values.get(own) ?? [];
    names.push(host.name);
    values.set(own, names);
  }
  return values;
}

function said(values: ReadonlyMap<string, readonly string[]>): string {
  return [...values].map(([value, names]) => `${value} on ${namesOf(names)}`).join('; ');
}

function namesOf(names: readonly string[]): string {
  const more = names.length > MOST_HOSTS ? ` and ${names.length - MOST_HOSTS} more` : '';
  return names.slice(0, MOST_HOSTS).join(', ') + more;
}

function warning(kind: BaselineNote['kind'], message: string): BaselineNote {
  return { kind, severity: 'warning', message };
}

function info(kind: BaselineNote['kind'], message: string): BaselineNote {
  return { kind, severity: 'info', message };
}
