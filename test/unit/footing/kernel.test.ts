import { describe, expect, it } from "vitest";
import { markedModules, taintFindings, taintsOf } from "../../../src/footing/checks/kernel.ts";
import { wordsOf } from "../../../src/footing/checks/preload-file.ts";

const NVIDIA =
  "nvidia 5607424 49 nvidia_modeset, Live 0x0000000000000000 (POE)\next4 1 2 jbd2, Live 0x0000000000000000\n";
const told = (value: number, modules: string | null): string[] =>
  taintFindings(value, modules).map(({ code, weight, args }) => `${weight} ${code} ${String(args["flags"])}`);

describe("the kernel's taint", () => {
  it.each([
    [0, []],
    [1, ["P"]],
    [4609, ["P", "W", "O"]],
    [12289, ["P", "O", "E"]],
    [2 ** 19 + 2 ** 25, ["J", "25"]],
  ])("%d", (value, letters) => {
    expect(taintsOf(value)).toEqual(letters);
  });

  it("by a module that is there is only worth knowing, by force more, by one that is not listed a finding", () => {
    expect(told(0, "")).toEqual([]);
    expect(told(12289, NVIDIA)).toEqual(["weak footing.kernel-tainted POE"]);
    expect(told(512, "")).toEqual(["weak footing.kernel-tainted W"]);
    expect(told(12288, "ext4 1 2 - Live 0x0\n")).toEqual([
      "weak footing.kernel-tainted OE",
      "medium footing.taint-without-module OE",
    ]);
    expect(told(2, null)).toEqual(["medium footing.kernel-tainted F"]);
    expect(markedModules(NVIDIA)).toEqual([{ name: "nvidia", marks: "POE" }]);
  });

  it("names of ld.so.preload are apart by blanks, colons and lines, and comments are none", () => {
    expect(wordsOf("/a.so:/b.so # /c.so\n\t/a.so d.so\n#")).toEqual(["/a.so", "/b.so", "d.so"]);
  });
});
