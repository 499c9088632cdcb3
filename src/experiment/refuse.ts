import type { Untrusted } from "../model/text.ts";
import type { Sentence } from "./result.ts";

/** What has to be known about a process before it may be held. */
export interface Candidate {
  pid: number;
  comm: Untrusted;
  kernelThread: boolean;
  /** Leader of its session (field 6 of /proc/PID/stat). */
  session: number | null;
  /** Its unit by its cgroup; null: none. */
  unit: Untrusted | null;
}

/** Who asks. */
export interface Asker {
  /** This process and all above it. */
  line: ReadonlySet<number>;
  /** Session of this process; null: not known. */
  session: number | null;
  /** Unit that was named in so many words. */
  named: Untrusted | null;
}

/** Without these a host cannot be reached, cannot log in anybody or cannot keep its own account; globs of one `*`. */
const VITAL = [
  "init.scope",
  "systemd-*",
  "dbus.service",
  "dbus-broker.service",
  "ssh.service",
  "sshd.service",
  "ssh@*",
  "sshd@*",
  "NetworkManager.service",
  "networking.service",
  "wpa_supplicant.service",
  "auditd.service",
  "rsyslog.service",
  "polkit.service",
  "getty@*",
  "serial-getty@*",
  "user@*",
  "lvm2-*",
  "multipathd.service",
  "iscsid.service",
  "docker.service",
  "containerd.service",
  "kubelet.service",
  "corosync.service",
  "pacemaker.service",
  "udev",
  "networking",
  "ssh",
  "sshd",
  "dbus",
  "rsyslog",
];

/** Whether a unit is one that a host cannot do without. */
export function isVital(unit: Untrusted): boolean {
  return VITAL.some((one) => (one.endsWith("*") ? unit.startsWith(one.slice(0, -1)) : unit === one));
}

/** Why this process must not be held; null: it may be. Pure. */
export function refusal(one: Candidate, asker: Asker): Sentence | null {
  const no = (code: string): Sentence => ({
    code: `experiment.refused.${code}`,
    args: { pid: one.pid, comm: one.comm, unit: one.unit },
  });
  if (one.pid === 1) return no("pid-1");
  if (one.kernelThread) return no("kernel-thread");
  if (asker.line.has(one.pid)) return no("own-line");
  if (one.session !== null && one.session !== 0 && one.session === asker.session) return no("own-session");
  if (one.unit !== null && isVital(one.unit) && one.unit !== asker.named) return no("vital");
  return null;
}
