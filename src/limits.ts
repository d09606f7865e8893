/**
 * Every ceiling that input meets, with its unit, its default, and the attack it stops.
 *
 * A ceiling that a real image could exceed can be raised by the caller (`--limit name=value`).
 */

/** Ceilings on what an input may make ckpt do. All are inclusive: a value equal to the ceiling is accepted. */
export interface Limits {
  /** Bytes of header metadata. gVisor's own ceiling (statefile.go: maxMetadataSize); stops a length that claims the address space. */
  readonly metadataBytes: number;
  /** Bytes of one compressed or framed chunk. gVisor writes 1 MiB chunks; direct writes of keyed images may be longer. */
  readonly chunkBytes: number;
  /** Bytes of one decoded object graph, held in memory. Stops a deflate bomb from filling memory. */
  readonly graphBytes: number;
  /** Objects in one graph. Stops a graph of empty objects from filling the index. */
  readonly graphObjects: number;
  /** Type declarations in one graph; real images have under 700. */
  readonly graphTypes: number;
  /** Fields of one declared type; real types have under 100. */
  readonly typeFields: number;
  /** Nesting of values and type specs inside one object; real images stay under 20. */
  readonly depth: number;
  /** Dots of one reference; real images stay under 10. */
  readonly dots: number;
  /** Object graphs in one stream; real images have under 50. */
  readonly graphs: number;
  /** Structs of one graph that are looked at one by one (threads, floating-point states, tmpfs). Stops 67 million empty ones in a small file. */
  readonly watchedStructs: number;
  /** Elements of one array, and entries of one map, that are read one by one; skipping has no such ceiling. */
  readonly elements: number;
  /** Bytes of one process's arguments, and of its environment, that are read out of the saved memory. Linux itself allows a quarter of the stack, 2 MiB. */
  readonly argumentBytes: number;
  /** Bytes of the saved memory that one reading of an image collects. Stops a million processes with long arguments from filling memory. */
  readonly capturedBytes: number;
  /** Members of one archive, of nested ones too. Stops gigabytes of empty members. */
  readonly archiveMembers: number;
  /** Compressions and archives inside one another: a tar in zstd in a layer of an archive of an image is 4. */
  readonly archiveNesting: number;
  /** Bytes that a compressed input may expand to whatever its size; beyond that `expansionRatio` counts. */
  readonly expandedBytes: number;
  /** Bytes that each byte of a compressed input may expand to, once it expands beyond `expandedBytes`. Stops a bomb that costs hours. */
  readonly expansionRatio: number;
  /** Bytes of files of an image that go by in a pipe before they are needed, kept in memory until they are. */
  readonly heldBytes: number;
  /** Bytes of one index, manifest or other list that says where an image is (OCI, fscheckpoint). */
  readonly manifestBytes: number;
  /** Pages of one image that are read to find equal ones: 256 GiB. Each takes up to 40 bytes of memory. */
  readonly scannedPages: number;
  /** Bytes of a host description; those of Kubernetes in JSON meet `nodesBytes`. */
  readonly hostBytes: number;
  /** Bytes of a JSON description of Kubernetes nodes: `kubectl get nodes -o json` has 5 to 15 KB for each. */
  readonly nodesBytes: number;
  /** Objects of Kubernetes in one host description. Stops sixteen million empty ones, each of which would be an error. */
  readonly nodes: number;
  /** Characters of YAML: its parser is slow, and takes up to a hundred bytes of memory for each. */
  readonly yamlBytes: number;
  /** Bytes of an OCI runtime spec (config.json). */
  readonly specBytes: number;
  /** Bytes of a configuration (ckpt.yaml), and of the file of accepted findings. */
  readonly configBytes: number;
  /** Values in one document of specs; real ones have under 2,000 for each container. Stops five million empty mounts. */
  readonly specValues: number;
  /** Bytes of an HMAC key. */
  readonly keyBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  metadataBytes: 16 * 1024 * 1024,
  chunkBytes: 256 * 1024 * 1024,
  graphBytes: 1024 * 1024 * 1024,
  graphObjects: 64 * 1024 * 1024,
  graphTypes: 65_536,
  typeFields: 4096,
  depth: 256,
  dots: 256,
  graphs: 1_048_576,
  watchedStructs: 1_048_576,
  elements: 4_194_304,
  argumentBytes: 2 * 1024 * 1024,
  capturedBytes: 64 * 1024 * 1024,
  archiveMembers: 1_048_576,
  archiveNesting: 8,
  expandedBytes: 8 * 1024 * 1024 * 1024,
  expansionRatio: 1000,
  heldBytes: 256 * 1024 * 1024,
  manifestBytes: 16 * 1024 * 1024,
  scannedPages: 64 * 1024 * 1024,
  hostBytes: 16 * 1024 * 1024,
  nodesBytes: 256 * 1024 * 1024,
  nodes: 65_536,
  yamlBytes: 16 * 1024 * 1024,
  specBytes: 16 * 1024 * 1024,
  configBytes: 16 * 1024 * 1024,
  specValues: 524_288,
  keyBytes: 65_536,
};
