import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { StepRefused } from "../../src/journal/types.ts";
import { openRoot } from "../../src/platform/root.ts";
import { planQuarantine, type Plan } from "../../src/quarantine/plan.ts";
import { quarantine, type Quarantined } from "../../src/quarantine/quarantine.ts";
import { findProcesses } from "../../src/quarantine/processes.ts";
import { Disks, namesBelow, snapshot, type Snapshot } from "./quarantine-lab.ts";

const PATH = "/usr/bin/atd";

let disks: Disks;
let before: Snapshot;
beforeAll(async () => {
  disks = await Disks.open(`
    mkdir disk; truncate -s 8M image; mkfs.ext4 -qF -m 0 image; mount -o loop image disk
    mkdir -p disk/usr/bin disk/var/lib disk/opt/other
    mount -t tmpfs other disk/opt/other
  `);
});
afterAll(() => disks?.close());
beforeEach(() => {
  disks.sh(
    "rm -rf disk/usr disk/decoys disk/var/lib/whoforks disk/.whoforks-quarantine; mkdir -p disk/usr/bin; head -c 5000 /dev/urandom > disk/usr/bin/atd; chmod 6755 disk/usr/bin/atd",
  );
  before = snapshot(tree(), PATH);
});

const tree = (): string => disks.at("disk");
const plan = (path = PATH): Plan => planQuarantine(openRoot(tree()), path);
const carryOut = (planned: Plan): Promise<Quarantined> =>
  quarantine(planned, disks.journal(), { version: "0", watchMs: 0 });
const unchanged = (): void => expect(snapshot(tree(), PATH)).toEqual(before);
const refusal = (code: string): Error => expect.objectContaining({ why: expect.objectContaining({ code }) as unknown });

describe("a file system that does not let it", () => {
  it("read-only: undone, and nothing was written", async () => {
    disks.sh("mount -o remount,ro disk");
    const told = await carryOut(plan());
    disks.sh("mount -o remount,rw disk");
    expect(told).toMatchObject({ state: "undone", remaining: [], why: { args: { code: "EROFS" } } });
    unchanged();
  });

  it("full: undone", async () => {
    disks.sh("dd if=/dev/zero of=disk/filling bs=4k 2>/dev/null || :; mkdir disk/last 2>/dev/null || :");
    const full = snapshot(tree(), PATH);
    const told = await carryOut(plan());
    // A folder may still find a block: then all of it went well, because moving needs none.
    expect(["undone", "standing"]).toContain(told.state);
    if (told.state === "standing") expect(await disks.restore(told.run.id)).toEqual([]);
    expect(snapshot(tree(), PATH)).toEqual(full);
    disks.sh("rm -rf disk/filling disk/last");
    unchanged();
  });

  it("the journal's full or broken: nothing is begun", () => {
    for (const errno of [28, 5]) {
      const { answer } = disks.drive(["quarantine", tree(), PATH], { FAIL_CALL: `pwrite64:${errno}` });
      expect(answer?.threw).toContain("journal: unusable");
      unchanged();
    }
    expect(disks.journal().unfinished()).toEqual([]);
  });

  it.each([18, 5, 116])("rename fails with errno %i: undone", (errno) => {
    const { answer } = disks.drive(["quarantine", tree(), PATH], { FAIL_CALL: `renameat2:${errno}` });
    expect(answer).toMatchObject({ state: "undone", remaining: [] });
    unchanged();
  });

  it("has no RENAME_NOREPLACE, as NFS: done by two calls each way, and still never over something", () => {
    const without = { FAIL_CALL: "renameat2:22" };
    const { answer } = disks.drive(["quarantine", tree(), PATH], without);
    expect(answer).toMatchObject({ state: "standing" });
    const id = answer?.id as string;
    disks.sh("echo mine > disk/usr/bin/atd");
    expect(disks.drive(["restore", id], without).answer?.remaining).toEqual([refusal("quarantine.taken"), ...rest()]);
    expect(fs.readFileSync(tree() + PATH, "utf8")).toBe("mine\n");
    disks.sh("rm disk/usr/bin/atd");
    expect(disks.drive(["restore", id], without).answer).toMatchObject({ state: "undone", remaining: [] });
    unchanged();
  });

  it("another one: kept at the top of its own mount", async () => {
    disks.sh("cp -p disk/usr/bin/atd disk/opt/other/atd");
    const there = snapshot(tree(), "/opt/other/atd");
    const { run, state } = await carryOut(plan("/opt/other/atd"));
    expect(state).toBe("standing");
    expect(namesBelow(tree())).toContain(`opt/other/.whoforks-quarantine/${run.id}`);
    expect(await disks.restore(run.id)).toEqual([]);
    expect(snapshot(tree(), "/opt/other/atd")).toEqual(there);
    disks.sh("rm disk/opt/other/atd");
  });
});

