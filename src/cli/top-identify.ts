import { snapshot } from "../capture/procfs/snapshot.ts";
import { createLookup } from "../diagnosis/lookup.ts";
import type { Identity } from "../diagnosis/result.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { mountNamespaceOf } from "../platform/namespace.ts";
import type { TopRow } from "../top/table.ts";

/** Whose file the program of a row is, or the code of the message that says why that cannot be told. */
export type IdentifyAnswer =
  | { identity: Identity }
  | {
      code: "top.identity.unknown" | "top.identity.relative" | "top.identity.no-root" | "top.identity.failed";
      args: { program: string; why: string };
    };

/** Asks the package database of the root that the row's processes run in: the host's, or a container's. */
export async function identifyRow({ program, memberPid, reapers, spawner }: TopRow): Promise<IdentifyAnswer> {
  const { exe, comm, mountNamespace } = program;
  if (exe === null) return { code: "top.identity.unknown", args: { program: `(${comm})`, why: "" } };
  if (!exe.startsWith("/")) return { code: "top.identity.relative", args: { program: exe, why: "" } };
  try {
    const { processes } = snapshot();
    const lookup = createLookup({ root: null, processes, ownMountNamespace: mountNamespaceOf("self") });
    const near = [memberPid, reapers[0]?.pid, spawner?.pid];
    const there = [...near.map((pid) => processes.get(pid ?? 0)), ...processes.values()];
    const { root, rootMount } = there.find((one) => one?.mountNamespace === mountNamespace) ?? {};
    const dir = lookup.rootOf({ mountNamespace, root: root ?? "/", rootMount: rootMount ?? null }, near);
    const examiner = dir === null ? null : await lookup.examiner(dir);
    if (examiner === null) return { code: "top.identity.no-root", args: { program: exe, why: dir ?? "" } };
    return { identity: examiner.identify(exe) };
  } catch (error) {
    if (errnoOf(error) === "") throw error;
    return { code: "top.identity.failed", args: { program: exe, why: reasonOf(error) } };
  }
}
