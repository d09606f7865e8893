/**
 * What the labels of KubeVirt prove about the features that gVisor compares: what QEMU can give a virtual machine on the node.
 *
 * Read in KubeVirt: cmd/virt-launcher/node-labeller/node-labeller.sh (libvirt is asked with the type kvm where /dev/kvm is there, else qemu,
 * which emulates features that the CPU lacks), pkg/virt-handler/node-labeller/node_labeller.go and cpu_plugin.go. The names are libvirt's,
 * src/cpu_map/x86_features.xml.
 */
import type { LabelEvidence } from './nfd-evidence.ts';

/** What stands before the name of a feature. */
export const KUBEVIRT_FEATURE_PREFIX = 'cpu-feature.node.kubevirt.io/';
/** The same for the features that migrating a virtual machine of the node's own model asks for. */
export const KUBEVIRT_REQUIRED_PREFIX = 'host-model-required-features.node.kubevirt.io/';
/** What stands before the vendor, `Intel` or `AMD`. */
export const KUBEVIRT_VENDOR_PREFIX = 'cpu-vendor.node.kubevirt.io/';
/** The device that a node offers when KubeVirt found /dev/kvm; the labels prove nothing on a node without it. */
export const KUBEVIRT_KVM_DEVICE = 'devices.kubevirt.io/kvm';

const OFFERED =
  'KVM offers it to virtual machines only where the CPU has it; libvirt leaves out features for reasons of its own, so a missing label proves nothing';
const OF_THE_VIRTUAL_MACHINE =
  'KVM or QEMU gives it to virtual machines whether the CPU has it or not, or hides it for reasons of its own';

/** Instructions and data formats, which KVM passes on from the CPU. @see Linux arch/x86/kvm/cpuid.c: kvm_set_cpu_caps */
const PASSED_ON =
  'pni pclmulqdq=pclmuldq ssse3 fma cx16 sse4_1=sse4.1 sse4_2=sse4.2 movbe popcnt aes xsave avx f16c rdrand fpu cx8 cmov clflush mmx fxsr sse ' +
  'sse2 bmi1 hle avx2 bmi2 erms rtm mpx avx512f avx512dq rdseed adx clfushopt=clflushopt clwb avx512pf avx512er avx512cd sha_ni=sha-ni ' +
  'avx512bw avx512vl avx512vbmi avx512_vbmi2=avx512vbmi2 gfni vaes vpclmulqdq avx512_vnni=avx512vnni avx512_bitalg=avx512bitalg ' +
  'avx512_vpopcntdq=avx512-vpopcntdq cldemote movdiri movdir64b avx512_4vnniw=avx512-4vnniw avx512_4fmaps=avx512-4fmaps fsrm ' +
  'avx512_vp2intersect=avx512-vp2intersect serialize tsxldtrk=tsx-ldtrk amx_bf16=amx-bf16 avx512_fp16=avx512-fp16 amx_tile=amx-tile ' +
  'amx_int8=amx-int8 xsaveopt xsavec xgetbv1 lahf_lm abm sse4a misalignsse 3dnowprefetch xop fma4 tbm mmxext fxsr_opt 3dnowext 3dnow';

/** The rest: what belongs to the virtual machine (APIC, timers, topology, speculation control), and what KVM can emulate. */
const OWN =
  'vme de pse tsc msr pae mce apic sep mtrr pge mca pat pse36 pn dts=ds acpi ss ht tm ia64 pbe dtes64 monitor ds_cpl vmx smx est tm2 cid xtpr ' +
  'pdcm pcid dca x2apic tsc_deadline_timer=tsc-deadline osxsave hypervisor fsgsbase tsc_adjust smep invpcid cqm=cmt smap ipt=intel-pt umip pku ' +
  'ospke waitpkg la57 rdpid md_clear=md-clear pconfig arch_lbr=arch-lbr spec_ctrl=spec-ctrl intel_stibp=stibp ' +
  'arch_capabilities=arch-capabilities core_capabilities=core-capability spec_ctrl_ssbd=ssbd xsaves cmp_legacy svm extapic ' +
  'cr8_legacy=cr8legacy osvw ibs skinit wdt lwp tce topoext perfctr_core perfctr_nb syscall nx pdpe1gb rdtscp lm';

/** One row for each feature that libvirt has a name for. */
export const KUBEVIRT_FEATURES: readonly LabelEvidence[] = [
  ...rows(PASSED_ON, 'proves', OFFERED),
  ...rows(OWN, 'nothing', OF_THE_VIRTUAL_MACHINE),
];

function rows(names: string, present: LabelEvidence['present'], why: string): LabelEvidence[] {
  return names.split(' ').map((name) => {
    const [feature = '', label = feature] = name.split('=');
    return { feature, label, present, absent: 'nothing', why };
  });
}
