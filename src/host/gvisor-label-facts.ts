/** A host as the labels of `ckpt host labels` carry it. */
import type { GvisorLabelFacts } from '../cpu/gvisor-labels.ts';
import type { Host } from './host.ts';

/** What the labels say of a host: every fact that the gates about a CPU look at. */
export function gvisorLabelFacts(host: Host): GvisorLabelFacts {
  const { arch, features, cacheLine, xcr0, xcr0Known, statesNotEnabled, useXsave, mxcsrMask, pageSize, runscVersion } = host;
  return {
    arch,
    features: new Map([...features].map(([name, { presence }]) => [name, presence])),
    cacheLine: cacheLine.value,
    xcr0: xcr0.value,
    xcr0Known,
    statesNotEnabled,
    useXsave: useXsave.value,
    mxcsrMask: mxcsrMask.value,
    pageSize: pageSize.value,
    runscVersion: runscVersion.value,
  };
}
