/** CPU features in families, so that a list of a hundred names can be read. */

/** A family by the gVisor names that belong to it. The first family that fits has the feature. */
interface Family {
  readonly name: string;
  readonly members: RegExp;
}

/** @see Intel SDM vol. 1, ch. 5 (instruction groups); AMD APM vol. 3, app. D; Arm ARM, A2.2 */
const FAMILIES: readonly Family[] = [
  { name: 'AVX-512', members: /^avx512/ },
  { name: 'AMX', members: /^amx_/ },
  { name: 'AVX, FMA', members: /^(avx|avx2|avx_vnni|f16c|fma|fma4|xop)$/ },
  {
    name: 'SSE, MMX',
    members: /^(mmx|mmxext|sse|sse2|pni|ssse3|sse4_1|sse4_2|sse4a|misalignsse|3dnow|3dnowext|fxsr|fxsr_opt|fpu)$/,
  },
  { name: 'cryptography', members: /^(aes|pclmulqdq|sha_ni|vaes|vpclmulqdq|gfni|pmull|sha1|sha2|crc32|rdrand|rdseed)$/ },
  { name: 'bits, integers', members: /^(abm|adx|bmi1|bmi2|cx8|cx16|cmov|movbe|popcnt|tbm|lahf_lm)$/ },
  { name: 'state saving', members: /^(xsave|xsaveopt|xsavec|xgetbv1|xsaves|osxsave|fsgsbase|mpx|pku|ospke|cet_ss|ibt)$/ },
  {
    name: 'cache, memory',
    members: /^(clflush|clfushopt|clwb|cldemote|clzero|prefetchwt1|3dnowprefetch|erms|fsrm|movdiri|movdir64b|hle|rtm)$/,
  },
];

/** The names by family, families in fixed order and names in the order given; what belongs to none comes last. */
export function byFamily(names: readonly string[]): { readonly family: string; readonly names: readonly string[] }[] {
  const groups = new Map<string, string[]>(FAMILIES.map((family) => [family.name, []]));
  const others: string[] = [];
  for (const name of names) {
    const family = FAMILIES.find(({ members }) => members.test(name));
    (family === undefined ? others : (groups.get(family.name) ?? others)).push(name);
  }
  groups.set('other', others);
  return [...groups].filter(([, members]) => members.length > 0).map(([family, members]) => ({ family, names: members }));
}
