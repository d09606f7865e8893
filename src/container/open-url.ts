/** An image on an http(s) server: as files, a bare state file, an archive, or an OCI layout. */
import { CkptError } from '../errors.ts';
import { beside, type HttpAddress, parseHttpAddress, shownPath } from '../io/http-address.ts';
import { httpError } from '../io/http-errors.ts';
import { type HttpFile, lookForFile, openHttpFile } from '../io/http-file.ts';
import { type HttpSession, openHttpSession } from '../io/http-session.ts';
import { DETECTION_BYTES, wrappingOf } from './detect-form.ts';
import { type ImageContainer, type ImageFile, STATE_FILE } from './image-container.ts';
import { openOciImage } from './oci-image.ts';
import { type OpenArchiveOptions, openArchive } from './open-archive.ts';
import { openPacked } from './open-packed.ts';
import { peeked } from './peeked-source.ts';

const FILESYSTEM_MANIFESTS: readonly string[] = ['fscheckpoint.pb', 'fscheckpoint.json'];
const LAYOUT_FILES: readonly string[] = ['index.json', 'oci-layout'];

/**
 * Finds the image at a URL: of a state file, of an archive, of `…/checkpoint.img` with what belongs to it beside it, of an OCI layout, or of
 * a directory, which ends with a slash. What follows `#` is chosen in an archive or layout. Only the bytes that are needed are fetched
 * where the server gives ranges.
 *
 * @throws CkptError `http-error`, `not-found`, and those of archives and layouts.
 */
export async function openUrl(path: string, options: OpenArchiveOptions): Promise<ImageContainer> {
  const address = parseHttpAddress(path);
  const session = openHttpSession();
  try {
    const image = await openAt(address, session, options);
    return closing(image, session, shownPath(path));
  } catch (error) {
    await session.close();
    // The file is what the caller named; its secrets are not repeated.
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  }
}

async function openAt(address: HttpAddress, session: HttpSession, options: OpenArchiveOptions): Promise<ImageContainer> {
  const { pathname, search } = address.url;
  if (pathname.endsWith('/') && search === '') return openDirectory(address, session, options);
  const file = await openHttpFile(session, address);
  if (file === null) throw notThere(address, `the file ${address.shown}`);
  const { landed } = file;
  // Servers send those who ask for a directory to the name with a slash.
  if (search === '' && landed.pathname === `${pathname}/` && landed.host === address.url.host)
    return openDirectory(beside(address, `${lastName(pathname)}/`), session, options);
  const name = lastName(pathname);
  // A URL with a query is for one file: those beside it would need queries of their own.
  if (search === '' && (name === STATE_FILE || FILESYSTEM_MANIFESTS.includes(name)))
    return siblings(address, session, name, file);
  if (search === '' && LAYOUT_FILES.includes(name)) return openLayout(address, session, options);
  return openFile(address, file, options);
}

/** A file under any name: an archive, or a state file by itself. */
async function openFile(address: HttpAddress, file: HttpFile, options: OpenArchiveOptions): Promise<ImageContainer> {
  const { bytes, source } = await peeked(file.open(), DETECTION_BYTES);
  const again = async () => file.open();
  if (wrappingOf(bytes) !== 'none') {
    const random = async () => file.openRandom();
    return openPacked(address.shown, { first: source, again, random, select: address.fragment }, options);
  }
  // A stream that has begun is given on: a server without ranges would have to send it twice.
  let begun: typeof source | null = source;
  const state: ImageFile = {
    size: file.size,
    async open() {
      const given = begun ?? file.open();
      begun = null;
      return given;
    },
    openRandom: async () => file.openRandom(),
  };
  return container(address, 'checkpoint', true, async (name) => (name === STATE_FILE ? state : null));
}

async function openDirectory(address: HttpAddress, session: HttpSession, options: OpenArchiveOptions): Promise<ImageContainer> {
  for (const name of [STATE_FILE, ...FILESYSTEM_MANIFESTS]) {
    const place = beside(address, name);
    const file = await openHttpFile(session, place);
    if (file !== null) return siblings({ ...place, fragment: address.fragment, shown: address.shown }, session, name, file);
  }
  if ((await lookFor(session, beside(address, 'index.json'))) !== null) return openLayout(address, session, options);
  throw notThere(address, `${STATE_FILE}, ${FILESYSTEM_MANIFESTS.join(', ')} or index.json below ${address.shown}`);
}

/** An image whose files lie beside one another; `known` is the one that was asked for first. */
function siblings(address: HttpAddress, session: HttpSession, known: string, file: HttpFile): ImageContainer {
  const kind = known === STATE_FILE ? 'checkpoint' : 'fscheckpoint';
  const files = new Map<string, ImageFile | null>([[known, imageFile(file)]]);
  return container(address, kind, false, async (name) => {
    let found = files.get(name);
    if (found === undefined) {
      found = await lookFor(session, beside(address, name));
      files.set(name, found);
    }
    return found;
  });
}

function openLayout(address: HttpAddress, session: HttpSession, options: OpenArchiveOptions): Promise<ImageContainer> {
  const store = { file: (path: string) => lookFor(session, beside(address, path)) };
  return openOciImage(address.shown, store, { ...options, select: address.fragment }, openArchive);
}

/** A file that is asked for when it is read; null when it is not there. */
async function lookFor(session: HttpSession, address: HttpAddress): Promise<ImageFile | null> {
  const presence = await lookForFile(session, address);
  if (presence === 'missing') return null;
  let file: HttpFile | null = null;
  const open = async (): Promise<HttpFile> => {
    file ??= await openHttpFile(session, address);
    if (file === null) throw notThere(address, `the file ${address.shown}`);
    if (presence !== 'unsaid' && presence.size !== null && file.size !== null && file.size !== presence.size)
      throw httpError(
        address,
        `${presence.size} bytes, as the answer to HEAD said`,
        `${file.size}`,
        'The file changed on the server; try again',
      );
    return file;
  };
  if (presence !== 'unsaid' && presence.size !== null)
    return {
      size: presence.size,
      open: async () => (await open()).open(),
      openRandom: async () => (await open()).openRandom(),
    };
  file = await openHttpFile(session, address);
  return file === null ? null : imageFile(file);
}

function imageFile(file: HttpFile): ImageFile {
  return { size: file.size, open: async () => file.open(), openRandom: async () => file.openRandom() };
}

function container(
  address: HttpAddress,
  kind: ImageContainer['kind'],
  bare: boolean,
  find: ImageContainer['find'],
): ImageContainer {
  return { path: address.shown, kind, bare, rereadable: true, enclosed: true, find, async finish() {}, async close() {} };
}

function closing(image: ImageContainer, session: HttpSession, path: string): ImageContainer {
  return {
    ...image,
    path,
    async close() {
      await image.close();
      await session.close();
    },
  };
}

function lastName(pathname: string): string {
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function notThere(address: HttpAddress, expected: string): CkptError {
  return new CkptError(
    'http-error',
    { layer: 'file', file: address.shown },
    { expected, found: 'nothing there (status 404 or 410)', hint: 'Check the URL; that of a directory ends with a slash' },
  );
}
