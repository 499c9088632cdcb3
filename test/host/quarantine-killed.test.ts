import * as fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isMarked } from "../../src/journal/unfinished.ts";
import { Disks, snapshot, type Told } from "./quarantine-lab.ts";

const PATH = "/usr/bin/atd";

let disks: Disks;
beforeAll(async () => {
  disks = await Disks.open("mkdir disk; truncate -s 16M image; mkfs.ext4 -qF image; mount -o loop image disk");
  disks.sh(`
    mkdir -p disk/usr/bin disk/var/lib
    head -c 70000 /dev/urandom > disk/usr/bin/atd
    chown 7:8 disk/usr/bin/atd; chmod 4751 disk/usr/bin/atd
    setcap cap_net_raw+ep disk/usr/bin/atd
    python3 - <<'END'
import os
path = "disk/usr/bin/atd"
os.setxattr(path, "user.note", b"\\x00\\xffbytes")
os.setxattr(path, "security.selinux", b"system_u:object_r:bin_t:s0\\0")
def entry(tag, perm, who=0xffffffff):
    return tag.to_bytes(2, "little") + perm.to_bytes(2, "little") + who.to_bytes(4, "little")
acl = entry(1, 7) + entry(2, 4, 1000) + entry(4, 5) + entry(16, 5) + entry(32, 1)
os.setxattr(path, "system.posix_acl_access", (2).to_bytes(4, "little") + acl)
os.utime(path, ns=(1_111_111_111_123_456_789, 987_654_321_987_654_321))
END
    chattr +ia disk/usr/bin/atd; chattr +i disk/usr/bin
  `);
});
afterAll(() => disks?.close());

const tree = (): string => disks.at("disk");
/** In a process that is killed in the n-th call by which it changes anything, its journal included. */
const killed = (args: string[], n: number): Told =>
  disks.drive(args, { DIE_IN_CALL: String(n), COUNT_CALLS: disks.at("count") });
const count = (): number => Number(fs.readFileSync(disks.at("count"), "utf8"));

describe("killed between any two of its changes", { timeout: 300_000 }, () => {
  it("quarantine leaves a state from which restore leads back to the start, whole", async () => {
    const before = snapshot(tree(), PATH);
    const states = new Set<string>();
    for (let point = 1; ; point++) {
      const told = killed(["quarantine", tree(), PATH], point);
      if (!told.killed) {
        expect(told.answer).toMatchObject({ state: "standing", remaining: [] });
        expect(count()).toBe(point - 1);
        await disks.restore((told.answer as { id: string }).id);
        break;
      }
      const left = disks
        .journal()
        .runs()
        .runs.find(({ end }) => end !== "undone");
      if (left !== undefined) {
        expect(isMarked(disks.state) || left.end === "standing").toBe(true);
        states.add(`${left.steps.at(-1)?.kind} ${left.steps.at(-1)?.state}`);
        expect(await disks.restore(left.head.id), `killed at ${point}`).toEqual([]);
      }
      expect(snapshot(tree(), PATH), `killed at ${point}`).toEqual(before);
    }
    // The harness met every step, begun and done.
    for (const kind of ["vault.make", "file.flags", "file.seal", "file.move", "processes.end"])
      for (const state of ["doing", "done"]) expect(states).toContain(`${kind} ${state}`);
    expect(snapshot(tree(), PATH)).toEqual(before);
    expect(isMarked(disks.state)).toBe(false);
  });

  it("restore is finished by restore", async () => {
    const before = snapshot(tree(), PATH);
    for (let point = 1; ; point++) {
      const { run } = await disks.quarantine("disk", PATH);
      const told = killed(["restore", run.id], point);
      if (told.killed) expect(await disks.restore(run.id), `killed at ${point}`).toEqual([]);
      expect(snapshot(tree(), PATH), `killed at ${point}`).toEqual(before);
      if (!told.killed) {
        expect(told.answer).toMatchObject({ state: "undone", remaining: [] });
        expect(count()).toBe(point - 1);
        expect(point).toBeGreaterThan(20);
        return;
      }
    }
  });
});
