/** Numbers of the record types that matter here (include/uapi/linux/audit.h, lib/audit-records.h of audit-userspace). */
const BY_NUMBER: Readonly<Record<number, string>> = {
  1006: "LOGIN",
  1103: "CRED_ACQ",
  1104: "CRED_DISP",
  1105: "USER_START",
  1106: "USER_END",
  1110: "CRED_REFR",
  1123: "USER_CMD",
  1130: "SERVICE_START",
  1131: "SERVICE_STOP",
  1200: "DAEMON_START",
  1201: "DAEMON_END",
  1202: "DAEMON_ABORT",
  1203: "DAEMON_CONFIG",
  1205: "DAEMON_ROTATE",
  1206: "DAEMON_RESUME",
  1207: "DAEMON_ACCEPT",
  1208: "DAEMON_CLOSE",
  1209: "DAEMON_ERR",
  1300: "SYSCALL",
  1302: "PATH",
  1305: "CONFIG_CHANGE",
  1307: "CWD",
  1309: "EXECVE",
  1318: "OBJ_PID",
  1320: "EOE",
  1321: "BPRM_FCAPS",
  1326: "SECCOMP",
  1327: "PROCTITLE",
  1701: "ANOM_ABEND",
};

/** Name of a record type as written: `SYSCALL`, `1300` (kernel log), `UNKNOWN[1300]` (an older tool wrote it). */
export function typeName(written: string): string {
  const number = /^(?:UNKNOWN\[)?(\d{1,5})\]?$/.exec(written)?.[1];
  return number === undefined ? written : (BY_NUMBER[Number(number)] ?? written);
}
