import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAgain } from "../../src/experiment/steps/read-again.ts";
import { startTicks } from "../../src/platform/process-identity.ts";
import { isRoot, need } from "./identity-made-root.ts";

/** Stands for an init in a root of its own: says what it was told, the pipe's bytes as hexadecimal. */
const INIT = `
$| = 1;
chroot $ARGV[0] or die; chdir "/";
$0 = "init";
$SIG{HUP} = sub { print "HUP\\n" };
if ($ARGV[1]) { open my $pipe, "+<", $ARGV[1] or die; print "ready\\n"; sysread $pipe, my $got, 384; sleep 1; sysread $pipe, my $more, 384; print unpack("H*", $got . $more), "\\n" }
else { print "ready\\n" }
sleep 1 while 1;
`;

let root: string;
let init: ChildProcess | undefined;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-init-"));
  fs.mkdirSync(`${root}/run`);
});
afterEach(() => {
  init?.kill("SIGKILL");
  fs.rmSync(root, { recursive: true });
});

/** Starts it, has it read again, and gives the first line that it says of that, and the milliseconds that it was waited for. */
async function told(pipe?: string): Promise<{ said: string; waited: number }> {
  init = spawn("perl", ["-e", INIT, root, ...(pipe === undefined ? [] : [pipe])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid = 0, stdout } = init;
  if (stdout === null) throw new Error("no output");
  const lines: string[] = [];
  stdout.on("data", (bytes: Buffer) => lines.push(...bytes.toString("latin1").split("\n").filter(Boolean)));
  await once(stdout, "data");
  const began = performance.now();
  await readAgain({ pid, startTicks: startTicks(pid) as string });
  const waited = performance.now() - began;
  while (lines.length < 2) await once(stdout, "data");
  return { said: lines[1] ?? "", waited };
}

test("sysvinit is asked through its pipe as by telinit q, and waited for until the table is read", async (context) => {
  need(context, isRoot, "root, for a root of its own");
  execFileSync("mkfifo", [`${root}/run/initctl`]);
  const { said, waited } = await told("/run/initctl");
  // magic, set the runlevel, "q", 5 s between the signals, and 368 bytes of nothing; twice.
  expect(said).toBe(`69190903010000007100000005000000${"00".repeat(368)}`.repeat(2));
  // The second is read a second after the first.
  expect(waited).toBeGreaterThan(900);
});

test.for([
  ["where there is no pipe", (): void => undefined],
  ["where nobody reads it", (): unknown => execFileSync("mkfifo", [`${root}/run/initctl`])],
  [
    "where it is not root's",
    (): void => {
      execFileSync("mkfifo", [`${root}/run/initctl`]);
      fs.chownSync(`${root}/run/initctl`, 1000, 1000);
    },
  ],
  ["where it is a file", (): void => fs.writeFileSync(`${root}/run/initctl`, "")],
  ["where it is a link to nowhere", (): void => fs.symlinkSync("/etc/shadow", `${root}/run/initctl`)],
] as const)("SIGHUP is what an init is told with %s", async ([name, prepare], context) => {
  need(context, isRoot, "root, for a root of its own");
  prepare();
  const { said } = await told(name.includes("root's") ? "/run/initctl" : undefined);
  expect(said).toBe("HUP");
  const there = fs.lstatSync(`${root}/run/initctl`, { throwIfNoEntry: false });
  if (there?.isFile() === true) expect(there.size).toBe(0);
});
