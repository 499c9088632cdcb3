import type { Check, Gift, Note } from "../../model/doctor.ts";
import { AS_ROOT, check, note } from "./check.ts";
import { textOf, wholeTextOf, type Circumstances } from "./circumstances.ts";

const GIVES: readonly Gift[] = ["forks", "exit-codes", "reapers", "losses-counted"];
const NETLINK_CONNECTOR = "11";

/**
 * The proc connector, without opening it: the kernel lists who answers on the connector in /proc/net/connector
 * (`cn_proc 1:1`), and its own socket in /proc/net/netlink of the network namespace that it answers in.
 */
export function connectorCheck(now: Circumstances): Check {
  const unusable = (notes: Note[], rest: Partial<Check> = {}): Check =>
    check("netlink", "unusable", { gives: GIVES, notes, ...rest });
  const callbacks = textOf("/proc/net/connector");
  const built = callbacks === null ? now.config("PROC_EVENTS") : /^cn_proc\b/m.test(callbacks);
  if (!now.initialPidNamespace || !now.initialUserNamespace || !kernelSocketHere())
    return unusable([note("connector-namespaces"), note("container-flags")]);
  if (built === false) return unusable([note("no-connector")]);
  if (now.koffi !== null) {
    // The command is that of the check "koffi".
    return unusable([note("needs-koffi"), ...(now.root ? [] : [note("needs-root")])]);
  }
  if (!now.root) return unusable([note("needs-root")], { needsRoot: true, command: AS_ROOT });
  if (!now.netAdmin) return unusable([note("no-net-admin"), note("container-flags")]);
  return check("netlink", "remark", { gives: GIVES, notes: [note("connector-names")] });
}

/** A row with protocol 11 and port 0: `00000000aa52b8e4 11  0  00000000 …`. True where the file cannot be read. */
function kernelSocketHere(): boolean {
  const text = wholeTextOf("/proc/net/netlink");
  if (text === null) return true;
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(([, protocol, port]) => protocol === NETLINK_CONNECTOR && port === "0");
}
