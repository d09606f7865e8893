/** Gate `fs-endianness`: the filesystem checkpoint has the byte order of the host. */
import { FILESYSTEM_ORDER, type FilesystemGate } from '../filesystem-gate.ts';
import { fail, pass, reason } from '../gate.ts';
import { quoted } from '../go-syntax.ts';

/** amd64, and arm64 as runsc is built for it. */
const CURRENT = 'little';

/** @see gVisor runsc/boot/fscheckpoint.go: startFSRestore; pkg/hostarch/hostarch.go: EndianString */
export const fsEndianness: FilesystemGate = {
  id: 'fs-endianness',
  needsManifest: true,
  check: ({ manifest: { endian } }, _host, rules) => {
    if (endian === CURRENT) return pass();
    const message = `the filesystem checkpoint has the byte order ${JSON.stringify(endian)}, and the host ${JSON.stringify(CURRENT)}`;
    const because = reason('CKPT1921', FILESYSTEM_ORDER.endianness, message, { image: endian, host: CURRENT });
    const error = `filesystem checkpoint endianness ${quoted(endian)} does not match current endianness ${quoted(CURRENT)}`;
    return fail(because, rules, error);
  },
};
