/** Gate `fs-page-size`: the filesystem checkpoint has pages of the size that the restoring runsc uses. */
import { whyNoPageSize } from '../assumed-page-size.ts';
import { FILESYSTEM_ORDER, type FilesystemGate } from '../filesystem-gate.ts';
import { fail, pass, reason, unknown } from '../gate.ts';

const ORDER = FILESYSTEM_ORDER.pageSize;
const USUAL = 4096;
/** Sizes that runsc is built for. On a host with another one it does not start. */
const BUILT_FOR: readonly number[] = [4096, 65_536];

/** @see gVisor runsc/boot/fscheckpoint.go: startFSRestore; pkg/hostarch/hostarch_arm64_{4k,64k}.go; Linux arch/arm64/Kconfig: ARM64_4K_PAGES */
export const fsPageSize: FilesystemGate = {
  id: 'fs-page-size',
  needsManifest: true,
  check: ({ manifest }, host, rules) => {
    const saved = manifest.pageSize;
    const size = host.arch === 'amd64' ? USUAL : host.pageSize.value;
    if (size === null) {
      const unassumed = whyNoPageSize(host);
      if (saved === BigInt(USUAL) && unassumed === null) {
        const message = 'the description of the host does not hold the page size; 4 KiB is assumed';
        return pass(reason('CKPT1912', ORDER, message, { assumed: USUAL }));
      }
      const why = unassumed ?? `the image has pages of ${saved} bytes, which is not what can be assumed`;
      return unknown(reason('CKPT1913', ORDER, `the page size of the host is unknown: ${why}`, { image: saved.toString(), why }));
    }
    if (saved === BigInt(size)) return pass();
    const message = `the filesystem checkpoint has pages of ${saved} bytes, and the host of ${size}`;
    const error = `filesystem checkpoint page size ${saved} does not match current page size ${size}`;
    const because = reason('CKPT1911', ORDER, message, { image: saved.toString(), host: size });
    return fail(because, rules, BUILT_FOR.includes(size) ? error : null);
  },
};
