/** The protobuf package: the only file that knows it. */
export { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
