/** A level as text that can be pasted. */
import type { BaselineDocument } from '../fleet/baseline-document.ts';

export type SnippetKind = 'annotation' | 'oci' | 'kubernetes' | 'containerd' | 'docker';

/**
 * The annotation in the words of one place.
 *
 * What containerd hands on is told by its own configuration: the shim of gVisor passes every annotation of the spec that it is given, and
 * runsc.toml has no option for annotations.
 *
 * @see gVisor g3doc/user_guide/containerd/configuration.md (pod_annotations); containerd docs/cri/config.md; docker run --annotation (API 1.43)
 */
export function renderSnippet({ key, value }: NonNullable<BaselineDocument['annotation']>, kind: SnippetKind): string {
  return SNIPPETS[kind](key, value);
}

const SNIPPETS: Readonly<Record<SnippetKind, (key: string, value: string) => string>> = {
  annotation: (key, value) => `${key}=${value}\n`,
  oci: (key, value) => `${JSON.stringify({ annotations: { [key]: value } }, null, 2)}\n`,
  kubernetes: (key, value) =>
    [
      '# Into the Pod, or into spec.template of what makes Pods. containerd must hand it on: ckpt baseline --as containerd',
      'metadata:',
      '  annotations:',
      `    ${key}: ${JSON.stringify(value)}`,
      '',
    ].join('\n'),
  containerd: (key, value) =>
    [
      '# /etc/containerd/config.toml, version = 2 (containerd 1.x). "runsc" is the handler that the RuntimeClass names.',
      '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]',
      '  runtime_type = "io.containerd.runsc.v1"',
      `  pod_annotations = ["${key}"]`,
      '',
      '# The same with version = 3 (containerd 2.x):',
      '# [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runsc]',
      '#   runtime_type = "io.containerd.runsc.v1"',
      `#   pod_annotations = ["${key}"]`,
      '',
      '# Without it containerd keeps the annotation of the Pod to itself. runsc.toml has no option for annotations: the list stands in each',
      '# Pod (ckpt baseline --as kubernetes), or is given to ctr:',
      `# ctr run --runtime io.containerd.runsc.v1 --annotation ${key}=${value} IMAGE ID`,
      '',
    ].join('\n'),
  docker: (key, value) => `docker run --runtime=runsc --annotation ${key}=${value} IMAGE\n`,
};
