import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../../src", import.meta.url));

/** Room → rooms it may know, besides itself. docs/architecture.md gives the reasons. */
const MAY_KNOW: Record<string, readonly string[]> = {
  model: [],
  platform: ["model"],
  ftrace: ["model", "platform"],
  elf: ["model"],
  archive: ["model", "platform"],
  syscalls: ["model"],
  formats: ["model", "platform", "ftrace", "syscalls"],
  capture: ["model", "platform", "ftrace", "elf", "syscalls"],
  derive: ["model"],
  align: ["model", "derive"],
  detect: ["model", "derive"],
  stopping: ["model", "derive", "detect"],
  behave: ["model", "derive"],
  identity: ["model", "platform", "elf", "archive"],
  supervisors: ["model", "platform"],
  rules: ["model", "platform", "identity"],
  survey: ["model", "platform", "capture", "identity", "rules", "supervisors", "diagnosis", "verification"],
  origin: ["model", "platform", "formats", "identity"],
  verification: ["model", "platform", "identity"],
  footing: ["model", "platform", "identity", "origin"],
  diagnosis: ["model", "platform", "derive", "detect", "identity", "supervisors"],
  why: ["model", "platform", "diagnosis", "supervisors"],
  experiment: ["model", "platform", "derive", "capture", "journal"],
  report: ["model", "diagnosis", "behave", "experiment", "identity", "origin", "quarantine", "verification", "why"],
  top: ["model", "derive", "report"],
  casefolder: ["model", "platform", "ftrace"],
  journal: ["model", "platform"],
  quarantine: ["model", "platform", "journal", "identity", "why"],
  collect: ["model", "platform", "capture"],
  cli: [
    "model",
    "platform",
    "formats",
    "capture",
    "casefolder",
    "derive",
    "align",
    "detect",
    "stopping",
    "behave",
    "identity",
    "rules",
    "survey",
    "origin",
    "footing",
    "diagnosis",
    "report",
    "top",
    "verification",
    "why",
    "journal",
    "quarantine",
    "experiment",
    "collect",
  ],
};

/** Packages from npm, and the rooms that may load them. */
const PACKAGES: Record<string, readonly string[]> = {
  commander: ["cli"],
  zod: [
    "behave",
    "casefolder",
    "collect",
    "diagnosis",
    "experiment",
    "formats",
    "identity",
    "journal",
    "origin",
    "quarantine",
    "verification",
    "why",
  ],
  "string-width": ["report"],
  picocolors: ["report"],
  ink: ["top"],
  react: ["top"],
  "react/jsx-runtime": ["top"],
  "tar-stream": ["casefolder", "collect"],
  fzstd: ["ftrace", "platform"],
  yaml: ["supervisors"],
  "xz-decompress": ["platform"],
};

/** Modules of Node that change or start something on the host, and the rooms that may. */
const EFFECTS: Record<string, readonly string[]> = {
  "node:fs": [
    "archive",
    "capture",
    "casefolder",
    "cli",
    "collect",
    "experiment",
    "footing",
    "formats",
    "identity",
    "journal",
    "origin",
    "platform",
    "quarantine",
    "rules",
    "supervisors",
    "survey",
    "verification",
  ],
  "node:child_process": ["capture", "cli", "experiment", "identity", "platform", "rules", "supervisors"],
};

function isSource(file: string): boolean {
  return /\.tsx?$/.test(file);
}

interface Import {
  file: string;
  room: string;
  target: string;
  typeOnly: boolean;
}

function imports(): Import[] {
  const found: Import[] = [];
  for (const entry of readdirSync(src, { recursive: true, encoding: "utf8" })) {
    if (!isSource(entry)) continue;
    const text = readFileSync(resolve(src, entry), "utf8");
    for (const match of text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g,
    )) {
      found.push({
        file: entry,
        room: entry.split("/")[0] as string,
        target: (match[2] ?? match[3] ?? match[4]) as string,
        typeOnly: match[1] !== undefined,
      });
    }
  }
  return found;
}

describe("who may know whom", () => {
  const all = imports();

  it("finds the imports of every room", () => {
    expect(new Set(all.map((i) => i.room))).toEqual(
      new Set(
        Object.keys(MAY_KNOW)
          .filter((room) => room !== "model")
          .concat("model"),
      ),
    );
  });

  it("keeps rooms apart", () => {
    const wrong = all.filter(({ file, room, target }) => {
      if (!target.startsWith(".")) return false;
      const to = relative(src, resolve(src, dirname(file), target)).split("/")[0] as string;
      return to !== room && !(MAY_KNOW[room] ?? []).includes(to);
    });
    expect(wrong.map((i) => `${i.file} → ${i.target}`)).toEqual([]);
  });

  it("loads packages only where they belong", () => {
    const wrong = all.filter(({ room, target }) => {
      if (target.startsWith(".") || target.startsWith("node:")) return false;
      return !(PACKAGES[target] ?? []).includes(room);
    });
    expect(wrong.map((i) => `${i.file} → ${i.target}`)).toEqual([]);
  });

  it("touches the host only where it is meant to", () => {
    const wrong = all.filter(
      ({ room, target, typeOnly }) =>
        !typeOnly && target in EFFECTS && !(EFFECTS[target] as readonly string[]).includes(room),
    );
    expect(wrong.map((i) => `${i.file} → ${i.target}`)).toEqual([]);
  });

  it("prints and exits in cli only", () => {
    const wrong = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
      (file) =>
        isSource(file) &&
        !file.startsWith("cli/") &&
        /\bprocess\.(?:exit|stdout|stderr)\b|\bconsole\./.test(readFileSync(resolve(src, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps files small", () => {
    const long = readdirSync(src, { recursive: true, encoding: "utf8" })
      .filter(isSource)
      .filter(
        (file) => readFileSync(resolve(src, file), "utf8").split("\n").length > 400 && !file.includes("/tables/"),
      );
    expect(long).toEqual([]);
  });
});
