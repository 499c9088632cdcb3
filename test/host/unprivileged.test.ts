import { cpSync, mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** `nobody` of every distribution's useradd. */
const NOBODY = 65_534;

test("without root: exit 4, the exact way out, and what can still be done", (context) => {
  if (process.getuid?.() !== 0) {
    if (process.env["CI"]) throw new Error("not root");
    context.skip("needs root, to become somebody else");
  }
  // The checkout may lie where nobody may look.
  const folder = mkdtempSync(join(tmpdir(), "whoforks-unprivileged-"));
  try {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    for (const part of ["bin", "dist", "package.json"])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    chmodSync(folder, 0o755);
    const run = (args: string[]) =>
      spawnSync(process.execPath, [join(folder, "bin/whoforks"), "diagnose", "--duration", "1s", ...args], {
        uid: NOBODY,
        gid: NOBODY,
        encoding: "utf8",
        cwd: "/",
        env: { PATH: "/usr/bin", LANG: "C.UTF-8" },
      });
    const { status, stdout, stderr } = run([]);
    expect(stderr).toBe("");
    expect(status).toBe(4);
    expect(stdout).toContain("sudo whoforks diagnose");
    expect(stdout).toMatch(/forks? a second/);
    const json = JSON.parse(run(["--json"]).stdout) as {
      verdict: unknown;
      couldNotLook: { code: string; remedy: string | null }[];
    };
    expect(json.verdict).toMatchObject({ outcome: "inconclusive", code: "verdict.inconclusive.proc-only" });
    expect(json.couldNotLook.find((gap) => gap.code === "tracefs.no-root")?.remedy).toContain("sudo");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("top without root: exit 4, what /proc shows and which part of it all that is", (context) => {
  if (process.getuid?.() !== 0) {
    if (process.env["CI"]) throw new Error("not root");
    context.skip("needs root, to become somebody else");
  }
  const folder = mkdtempSync(join(tmpdir(), "whoforks-unprivileged-"));
  try {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    for (const part of ["bin", "dist", "package.json"])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    chmodSync(folder, 0o755);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(folder, "bin/whoforks"), "top", "--batch", "-n", "2"],
      { uid: NOBODY, gid: NOBODY, encoding: "utf8", cwd: "/", env: { PATH: "/usr/bin", LANG: "C.UTF-8" } },
    );
    expect(stderr).toBe("");
    expect(status).toBe(4);
    expect(stdout).toMatch(/No kernel events[\s\S]*sudo\s+whoforks\s+top/);
    expect(stdout).toMatch(/forks\/s/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
