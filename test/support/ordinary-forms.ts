/** One image in the forms that are met every day. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { directoryFiles } from './directory-files.ts';
import { type ImageForm, tarOf, zstdOf } from './image-forms.ts';
import { containerdLayout, writeLayout } from './oci-builder.ts';
import { startServer, type TestServer } from './test-server.ts';

/** Writes the image in the directory `image` below `target`, which is made, and serves it. */
export async function ordinaryForms(
  image: string,
  target: string,
): Promise<{ readonly server: TestServer; readonly forms: readonly ImageForm[] }> {
  mkdirSync(target, { recursive: true });
  const tar = await tarOf(Object.entries(directoryFiles(image)).map(([name, content]) => ({ name, content })));
  const files = { tar, 'tar.gz': gzipSync(tar, { level: 1 }), 'tar.zst': await zstdOf(tar) };
  const forms: ImageForm[] = Object.entries(files).map(([ending, bytes]) => {
    const path = join(target, `image.${ending}`);
    writeFileSync(path, bytes);
    return { name: ending, argument: path, stdin: null };
  });
  const layout = join(target, 'layout');
  writeLayout(layout, containerdLayout(tar));
  forms.push({ name: 'OCI layout', argument: layout, stdin: null });
  const server = await startServer({ '/image.tar': tar }, { ranges: true });
  forms.push({ name: 'http', argument: `${server.base}/image.tar`, stdin: null });
  return { server, forms };
}
