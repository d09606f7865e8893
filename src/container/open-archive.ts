/** An image in an archive or a compression, at any depth, with its files in any order. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import type { Limits } from '../limits.ts';
import { badArchive } from './archive-error.ts';
import { noImage, notAFile, otherImage, outOfOrder, overHeld } from './archive-image-error.ts';
import { archiveIndex, type IndexedFile, type IndexedImage } from './archive-index.ts';
import { joinedNames, normalizedPath } from './archive-names.ts';
import { type HeldBlocks, type Holder, heldLength, heldSource, holder } from './held-bytes.ts';
import type { ImageContainer, ImageFile, ImageFileName } from './image-container.ts';
import { type LiveSource, liveSource } from './live-source.ts';
import { rereadMember } from './reread-member.ts';
import { type Member, walkMembers } from './walk-members.ts';

/** An archive and how it can be read. */
export interface ArchiveInput {
  /** At the first byte. */
  readonly first: ByteSource;
  /** Opens it again at the first byte; null when it cannot be read again (a pipe). */
  readonly again: (() => Promise<ByteSource>) | null;
  /** Opens it for reading at any position; null or left out when that costs more than reading on. */
  readonly random?: (() => Promise<RandomSource | null>) | null;
  /** The path of the wanted image in the archive, when it holds several. */
  readonly select?: string | null;
}

export interface OpenArchiveOptions {
  readonly limits: Limits;
  readonly hold?: readonly ImageFileName[];
  readonly passing?: (name: ImageFileName, source: ByteSource) => Promise<void>;
  /** Sees every member as it goes by, and at the end the path of the image. */
  readonly watch?: {
    wrap(names: readonly string[], source: ByteSource): ByteSource;
    finish(imagePath: string): Promise<void>;
  };
}

/** Files that are small, or that every question needs: kept when they go by. */
const ALWAYS_HELD: readonly ImageFileName[] = [
  'checkpoint.img',
  'pages_meta.img',
  'fscheckpoint.json',
  'fscheckpoint.pb',
  'fs/fscheckpoint.json',
  'fs/fscheckpoint.pb',
  'fs/pages_meta.img',
];
/** What is kept of a compressed file that could be read again, to save the time. */
const HELD_ANYWAY = 16 * 1024 * 1024;
/** Names of hard links that lead to one another. */
const MOST_LINKS = 8;

/** What became of a file when the archive moved on. */
type Fate = { readonly held: HeldBlocks } | 'gone';

/**
 * Finds the image in an archive.
 *
 * Of an archive that is not compressed and can be stepped through, all headers are read at once; of others as much as is needed to know
 * what the image is, so that several images in it are noticed when the rest is read.
 *
 * @throws CkptError `no-image`, `ambiguous`, `truncated`, `bad-archive`, `trailing-bytes`, `unsupported`, `over-limit`, `io-error`.
 */
