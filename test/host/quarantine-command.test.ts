import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { openRoot } from "../../src/platform/root.ts";
import { planQuarantine, stepsOf } from "../../src/quarantine/plan.ts";
import { quarantineKinds } from "../../src/quarantine/step-kinds.ts";
import { snapshot, type Snapshot } from "./quarantine-lab.ts";
import { quarantine as schema } from "../../src/quarantine/schema.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PATH = "/usr/bin/atd";

let dir: string;
let root: string;
let before: Snapshot;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "whoforks-command-"));
  root = join(dir, "root");
  for (const folder of ["usr/bin", "var/lib"]) fs.mkdirSync(join(root, folder), { recursive: true });
  fs.writeFileSync(root + PATH, "#!/bin/sh\n", { mode: 0o755 });
  before = snapshot(root, PATH);
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const env = (): NodeJS.ProcessEnv => ({ ...process.env, WHOFORKS_STATE: join(dir, "state"), LC_ALL: "C.UTF-8" });
const tool = (args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8", env: env() });
  return { status, stdout, stderr };
};
const json = (args: string[]) => {
  const { status, stdout } = tool([...args, "--json"]);
  const answer = JSON.parse(stdout) as { id: string; state: string; [key: string]: unknown };
  // Nothing in it that the schema does not tell of.
  expect(schema.parse(answer)).toEqual(answer);
  return { status, answer };
};
const asked = (): string[] => ["quarantine", "--root", root, PATH];

