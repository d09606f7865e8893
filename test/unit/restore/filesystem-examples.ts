/** Hand-made filesystem checkpoints for the tests of the gates. */
import type { FilesystemCheckpoint } from '../../../src/filesystem/filesystem-checkpoint.ts';
import type { FilesystemManifest } from '../../../src/filesystem/manifest.ts';
import type { Host } from '../../../src/host/host.ts';
import { evaluateFilesystem } from '../../../src/restore/evaluate-filesystem.ts';
import type { CheckResult } from '../../../src/restore/result.ts';
import { host } from './examples.ts';

const ID = { container: '__no_name_0', path: '/' };

const MANIFEST: FilesystemManifest = {
  encoding: 'protobuf',
  version: 1n,
  runscVersion: 'release-20260817.0',
  pageSize: 4096n,
  endian: 'little',
  memoryFiles: [{ id: ID, metadataStart: 0n, metadataEnd: 90n, pagesStart: 0n }],
  tmpfs: [{ id: ID, tarStart: 0n, tarEnd: 2048n }],
};

/** One file system of one page, without fault. */
export function filesystemCheckpoint(more: Partial<FilesystemCheckpoint> = {}): FilesystemCheckpoint {
  return {
    path: '/images/a',
    prefix: '',
    encoding: 'protobuf',
    otherManifest: false,
    manifest: { ...MANIFEST, encoding: more.encoding ?? 'protobuf' },
    bytes: { manifest: 79, multiTar: 2048, pagesMeta: 90, pages: 8192 },
    memoryFiles: [],
    requiredPages: 8192,
    fileSystems: [],
    problems: [],
    ...more,
  };
}

export function withManifest(more: Partial<FilesystemManifest>): FilesystemCheckpoint {
  return filesystemCheckpoint({ manifest: { ...MANIFEST, ...more }, encoding: more.encoding ?? 'protobuf' });
}

export function withBytes(more: Partial<FilesystemCheckpoint['bytes']>): FilesystemCheckpoint {
  return filesystemCheckpoint({ bytes: { ...filesystemCheckpoint().bytes, ...more } });
}

/** Evaluates with a version given by flag. */
export function checkSaved(
  checkpoint: FilesystemCheckpoint,
  target: Host = host(),
  version: string | null = 'release-20260817.0',
): CheckResult {
  return evaluateFilesystem(checkpoint, target, { runscVersion: version });
}
