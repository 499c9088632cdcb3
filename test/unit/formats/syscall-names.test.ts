import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { auditArch } from "../../../src/syscalls/abi.ts";
import { syscallNames } from "../../../src/syscalls/syscall-names.ts";
import { PROCESS_CALLS } from "../../../src/syscalls/tables/process-calls.ts";

describe("system call names", () => {
  it.each([
    ["x86_64", 2, "open"],
    ["x86_64", 59, "execve"],
    ["i386", 2, "fork"],
    ["i386", 435, "clone3"],
    ["aarch64", 221, "execve"],
    ["x32", 520, "execve"],
    ["x32", 1073742344, "execve"],
    ["riscv64", 220, "clone"],
    ["arm", 2, "fork"],
    ["ppc64le", 11, "execve"],
    ["s390x", 248, "exit_group"],
    ["loongarch64", 220, "clone"],
    ["x86_64", 99_999, null],
    ["pdp11", 1, null],
  ])("%s %i is %s", async (machine, number, name) => {
    expect((await syscallNames(machine))(number)).toBe(name);
  });

  it("the small table of process calls agrees with the full ones", async () => {
    for (const [machine, calls] of Object.entries(PROCESS_CALLS)) {
      const names = await syscallNames(machine);
      for (const [name, number] of Object.entries(calls)) expect([machine, names(number)]).toEqual([machine, name]);
    }
  });

  it("ABIs that number alike share a table and keep their own names", () => {
    expect(auditArch(0xc0000015).abi).toEqual({ machine: "ppc64le", bits: 64 });
    expect(auditArch(0x40000003).abi).toEqual({ machine: "i386", bits: 32 });
    expect(auditArch(0xc000003e).x32?.abi).toEqual({ machine: "x32", bits: 32 });
  });

  it("ausyscall of this host agrees", async (ctx) => {
    ctx.skip(spawnSync("ausyscall", ["--version"]).error !== undefined, "ausyscall is not installed");
    const names = await syscallNames("x86_64");
    for (const line of execFileSync("ausyscall", ["x86_64", "--dump"], { encoding: "utf8" }).split("\n")) {
      const [, number, name] = /^(\d+)\s+(\w+)$/.exec(line) ?? [];
      // The kernel's header says pread64 where ausyscall says pread.
      if (number !== undefined) expect([name, `${name}64`]).toContain(names(Number(number)));
    }
  });
});
