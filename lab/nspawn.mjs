import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { allMembersOf } from "./bounds.mjs";
import { OVER, launch } from "./launch.mjs";
import { orNull } from "./processes.mjs";

/**
 * Boots systemd as PID 1 of DIR/root in systemd-nspawn, with a network of its own (loopback), bounded by the cgroups and
 * by `seconds`. nspawn makes its own cgroups below them. /run is a tmpfs inside, but for `shared`, a folder of the root.
 * @param binds paths here → paths inside, read-only there
 * @returns the handle of `launch`
 */
export async function enterContainer({ dir, cgroups, seconds, nice = 0, shared, binds = {} }) {
  // A killed nspawn leaves its container behind; within another PID namespace the kernel ends both.
  const unshare = ["--pid", "--fork", "--kill-child=KILL", "--mount", "--mount-proc", "--propagation", "private"];
  const argv = ["unshare", ...unshare, "sh", "-euc", START, "sh", dir, shared, OVER];
  argv.push(`--machine=${basename(dir)}`);
  argv.push(...Object.entries(binds).map(([from, to]) => `--bind-ro=${from}:${to}`));
  const initOf = () => allMembersOf(cgroups[0]).find(isInit) ?? null;
  return launch({ dir, cgroups, seconds, nice, argv, initOf });
}

/** systemd as the first process of a PID namespace below ours (NSpid of /proc/PID/status has both numbers). */
function isInit(pid) {
  const status = orNull(() => readFileSync(`/proc/${pid}/status`, "latin1")) ?? "";
  return /^NSpid:(?:\s+\d+)+\s+1$/m.test(status) && /^Name:\s+systemd$/m.test(status);
}

/**
 * With a /run of its own, where nspawn keeps its locks, and where the shared folder is seen once nspawn has covered /run
 * of the root. Arguments: folder of the run, folder to share, name of the file that says that it is over, further arguments
 * of nspawn. Under --keep-unit nspawn ends with 133 when the container reboots, and leaves it to its caller to boot it
 * again (systemd-nspawn(1)): what this shell started last is in the cgroups, and under the deadline, of all before it.
 */
const START = `
dir=$1 shared=$2 over=$3; shift 3
mount -t tmpfs -o mode=755 whoforks-lab /run
mkdir /run/shared
mount --bind "$dir/root$shared" /run/shared
status=133
while [ "$status" = 133 ] && [ ! -e "$dir/$over" ]; do
  status=0
  systemd-nspawn --boot --quiet --register=no --keep-unit --private-network --console=pipe --link-journal=no \\
  --resolv-conf=off --timezone=off --drop-capability=CAP_AUDIT_CONTROL --directory="$dir/root" --bind="/run/shared:$shared" "$@" \\
  </dev/null >"$dir/console" 2>&1 || status=$?
done
exit "$status"
`;
