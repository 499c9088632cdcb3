import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import { beforeEach, describe, expect, test } from "vitest";
import { bytesSource } from "../../src/elf/read-elf.ts";
import { readDynamicSymbols, type DynamicSymbols } from "../../src/elf/symbols.ts";
import { fileSource } from "../../src/platform/file-source.ts";
import { need } from "./identity-made-root.ts";

beforeEach((context) => need(context, fs.existsSync("/usr/bin/readelf"), "readelf, from binutils"));

const LIBRARIES = `/usr/lib/${os.arch() === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
const TYPES: Record<string, string> = { FUNC: "function", IFUNC: "ifunc", OBJECT: "object", TLS: "tls" };

function ours(file: string): DynamicSymbols {
  const fd = fs.openSync(file, "r");
  try {
    const symbols = readDynamicSymbols(fileSource(fd));
    if (symbols === null) throw new Error(`${file} is not taken for ELF`);
    return symbols;
  } finally {
    fs.closeSync(fd);
  }
}

/** `kind name@@version value size`, in the order of the table, from `readelf --dyn-syms`. */
function readelf(file: string): { defined: string[]; imported: string[] } {
  const options = { encoding: "utf8", maxBuffer: 1 << 28, env: { LC_ALL: "C.UTF-8" } } as const;
  const text = execFileSync("readelf", ["-W", "--dyn-syms", file], options);
  const found = { defined: [] as string[], imported: [] as string[] };
  for (const line of text.split("\n")) {
    const match = /^ *\d+: ([0-9a-f]+) +(\w+) (\w+) +(\w+) +\w+ +(?:\[.*\] +)?(\w+) (\S+)(?: \(\d+\))?$/.exec(line);
    if (match === null) continue;
    const [, value, size, type, bind, section, name] = match as unknown as string[];
    if (bind === "LOCAL") continue;
    const kind = TYPES[type as string] ?? "other";
    const weak = bind === "WEAK" ? " weak" : "";
    if (section === "UND") found.imported.push(`${kind}${weak} ${name}`);
    else found.defined.push(`${kind}${weak} ${name} ${Number.parseInt(value as string, 16)} ${Number(size)}`);
  }
  return found;
}

function asReadelf(symbols: DynamicSymbols): { defined: string[]; imported: string[] } {
  return {
    defined: symbols.defined.map(({ kind, weak, name, version, defaultVersion, value, size }) => {
      // readelf leaves the version off the markers that bear its own name.
      const at = version === null || version === name ? "" : `${defaultVersion ? "@@" : "@"}${version}`;
      return `${kind}${weak ? " weak" : ""} ${name}${at} ${value} ${size}`;
    }),
    imported: symbols.imported.map(
      ({ kind, weak, name, version }) =>
        `${kind}${weak ? " weak" : ""} ${name}${version === null ? "" : `@${version}`}`,
    ),
  };
}

function filesOf(directory: string, pattern: RegExp, limit: number): string[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .slice(0, limit)
    .map(({ name }) => `${directory}/${name}`)
    .filter((file) => fs.readFileSync(file).toString("latin1", 0, 4) === "\x7fELF");
}

describe("dynamic symbols, as readelf", () => {
  for (const [directory, pattern] of [
    [LIBRARIES, /^lib.*\.so/],
    ["/usr/bin", /./],
    ["/usr/sbin", /./],
  ] as const) {
    test(`files of ${directory}: every symbol, version, value and size`, () => {
      const files = filesOf(directory, pattern, 60);
      expect(files.length).toBeGreaterThan(10);
      for (const file of files) expect({ file, ...asReadelf(ours(file)) }).toEqual({ file, ...readelf(file) });
    });
  }

  test("imports name the library of their version, as readelf -V", () => {
    const file = "/usr/bin/dash";
    const { imported } = ours(file);
    const libraries = new Set(imported.flatMap(({ library }) => (library === null ? [] : [library])));
    const text = execFileSync("readelf", ["-W", "-V", file], { encoding: "utf8", env: { LC_ALL: "C" } });
    expect(libraries).toEqual(new Set([...text.matchAll(/Version: \d+ +File: (\S+)/g)].map((match) => match[1])));
    expect(imported.find(({ name }) => name === "execve")).toMatchObject({ kind: "function", library: "libc.so.6" });
  });

  test("the same symbols where the section table was stripped, counted by the hash tables", () => {
    for (const file of [`${LIBRARIES}/libc.so.6`, "/usr/bin/dash", `${LIBRARIES}/libm.so.6`]) {
      const bytes = Uint8Array.from(fs.readFileSync(file));
      const view = new DataView(bytes.buffer);
      view.setBigUint64(40, 0n, true);
      view.setUint16(60, 0, true);
      view.setUint16(62, 0, true);
      const stripped = readDynamicSymbols(bytesSource(bytes));
      expect(stripped?.problems).toEqual([]);
      expect(asReadelf(stripped as DynamicSymbols).defined).toEqual(readelf(file).defined);
    }
  });

  test("the place in the file is that of the code", () => {
    const file = `${LIBRARIES}/libc.so.6`;
    const execve = ours(file).defined.find(({ name }) => name === "execve");
    expect(execve).toMatchObject({ kind: "function", executable: true });
    const { value = 0, size = 0, fileOffset } = execve ?? {};
    const args = ["-d", "-w", `--start-address=${value}`, `--stop-address=${value + size}`, file];
    const text = execFileSync("objdump", args, { encoding: "latin1" });
    const code = [...text.matchAll(/^ +[0-9a-f]+:\t((?:[0-9a-f]{2} ?)+)/gm)].flatMap((match) =>
      (match[1] as string).trim().split(" "),
    );
    const bytes = fs.readFileSync(file).subarray(fileOffset ?? 0, (fileOffset ?? 0) + size);
    if (os.arch() === "x64") expect([...bytes].map((byte) => byte.toString(16).padStart(2, "0"))).toEqual(code);
  });
});
