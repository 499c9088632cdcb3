import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { machine } from "node:os";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallRecorder } from "../../../src/behave/recorder.ts";
import { Abis, programFacts } from "../../../src/capture/calls/abi.ts";
import { CallAssembler } from "../../../src/capture/calls/call-assembler.ts";
import { Kind, RecordQueue } from "../../../src/ftrace/record-queue.ts";
import { elfSample } from "../identity/elf-samples.ts";

const root = mkdtempSync(join(tmpdir(), "whoforks-abi-"));
const NAMES = new Map(["atd", "script", "true", "gone"].map((name) => [name, `/usr/bin/${name}`]));

function put(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, content);
}

beforeAll(() => {
  put("/usr/bin/atd", elfSample({ bits: 32, littleEndian: true, machine: 3, type: 2 }));
  put("/usr/bin/true", elfSample({ bits: 64, littleEndian: true, machine: 62, type: 2 }));
  put("/usr/bin/script", "#! /usr/bin/atd -x\n");
});
afterAll(() => rmSync(root, { recursive: true }));

/** One generation of a chain as the kernel's records have it: calls by number. */
async function calls(bits: 32 | 64, fork: number, exit: number, execs: string | null = null): Promise<string[]> {
  const recorder = new CallRecorder({ names: NAMES });
  const assembler = new CallAssembler(recorder, await Abis.load(root, bits));
  const queue = new RecordQueue();
  for (let n = 0, ts = 0; n < 12; n++) {
    const pid = 100 + n;
    if (execs !== null) queue.push(ts++, Kind.exec, pid, pid, 0, execs);
    queue.push(ts++, Kind.callExit, pid, fork, 0, "");
    queue.push(ts++, Kind.callEnter, pid, fork, 0, "");
    queue.push(ts++, Kind.newTask, pid, pid + 1, 0, "atd");
    queue.push(ts++, Kind.callExit, pid, fork, pid + 1, "");
    queue.push(ts++, Kind.callEnter, pid, exit, 0x103, "");
    queue.push(ts++, Kind.exit, pid, 1, 0, "atd");
  }
  for (let at = 0; at < queue.tail; at++) assembler.take(queue, at);
  const [program] = recorder.finish();
  return (program?.generations[0]?.sequence ?? []).map(({ call, exitCode }) => `${call}${exitCode ?? ""}`);
}

describe.skipIf(machine() !== "x86_64")("names of calls (on x86_64 and i386)", () => {
  it("a number is read by the instruction set of the storm's program", async () => {
    expect(await calls(64, 57, 231)).toEqual(["fork", "exit_group3"]);
    expect(await calls(32, 2, 252)).toEqual(["fork", "exit_group3"]);
    expect(await calls(32, 2, 1)).toEqual(["fork", "exit3"]);
    expect(await calls(64, 2, 1)).toEqual(["open", "write"]);
  });

  it("and by that of what a process executes, a script's interpreter included", async () => {
    expect(await calls(64, 2, 1, "/usr/bin/atd")).toEqual(["fork", "exit3"]);
    expect(await calls(64, 2, 1, "/usr/bin/script")).toEqual(["fork", "exit3"]);
    expect(await calls(32, 57, 231, "/usr/bin/true")).toEqual(["fork", "exit_group3"]);
    // What is not there is taken for what the target is.
    expect(await calls(32, 2, 1, "/usr/bin/gone")).toEqual(["fork", "exit3"]);
  });

  it("x32 numbers tell themselves, and a number without a name stays one", async () => {
    expect(await calls(64, 0x4000_0000 + 57, 0x4000_0000 + 231)).toEqual(["fork", "exit_group3"]);
    expect(await calls(64, 57, 9999)).toEqual(["fork", "syscall_9999"]);
  });

  it("knows a program by its header", () => {
    expect(programFacts(`${root}/usr/bin/atd`, root)).toMatchObject({ machine: "i386", bits: 32 });
    expect(programFacts(`${root}/usr/bin/gone`, root)).toBeNull();
  });
});
