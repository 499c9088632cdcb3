import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recognise } from "../../../src/formats/index.ts";
import { otherFile } from "../../../src/formats/other-files.ts";
import { SAMPLES } from "./samples.ts";

describe("a file that is no log of processes is named, with the command that gives one", () => {
  it.each([
    ["LPKSHHRH\0\0\0\0", "systemd journal", "-o json _TRANSPORT=audit"],
    ["__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795573107506000\nMESSAGE=x\n", "export form", "-o json"],
    ["Nov 25 02:15:34 web1 audit[1234]: SYSCALL arch=c000003e syscall=59 success=yes\n", "short form", "-o json"],
    ['2026-11-25T02:15:34+0100 web1 audit: CWD cwd="/"\n', "short form", "-o json"],
    ["PERFILE2\0\0\0", "perf", "perf script -i"],
  ])("%j", (head, what, remedy) => {
    const other = otherFile(Buffer.from(head, "latin1"));
    expect(other?.what).toContain(what);
    expect(other?.remedy).toContain(remedy);
  });

  it("says no more of what it does not know", () => {
    expect(otherFile(Buffer.from("dear diary\n"))).toBeNull();
    expect(otherFile(readFileSync(process.execPath).subarray(0, 65_536))).toBeNull();
  });

  it.each(Object.keys(SAMPLES))("%s is read, so it is none of them", (format) => {
    for (const { name, bytes } of SAMPLES[format] ?? []) {
      expect(recognise(bytes.subarray(0, 65_536))?.id, name).toBe(format);
      expect(otherFile(bytes), name).toBeNull();
    }
  });
});
