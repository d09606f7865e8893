/** One image in OCI layouts, and on servers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { directoryFiles } from './directory-files.ts';
import { type ImageForm, tarOf, zstdOf } from './image-forms.ts';
import { containerdLayout, type LayoutFiles, layoutTar, orasLayout, podmanLayout, writeLayout } from './oci-builder.ts';
import { startServer, type TestServer } from './test-server.ts';

/** The image in the directory `image` as container engines pack it. */
async function layoutsOf(image: string): Promise<Record<string, LayoutFiles>> {
  const files = directoryFiles(image);
  const entries = Object.entries(files).map(([name, content]) => ({ name, content }));
  const inCheckpoint = await tarOf(entries.map((entry) => ({ ...entry, name: `checkpoint/${entry.name}` })));
  return {
    containerd: containerdLayout(await tarOf(entries)),
    podman: podmanLayout(gzipSync(inCheckpoint, { level: 1 })),
    zstd: podmanLayout(await zstdOf(inCheckpoint)),
    oras: orasLayout(files),
  };
}

/** Writes the image in the directory `image` as OCI layouts, and archives of them, below `target`, which is made. */
export async function writeOciForms(image: string, target: string): Promise<ImageForm[]> {
  mkdirSync(target, { recursive: true });
  const forms: ImageForm[] = [];
  for (const [kind, layout] of Object.entries(await layoutsOf(image))) {
    const folder = join(target, kind);
    const archive = `${folder}.oci.tar`;
    writeLayout(folder, layout);
    writeFileSync(archive, await layoutTar(layout));
    forms.push({ name: `OCI layout, ${kind}`, argument: folder, stdin: null });
    forms.push({ name: `OCI archive, ${kind}`, argument: archive, stdin: null });
    forms.push({ name: `OCI archive, ${kind}, redirected`, argument: '-', stdin: { file: archive, piped: false } });
    // Files that are blobs of their own cannot be told apart in a pipe.
    if (kind !== 'oras')
      forms.push({ name: `OCI archive, ${kind}, piped`, argument: '-', stdin: { file: archive, piped: true } });
  }
  return forms;
}

/** Serves the image in the directory `image` in many forms, with ranges or without. */
export async function serveForms(
  image: string,
  ranges: boolean,
): Promise<{ readonly server: TestServer; readonly forms: readonly ImageForm[] }> {
  const files = directoryFiles(image);
  const tar = await tarOf(Object.entries(files).map(([name, content]) => ({ name, content })));
  const served: Record<string, Uint8Array> = { '/image.tar': tar, '/image.tar.gz': gzipSync(tar, { level: 1 }) };
  const paths = ['/image/', '/image.tar', '/image.tar.gz'];
  if ('checkpoint.img' in files) paths.push('/image/checkpoint.img');
  for (const [path, bytes] of Object.entries(files)) served[`/image/${path}`] = bytes;
  for (const [kind, layout] of Object.entries(await layoutsOf(image))) {
    served[`/${kind}.tar`] = await layoutTar(layout);
    for (const [path, bytes] of layout) served[`/${kind}/${path}`] = bytes;
    paths.push(`/${kind}.tar`, `/${kind}/`);
  }
  const server = await startServer(served, { ranges });
  const about = ranges ? 'ranges' : 'no ranges';
  const forms = paths.map((path) => ({ name: `http with ${about}, ${path}`, argument: `${server.base}${path}`, stdin: null }));
  return { server, forms };
}
