import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { fileSource } from "../../src/platform/file-source.ts";
import { readElf, type ElfReading } from "../../src/elf/read-elf.ts";
import { need } from "./identity-made-root.ts";

beforeEach((context) => need(context, fs.existsSync("/usr/bin/readelf"), "readelf, from binutils"));

/** readelf's words for e_machine, by our names. */
const MACHINES: Record<string, string> = {
  "Intel 80386": "i386",
  "Advanced Micro Devices X86-64": "x86_64",
  AArch64: "aarch64",
  None: "machine-0",
};

const MULTIARCH: Record<string, string> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

function ours(file: string): ElfReading | null {
  const fd = fs.openSync(file, "r");
  try {
    return readElf(fileSource(fd));
  } finally {
    fs.closeSync(fd);
  }
}

/** The same facts, from the text of `readelf -hldnSW`. */
function readelf(files: readonly string[]): Map<string, unknown> {
  const args = ["-hldnSW", ...files, "/dev/null"];
  let output: string;
  try {
    output = execFileSync("readelf", args, {
      encoding: "latin1",
      stdio: "pipe",
      maxBuffer: 1 << 28,
      env: { LC_ALL: "C" },
    });
  } catch (error) {
    // /dev/null, which is there to make readelf print the name of a single file, is no ELF.
    output = (error as { stdout: string }).stdout;
  }
  const facts = new Map<string, unknown>();
  for (const part of output.split(/^File: /m).slice(1)) {
    const name = part.slice(0, part.indexOf("\n"));
    const field = (pattern: RegExp) => pattern.exec(part)?.[1] ?? null;
    const machine = field(/^ {2}Machine: +(.*)$/m);
    if (machine === null) continue;
    const bits = field(/^ {2}Class: +ELF(\d+)/m) === "32" ? 32 : 64;
    const needed = [...part.matchAll(/\(NEEDED\) +Shared library: \[(.*)\]$/gm)].map((match) => match[1]);
    const interpreter = field(/\[Requesting program interpreter: (.*)\]/);
    facts.set(name, {
      bits,
      machine: MACHINES[machine] ?? machine,
      type: field(/^ {2}Type: +(\S+)/m),
      static: interpreter === null && needed.length === 0,
      stripped: !/^ {2}\[ *\d+\] .*\bSYMTAB\b/m.test(part),
      interpreter,
      needed,
      buildId: field(/Build ID: ([0-9a-f]+)/),
    });
  }
  return facts;
}

function elfFilesOf(directory: string): string[] {
  const found: string[] = [];
  for (const entry of fs.existsSync(directory) ? fs.readdirSync(directory, { withFileTypes: true }) : []) {
    const file = path.join(directory, entry.name);
    if (!entry.isFile()) continue;
    const fd = fs.openSync(file, "r");
    const magic = Buffer.alloc(4);
    fs.readSync(fd, magic, 0, 4, 0);
    fs.closeSync(fd);
    if (magic.toString("latin1") === "\x7fELF") found.push(file);
  }
  return found;
}

function compare(files: readonly string[]): number {
  const expected = readelf(files);
  for (const file of files) expect({ file, facts: ours(file)?.facts }).toEqual({ file, facts: expected.get(file) });
  return files.length;
}

describe("field by field as readelf", () => {
  for (const directory of ["/usr/bin", "/usr/sbin", `/usr/lib/${MULTIARCH[os.arch()]}`]) {
    test(`every ELF file of ${directory}`, () => {
      expect(compare(elfFilesOf(directory))).toBeGreaterThan(10);
    });
  }

  test("both classes and byte orders, made by objcopy and ld", (context) => {
    need(context, fs.existsSync("/usr/bin/objcopy") && os.arch() === "x64", "binutils of x86_64");
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-elf-"));
    try {
      const data = path.join(folder, "data");
      fs.writeFileSync(data, "data");
      const made = ["elf32-little", "elf32-big", "elf64-little", "elf64-big"].map((target) => {
        const file = path.join(folder, target);
        execFileSync("objcopy", ["-I", "binary", "-O", target, data, file]);
        return file;
      });
      const source = path.join(folder, "x.s");
      fs.writeFileSync(source, ".globl _start\n_start: nop\n");
      for (const [bits, emulation] of [
        ["--32", "elf_i386"],
        ["--64", "elf_x86_64"],
        ["--x32", "elf32_x86_64"],
      ] as const) {
        const object = path.join(folder, `${emulation}.o`);
        execFileSync("as", [bits, "-o", object, source]);
        execFileSync("ld", ["-m", emulation, "--build-id", "-o", `${object}.exe`, object]);
        made.push(object, `${object}.exe`);
      }
      const expected = readelf(made);
      for (const file of made) {
        const facts = ours(file)?.facts;
        // readelf has one word for x32 and x86_64.
        const machine = facts?.machine === "x32" ? "x86_64" : facts?.machine;
        expect({ file, ...facts, machine }).toEqual({ file, ...(expected.get(file) as object) });
      }
      expect(ours(path.join(folder, "elf32_x86_64.o.exe"))?.facts.machine).toBe("x32");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