export async function openArchive(path: string, input: ArchiveInput, options: OpenArchiveOptions): Promise<ImageContainer> {
  const { first, again, random = null } = input;
  const { limits, hold = [], passing, watch } = options;
  const select = input.select === undefined || input.select === null ? null : normalizedPath(input.select);
  const walk = walkMembers(first, limits, watch === undefined ? {} : { wrap: watch.wrap });
  const index = archiveIndex(select);
  const holding: Holder = holder(again === null ? limits.heldBytes : Math.min(HELD_ANYWAY, limits.heldBytes));
  const fates = new Map<number, Fate>();
  const passed: IndexedFile[] = [];
  const seen: string[] = [];
  let ordinal = 0;
  let ended = false;
  let image: IndexedImage | null = null;
  let current: { readonly file: IndexedFile; readonly member: Member; live: LiveSource | null } | null = null;

  const openAgain = async (file: IndexedFile, skipped: number): Promise<ByteSource> => {
    if (again === null) throw outOfOrder(file);
    const source = await rereadMember(await again(), file, limits);
    if (skipped > 0) await source.skip(skipped);
    return source;
  };

  /** Decides what becomes of the file at the cursor before the archive moves on. */
  const settle = async (): Promise<void> => {
    if (current === null) return;
    const { file, member, live } = current;
    current = null;
    if (live !== null) {
      if (!live.wanted) return;
      const { position } = live;
      if (again !== null) return live.moveTo(() => openAgain(file, position));
      const rest = await holding.hold(member.source);
      return live.moveTo(async () => {
        if (rest === null) throw overHeld(file, limits);
        return heldSource(rest);
      });
    }
    // Where stepping over is free, nothing need be read before it is asked for.
    if (file.kind !== 'file' || (again !== null && !walk.compressed)) return;
    const name = index.nameOf(file);
    if (image !== null && index.file(image, name)?.ordinal !== file.ordinal) return;
    const held = ALWAYS_HELD.includes(name) || hold.includes(name) ? await holding.hold(member.source) : null;
    if (held !== null) fates.set(file.ordinal, { held });
    else if (again === null) fates.set(file.ordinal, 'gone');
    if (held !== null || passing === undefined || ALWAYS_HELD.includes(name)) return;
    passed.push(file);
    await passing(name, member.source);
  };

  const step = async (): Promise<void> => {
    await settle();
    const member = await walk.next();
    if (member === null) {
      ended = true;
      return;
    }
    if (seen.length < MOST_SEEN) seen.push(joinedNames(member.names));
    const file = index.add(member, ordinal++);
    if (file !== null) current = { file, member, live: null };
    if (image !== null) checkSame(image, index.chosen(false));
  };

  const open = async (file: IndexedFile): Promise<ByteSource> => {
    const fate = fates.get(file.ordinal);
    if (fate !== undefined && fate !== 'gone') return heldSource(fate.held);
    if (current?.file.ordinal === file.ordinal && current.live === null) {
      current.live = liveSource(current.member.source);
      return current.live;
    }
    return openAgain(file, 0);
  };

  const openRandom = async ({ ordinal: number, position, size }: IndexedFile): Promise<RandomSource | null> => {
    if (position === null || size === null || random === null || fates.has(number)) return null;
    const whole = await random();
    if (whole === null) return null;
    return {
      size,
      readAt: (at, length) => whole.readAt(position + at, Math.max(0, Math.min(length, size - at))),
      close: () => whole.close(),
    };
  };

  /** Follows hard links to the member with the content. */
  const resolve = async (link: IndexedFile): Promise<IndexedFile> => {
    let file = link;
    for (let hops = 0; file.kind === 'link'; hops++) {
      if (hops === MOST_LINKS) throw badArchive(null, 'a hard link to a file', `${MOST_LINKS} links`);
      const names = [...file.names.slice(0, -1), file.target];
      const known = index.named(names);
      if (known === null && again === null) throw outOfOrder(file);
      file = known ?? (await located(names, file));
    }
    if (file.kind !== 'file') throw notAFile(file);
    return file;
  };
  /** A member that is no file of an image by its name. */
  const located = async (names: readonly string[], link: IndexedFile): Promise<IndexedFile> => {
    const pass = walkMembers(await (again as () => Promise<ByteSource>)(), limits);
    try {
      const wanted = joinedNames(names);
      for (let number = 0; number < link.ordinal; number++) {
        const member = await pass.next();
        if (member === null) break;
        if (joinedNames(member.names) !== wanted || member.names.length !== names.length) continue;
        const { kind, target, size, position } = member;
        return { ordinal: number, names: member.names, kind, target, size, position };
      }
    } finally {
      await pass.close();
    }
    throw badArchive(null, `a member "${joinedNames(names)}" before the hard link to it`, 'none');
  };

  const container = (chosen: IndexedImage): ImageContainer => ({
    path,
    kind: chosen.kind,
    bare: chosen.bare,
    rereadable: again !== null,
    enclosed: true,
    async find(name): Promise<ImageFile | null> {
      // What lies beside a state file with a name of its own does not belong to it.
      if (chosen.bare && name !== 'checkpoint.img') return null;
      let file = index.file(chosen, name);
      while (file === null && !ended) {
        await step();
        file = index.file(chosen, name);
      }
      if (file === null) return null;
      const content = await resolve(file);
      const fate = fates.get(content.ordinal);
      const held = fate === undefined || fate === 'gone' ? null : heldLength(fate.held);
      return { size: content.size ?? held, open: () => open(content), openRandom: () => openRandom(content) };
    },
    async finish() {
      while (!ended) await step();
      checkSame(chosen, index.chosen(true));
      await watch?.finish(chosen.path);
    },
    close: () => walk.close(),
  });

  try {
    // Headers of an archive that can be stepped through cost little: then everything is known before the first answer.
    const all = again !== null && first.seekable;
    do {
      await step();
      image = ended || !(all && !walk.compressed) ? index.chosen(ended) : null;
    } while (!ended && image === null);
    if (image === null) throw walk.unread[0] ?? noImage(seen, ordinal, select);
    for (const file of passed) if (index.file(image, index.nameOf(file))?.ordinal !== file.ordinal) throw outOfOrder(file);
    return container(image);
  } catch (error) {
    await walk.close();
    throw error;
  }
}

/** Members that an error names. */
const MOST_SEEN = 3;

/** Several images are an error by themselves; this is one that turns out to be of another kind. */
function checkSame(image: IndexedImage, now: IndexedImage | null): void {
  if (now !== null && (now.path !== image.path || now.kind !== image.kind)) throw otherImage(image, now);
}
