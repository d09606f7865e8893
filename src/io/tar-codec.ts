/** The tar package: the only file that knows it. */
export { type Header, type Pack, pack } from 'tar-stream';