describe("whoforks quarantine", () => {
  it("shows the plan and does nothing without a yes, then does it, lists it, and gives the file back", () => {
    expect(json(asked())).toMatchObject({
      status: 0,
      answer: { schema: "whoforks/quarantine/1", id: null, state: "planned" },
    });
    expect(snapshot(root, PATH)).toEqual(before);
    expect(fs.existsSync(join(dir, "state"))).toBe(false);

    const { status, answer } = json([...asked(), "--yes", "--watch", "0"]);
    expect(status).toBe(0);
    expect(answer).toMatchObject({ path: PATH, sha256: before.file.sha256, state: "standing", remaining: [] });
    expect(fs.existsSync(root + PATH)).toBe(false);
    expect(tool(["quarantine", "--list"]).stdout).toContain(answer.id);
    expect(tool(["restore", answer.id])).toMatchObject({ status: 0, stderr: "" });
    expect(fs.existsSync(root + PATH)).toBe(false);

    expect(json(["restore", "--yes", answer.id])).toMatchObject({
      status: 0,
      answer: { id: answer.id, state: "undone" },
    });
    expect(snapshot(root, PATH)).toEqual(before);
    expect(tool(["quarantine", "--list"]).stdout).toBe("nothing is in quarantine\n");
  });

  it("tells a file that came back, and a restore that must not be: exit codes 1 and 6", async () => {
    const child = spawn(process.execPath, [main, ...asked(), "--yes", "--watch", "10m", "--json"], { env: env() });
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    while (fs.existsSync(root + PATH)) await new Promise((resolve) => setTimeout(resolve, 10));
    fs.writeFileSync(root + PATH, "again");
    expect(await ended).toBe(1);
    const { id } = JSON.parse(text) as { id: string };
    expect(json(["restore", "--yes", id])).toMatchObject({ status: 6, answer: { state: "stuck" } });
    expect(tool(["restore", "--yes", id]).stdout).toContain("mv -nT ");
    expect(fs.readFileSync(root + PATH, "utf8")).toBe("again");
    fs.rmSync(root + PATH);
    expect(json(["restore", "--yes", id]).status).toBe(0);
    expect(snapshot(root, PATH)).toEqual(before);
  });

  it("wants an explicit word for a file with further names, and none for a link", () => {
    fs.linkSync(root + PATH, `${root}/usr/bin/other`);
    const refused = json([...asked(), "--yes"]);
    expect(refused).toMatchObject({
      status: 2,
      answer: { state: "refused", why: { args: { words: "--allow hard-links" } } },
    });
    expect(json([...asked(), "--yes", "--allow", "hard-links", "--watch", "0"]).status).toBe(0);
    fs.symlinkSync("other", `${root}/usr/bin/link`);
    expect(json(["quarantine", "--root", root, "/usr/bin/link", "--yes"])).toMatchObject({
      status: 2,
      answer: { why: { code: "quarantine.is-link" } },
    });
  });

  it("wants each explicit word for what a package owns and a host needs", () => {
    fs.mkdirSync(`${root}/var/lib/dpkg/info`, { recursive: true });
    const fields = ["Package: bash", "Status: install ok installed", "Architecture: amd64", "Version: 5.2", "", ""];
    fs.writeFileSync(`${root}/var/lib/dpkg/status`, fields.join("\n"));
    fs.writeFileSync(`${root}/var/lib/dpkg/info/bash.list`, "/.\n/usr\n/usr/bin\n/usr/bin/bash\n");
    fs.writeFileSync(`${root}/usr/bin/bash`, "#!/bin/sh\n", { mode: 0o755 });
    const bash = ["quarantine", "--root", root, "/usr/bin/bash", "--yes", "--watch", "0"];
    const words = (...allowed: string[]) => json([...bash, ...allowed.flatMap((kind) => ["--allow", kind])]);
    for (const [allowed, missing] of [
      [[], "--allow packaged --allow vital"],
      [["packaged"], "--allow vital"],
      [["vital"], "--allow packaged"],
    ] as const)
      expect(words(...allowed)).toMatchObject({
        status: 2,
        answer: { state: "refused", why: { code: "quarantine.needs-word", args: { words: missing } } },
      });
    expect(fs.existsSync(`${root}/usr/bin/bash`)).toBe(true);
    expect(words("packaged", "vital")).toMatchObject({ status: 0, answer: { state: "standing" } });
    expect(fs.existsSync(`${root}/usr/bin/bash`)).toBe(false);
  });

  it("wants an explicit word for a library that a process has mapped", async () => {
    const library = `${root}/usr/lib/libheld.so`;
    fs.mkdirSync(`${root}/usr/lib`);
    const libm = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64"].find((at) =>
      fs.existsSync(`${at}/libm.so.6`),
    );
    fs.copyFileSync(`${libm}/libm.so.6`, library);
    const user = spawn("sleep", ["60"], { env: { LD_PRELOAD: library }, stdio: "ignore" });
    try {
      const isMapped = (): boolean => fs.readFileSync(`/proc/${user.pid}/maps`, "latin1").includes("libheld");
      while (!isMapped()) await new Promise((resolve) => setTimeout(resolve, 10));
      const held = ["quarantine", "--root", root, "/usr/lib/libheld.so", "--yes", "--watch", "0"];
      expect(json(held)).toMatchObject({
        status: 2,
        answer: { why: { args: { words: "--allow library-in-use" } } },
      });
      expect(json([...held, "--allow", "library-in-use"])).toMatchObject({ status: 0, answer: { state: "standing" } });
    } finally {
      user.kill("SIGKILL");
    }
  });

  it("asks on a terminal, and takes only a yes for a yes", async () => {
    for (const [answer, isThere] of [
      ["n", true],
      ["yes", false],
    ] as const) {
      const command = [process.execPath, main, ...asked(), "--watch", "0"].join(" ");
      const child = spawn("script", ["-qec", command, "/dev/null"], { env: env(), stdio: ["pipe", "pipe", "ignore"] });
      let shown = "";
      child.stdout.on("data", (bytes: Buffer) => {
        const before = shown.includes("[y/N]");
        shown += bytes.toString();
        if (!before && shown.includes("[y/N]")) child.stdin.write(`${answer}\r`);
      });
      expect(await new Promise((resolve) => child.once("close", resolve)), shown).toBe(0);
      expect(shown).toContain("[y/N]");
      expect(fs.existsSync(root + PATH), answer).toBe(isThere);
    }
  });

  it("is undone by its guard when it is killed", async () => {
    const child = spawn(process.execPath, [main, ...asked(), "--yes", "--watch", "10m"], {
      env: env(),
      stdio: "ignore",
    });
    while (fs.existsSync(root + PATH)) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGKILL");
    const mark = join(dir, "state", "unfinished");
    while (fs.existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(snapshot(root, PATH)).toEqual(before);
  });
});

it("any command mentions a run that did not end, and restore undoes it", async () => {
  const run = new Journal(quarantineKinds, join(dir, "state")).begin({
    action: "quarantine",
    subject: PATH,
    root,
    version: "0",
    details: null,
  });
  for (const step of stepsOf(planQuarantine(openRoot(root), PATH), run.id)) await run.take(step);
  // Ended by nobody, as after a loss of power.
  run.close();
  expect(tool(["explain", "crash-loop"])).toMatchObject({
    status: 0,
    stderr: `whoforks: quarantine of ${PATH} did not end; to undo it: whoforks restore ${run.id}\n`,
  });
  expect(tool(["quarantine", "--list"]).status).toBe(6);
  expect(tool(["restore", "--yes", run.id]).status).toBe(0);
  expect(snapshot(root, PATH)).toEqual(before);
  expect(tool(["explain", "crash-loop"]).stderr).toBe("");
});
