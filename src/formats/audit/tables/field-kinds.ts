// Written by scripts/generate-audit-tables.mjs; do not edit.
export const ENCODED =
  "acct addr apparmor cgroup cmd comm cwd data device dir exe file grp invalid_context key name new-chardev new-disk new-fs new-net new-rng ocomm old-chardev old-disk old-fs old-net old-rng path proctitle saddr vm watch";
export const DECIMAL =
  "argc audit_backlog_limit audit_backlog_wait_time audit_enabled audit_failure auid capability cap_fe changed compat dport egid enforcing entries errno euid exit family fd fe fsgid fsuid gid igid ipid ino inode inode_gid inode_uid item items iuid len lport list major minor nargs new-enabled new_gid new_lock new-log_passwd nlnk-pid oauid obj_gid obj_uid ogid old-auid old-enabled old_enforcing old_lock old-log_passwd old_prom old-ses old_val opid oses ouid permissive pid ppid prom proto res rport sauid seqno ses sgid sig sigev_signo spid sport suid syscall uid val vm-pid";
export const HEX =
  "arch cap_fi cap_fp cap_fver cap_pa cap_pe cap_pi cap_pp code flags fi fp fver ioctlcmd old_pa old_pe old_pi old_pp pa pe pi pp per qbytes";
