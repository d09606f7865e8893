/** A host out of what is known of one Kubernetes node. */
import type { Arch } from '../cpu/feature.ts';
import { LABEL, labelName } from '../cpu/gvisor-labels.ts';
import { CkptError } from '../errors.ts';
import { known, unknown } from './facts.ts';
import type { Fact, Host } from './host.ts';
import { AMD64_PAGE_SIZE } from './host-from-cpuid.ts';
import { hostError, quoteLine } from './host-text.ts';
import { nfdFlags } from './nfd-flags.ts';
import type { NodeFacts } from './node-facts.ts';
import { modelAttribute, nodeIdentity } from './node-identity.ts';
import type { NodeParts } from './node-parts.ts';

const NOT_SAID = 'the objects of the node do not say';
const LEAVE_OUT =
  'gVisor does not run there: leave the node out, as with `kubectl get nodes -l kubernetes.io/os=linux,kubernetes.io/arch=amd64`';
const SAY_ARCH = 'Give the Node as well as its NodeFeature: its status and its label kubernetes.io/arch say it';
const OLD_LABELS = 'The labels of ckpt are of another machine: write them again with `ckpt host labels`';

/**
 * @param judge what the labels prove, as `nodeJudge()` makes it
 * @throws CkptError `bad-host` for a node of another operating system or architecture, and for one without labels that say anything of
 * its CPU
 */
export function hostFromNode(name: string, parts: NodeParts, judge: (parts: NodeParts, arch: Arch) => NodeFacts): Host {
  const os = parts.info.get('os');
  if (os !== undefined && os !== 'linux')
    throw hostError('bad-host', null, 'a node that runs Linux', `one that runs ${quoteLine(os)}`, LEAVE_OUT);
  const arch = archOf(parts);
  const { vocabularies, ...facts } = judge(parts, arch);
  const hypervisor = modelAttribute(parts, 'hypervisor');
  const identity = arch === 'amd64' ? nodeIdentity(parts) : null;
  if (vocabularies.length === 0 && identity === null) {
    throw new CkptError(
      'bad-host',
      { layer: 'host' },
      {
        expected: 'labels of Node Feature Discovery, of KubeVirt or of ckpt on the node',
        found: 'none',
        hint: 'Install Node Feature Discovery, or describe the node with `ckpt host capture` or `ckpt host probe`',
      },
    );
  }
  return {
    name,
    arch,
    source: 'labels',
    provenance: `Kubernetes node: ${vocabularies.length === 0 ? 'model of its CPU' : vocabularies.join(', ')}`,
    rejected: [],
    cpuid: null,
    ...facts,
    pageSize: arch === 'amd64' ? AMD64_PAGE_SIZE : facts.pageSize,
    hwcap: unknown(NOT_SAID),
    hwcap2: unknown(NOT_SAID),
    kernel: kernelOf(parts),
    microcode: unknown(NOT_SAID),
    hypervisor: hypervisor === null ? facts.hypervisor : known(hypervisor, 'NFD: cpu.model hypervisor'),
    runscVersion: facts.runscVersion.value === null ? runtimeOf(parts) : facts.runscVersion,
    identity,
    capturedFrom: null,
    capturedAt: null,
  };
}

/** What the node says, else what only one architecture has. */
function archOf(parts: NodeParts): Arch {
  const said = parts.info.get('arch');
  const own = parts.labels.get(labelName(LABEL.arch));
  if (said !== undefined && own !== undefined && said !== own) {
    throw hostError(
      'bad-host',
      null,
      `a node of ${quoteLine(said)}, as its status says`,
      `${labelName(LABEL.arch)}=${own}`,
      OLD_LABELS,
    );
  }
  const arch = said ?? own ?? archOfFeatures(parts);
  if (arch === 'amd64' || arch === 'arm64') return arch;
  if (arch === null) throw hostError('bad-host', null, 'a node that says its architecture', 'none', SAY_ARCH);
  throw hostError('bad-host', null, 'a node of amd64 or arm64', `one of ${quoteLine(arch)}`, LEAVE_OUT);
}

function archOfFeatures(parts: NodeParts): Arch | null {
  const { attributes } = parts;
  const configured = [attributes.get('kernel.config/X86_64') === 'y', attributes.get('kernel.config/ARM64') === 'y'];
  const shows = (arch: Arch, flags: readonly string[]): boolean => {
    const { stateOf } = nfdFlags(parts, arch);
    return flags.every((flag) => stateOf(flag).kind === 'shown');
  };
  const amd64 = configured[0] === true || shows('amd64', ['X87']);
  const arm64 = configured[1] === true || shows('arm64', ['FP', 'ASIMD']);
  return amd64 === arm64 ? null : amd64 ? 'amd64' : 'arm64';
}

function kernelOf({ info, attributes }: NodeParts): Fact<string> {
  const said = info.get('kernel');
  if (said !== undefined) return known(said, 'status.nodeInfo.kernelVersion');
  const full = attributes.get('kernel.version/full');
  return full === undefined ? unknown(NOT_SAID) : known(full, 'NodeFeature: kernel.version full');
}

function runtimeOf({ info }: NodeParts): Fact<string> {
  const runtime = info.get('runtime');
  return unknown(
    runtime === undefined ? NOT_SAID : `the node names its container runtime ${quoteLine(runtime)}, and not the runsc under it`,
  );
}
