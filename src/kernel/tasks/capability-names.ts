/** Names of Linux capabilities. */

/**
 * By number.
 *
 * @see Linux include/uapi/linux/capability.h; capabilities(7)
 */
const CAPABILITIES = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap', 'linux_immutable'],
  ...['net_bind_service', 'net_broadcast', 'net_admin', 'net_raw', 'ipc_lock', 'ipc_owner', 'sys_module', 'sys_rawio'],
  ...['sys_chroot', 'sys_ptrace', 'sys_pacct', 'sys_admin', 'sys_boot', 'sys_nice', 'sys_resource', 'sys_time', 'sys_tty_config'],
  ...['mknod', 'lease', 'audit_write', 'audit_control', 'setfcap', 'mac_override', 'mac_admin', 'syslog', 'wake_alarm'],
  ...['block_suspend', 'audit_read', 'perfmon', 'bpf', 'checkpoint_restore'],
] as const;

/** The capabilities of a set in ascending order: `cap_chown`; one without a name is `cap_63`. */
export function capabilityNames(set: bigint): string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((set >> BigInt(bit)) & 1n) !== 0n) names.push(`cap_${CAPABILITIES[bit] ?? bit}`);
  }
  return names;
}