/** What is left beside the move when that was refused: nothing else was tried. */
function rest(): unknown[] {
  return [refusal("undo.not-tried"), refusal("undo.not-tried"), refusal("undo.not-tried")];
}

describe("somebody else in between", () => {
  it("restore is refused when the content changed, or the name is taken, and the quarantine stands", async () => {
    const { run } = await carryOut(plan());
    const stored = `${tree()}/var/lib/whoforks/quarantine/${run.id}`;
    const content = fs.readFileSync(stored);
    fs.appendFileSync(stored, "x");
    expect(await disks.restore(run.id)).toEqual([refusal("quarantine.content-changed"), ...rest()]);
    expect(
      disks
        .journal()
        .runs()
        .runs.find(({ head }) => head.id === run.id)?.end,
    ).toBe("standing");
    expect(fs.existsSync(tree() + PATH)).toBe(false);
    fs.writeFileSync(stored, content);
    const mtime = Number(before.file.mtimeNs) / 1e9;
    fs.utimesSync(stored, mtime, mtime);
    fs.symlinkSync("/etc/passwd", tree() + PATH);
    expect(await disks.restore(run.id)).toEqual([refusal("quarantine.taken"), ...rest()]);
    expect(fs.readlinkSync(tree() + PATH)).toBe("/etc/passwd");
    fs.unlinkSync(tree() + PATH);
    // The times were altered by this test as well: they come back to the nanosecond.
    expect(await disks.restore(run.id)).toEqual([]);
    unchanged();
  });

  it("a link in place of the file is refused, before the plan and after it, and what it leads to is not touched", async () => {
    const planned = plan();
    disks.sh(
      "mkdir disk/decoys; mv disk/usr/bin/atd disk/decoys/kept; echo victim > disk/decoys/victim; ln -s ../../decoys/victim disk/usr/bin/atd",
    );
    const victim = fs.lstatSync(`${tree()}/decoys/victim`, { bigint: true });
    expect(() => plan()).toThrow(refusal("quarantine.is-link"));
    const told = await carryOut(planned);
    expect(told.why?.code).toBe("quarantine.another-file");
    expect(fs.lstatSync(`${tree()}/decoys/victim`, { bigint: true }).ctimeNs).toBe(victim.ctimeNs);
    expect(fs.readlinkSync(tree() + PATH)).toBe("../../decoys/victim");
    // Nothing had been done to the file, so nothing is left to do.
    expect(told).toMatchObject({ state: "undone", remaining: [] });
  });

  it("a folder on the way that becomes a link is not followed", async () => {
    const planned = plan();
    disks.sh(
      "mkdir disk/decoys; echo decoy > disk/decoys/atd; mv disk/usr/bin disk/usr/was; ln -s ../decoys disk/usr/bin",
    );
    const decoy = snapshot(tree(), "/decoys/atd").file;
    const told = await carryOut(planned);
    expect(told.state).not.toBe("standing");
    expect(snapshot(tree(), "/decoys/atd").file).toEqual(decoy);
    disks.sh("rm disk/usr/bin; mv disk/usr/was disk/usr/bin; rm -r disk/decoys");
    unchanged();
  });

  it("a link or a folder of others in the vault's place is no vault", async () => {
    const planned = plan();
    disks.sh("mkdir disk/decoys; ln -s ../../decoys disk/var/lib/whoforks");
    const told = await carryOut(planned);
    expect(told).toMatchObject({ state: "undone", why: { code: "quarantine.vault-unsafe" } });
    expect(fs.readdirSync(`${tree()}/decoys`)).toEqual([]);
    // A new plan takes the other place.
    expect(plan().vault.at.path).toBe("/.whoforks-quarantine");
    disks.sh("mkdir disk/.whoforks-quarantine; chmod 777 disk/.whoforks-quarantine");
    expect(() => plan()).toThrow(StepRefused);
    disks.sh("rmdir disk/.whoforks-quarantine disk/decoys; rm disk/var/lib/whoforks");
    unchanged();
  });

  it("a hostile process that replaces the file all the time loses no file of another, and is told", async () => {
    disks.sh("mkdir disk/decoys; ln disk/usr/bin/atd disk/decoys/kept");
    const hostile = spawn(
      "python3",
      [
        "-c",
        `
import os, sys
path, spare, kept = sys.argv[1:]
while os.getppid() == int(os.environ["PARENT"]):
    for content in (None, b"decoy"):
        if content is None: os.link(kept, spare)
        else: open(spare, "wb").write(content)
        os.rename(spare, path)
        if os.path.exists(spare): os.unlink(spare)
`,
        tree() + PATH,
        `${tree()}/decoys/spare`,
        `${tree()}/decoys/kept`,
      ],
      { env: { ...process.env, PARENT: String(process.pid) }, stdio: "inherit" },
    );
    try {
      const outcomes = new Set<string>();
      for (let round = 0; round < 25; round++) {
        let told: Quarantined;
        try {
          told = await carryOut(plan());
        } catch (error) {
          // Gone, or changing, in the moment of the plan.
          expect(error).toBeInstanceOf(Error);
          continue;
        }
        outcomes.add(told.state);
        const { sha256 } = (told.run.state.head.details as { record: { sha256: string } }).record;
        const vault = `${tree()}/var/lib/whoforks/quarantine/${told.run.id}`;
        if (told.state === "standing") {
          const bytes = fs.readFileSync(vault);
          expect(spawnSync("sha256sum", { input: bytes, encoding: "utf8" }).stdout.slice(0, 64)).toBe(sha256);
          fs.rmSync(vault);
        } else if (told.state === "undone") expect(fs.existsSync(vault)).toBe(false);
        else expect(told.remaining.length).toBeGreaterThan(0);
      }
      expect(outcomes.size).toBeGreaterThan(0);
    } finally {
      hostile.kill("SIGKILL");
    }
    expect(fs.readFileSync(`${tree()}/decoys/kept`).length).toBe(5000);
    disks.sh("rm -rf disk/var/lib/whoforks");
  });

  it("further names of the file cannot be executed meanwhile, and can again", async () => {
    disks.sh("ln disk/usr/bin/atd disk/usr/bin/other");
    const planned = plan();
    expect(planned.concerns.map(({ kind }) => kind)).toEqual(["hard-links"]);
    const { run } = await carryOut(planned);
    const mode = (): number => fs.statSync(`${tree()}/usr/bin/other`).mode & 0o7777;
    expect(mode()).toBe(0);
    expect(await disks.restore(run.id)).toEqual([]);
    expect(mode()).toBe(0o6755);
  });

  it("a second run is told that one is under way", async () => {
    const held = disks.journal().begin({ action: "prove", subject: "x", root: "/", version: "0", details: null });
    await expect(carryOut(plan())).rejects.toThrow(/locked/);
    held.close();
    const again = disks.journal().resume(held.id);
    expect(await again.undoAll()).toEqual([]);
    again.close();
    unchanged();
  });
});

describe("its processes", () => {
  it("are ended, a chain that forks faster than anybody looks among them, and nobody else is", async () => {
    const source = fileURLToPath(new URL("quarantine-chain.c", import.meta.url));
    const target = tree() + PATH;
    const reaper = disks.at("reaper");
    expect(spawnSync("cc", ["-static", "-O1", "-o", reaper, source]).status).toBe(0);
    fs.copyFileSync(reaper, target);
    fs.copyFileSync("/bin/sleep", `${tree()}/usr/bin/other`);
    const bystander = spawn(`${tree()}/usr/bin/other`, ["60"], { argv0: "atd" });
    // A PID namespace of its own, which ends with its first process: by its deadline at the latest.
    const storm = spawn("unshare", ["-pf", "--kill-child", reaper, "20"], { env: { TARGET: target }, stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => storm.once("exit", resolve));
    try {
      const record = before.file;
      expect(record).toBeDefined();
      const planned = plan();
      while (findProcesses(planned.record).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const told = await carryOut(plan());
      expect(told).toMatchObject({ state: "standing", remaining: [] });
      // Its reaper had no child left before the deadline.
      expect(await ended).toBe(0);
      expect(bystander.exitCode).toBeNull();
      expect(bystander.signalCode).toBeNull();
      expect(await disks.restore(told.run.id)).toEqual([]);
      expect(fs.statSync(target).mode & 0o777).toBe(0o755);
    } finally {
      bystander.kill("SIGKILL");
      storm.kill("SIGKILL");
    }
  });

  it("this one's own program is never taken away", () => {
    expect(() => planQuarantine(openRoot("/"), fs.realpathSync(process.execPath))).toThrow(
      refusal("quarantine.protected-process"),
    );
  });
});
