import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { diagnoseFiles } from "../../../src/cli/diagnose-files.ts";
import type { InputReading, readInputs } from "../../../src/formats/input.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { syscall } from "./audit-lines.ts";

const source = (path: string): string => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));
const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "whoforks-threads-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let product: { diagnoseFiles: typeof diagnoseFiles; readInputs: typeof readInputs };

/** A thread runs a file of its own, so it is the bundle that is tested, made as the product's is. */
beforeAll(async () => {
  const entry = join(dir, "entry.ts");
  writeFileSync(
    entry,
    `export { diagnoseFiles } from ${JSON.stringify(source("cli/diagnose-files.ts"))};
     export { readInputs } from ${JSON.stringify(source("formats/input.ts"))};`,
  );
  await build({
    entryPoints: { product: entry, "reading-thread": source("formats/threads/reading-thread-main.ts") },
    outdir: join(dir, "dist"),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    external: ["koffi"],
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  });
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  product = (await import(pathToFileURL(join(dir, "dist/product.js")).href)) as typeof product;
});

/** Logs of all kinds in one folder; a storm that fills the memory between the threads several times; one file that is damaged. */
function folder(): string {
  const path = join(dir, "logs");
  mkdirSync(path);
  const audit = readFileSync(fixture("audit/storm-by-32-bit-and-more.log"));
  const cut = audit.indexOf("type=EXECVE") + 40;
  writeFileSync(join(path, "audit.log.2.gz"), gzipSync(audit.subarray(0, cut)));
  writeFileSync(join(path, "audit.log.1"), audit.subarray(cut));
  cpSync(fixture("audit/storm-by-32-bit-and-more.log.zst"), join(path, "other.log.zst"));
  writeFileSync(join(path, "cut.log.gz"), gzipSync(audit).subarray(0, 700));
  const hosts = Array.from({ length: 6000 }, (_, i) =>
    syscall({ nr: 57, success: `yes exit=${i + 2}`, serial: i, pid: i + 1, ppid: i, exe: `/bin/${i % 9000}` })
      .split("\n")
      .map((line) => (line === "" ? "" : `node=${i % 3 === 0 ? "one" : "two"} ${line}\n`))
      .join(""),
  );
  writeFileSync(join(path, "hosts.log"), `${hosts.join("")}no record at all\n`);
  // More texts than are kept, and more events than fit between the threads.
  const calls = Array.from({ length: 10_000 }, (_, i) => {
    const execs = `${i + 1} execve("/bin/a${i}", ["a${i}"], 0x1 /* 1 vars */) = 0`;
    return `${i + 1} fork() = ${i + 2}\n${execs}\n${i + 1} exit_group(0) = ?\n`;
  });
  writeFileSync(join(path, "strace.txt"), calls.join(""));
  for (const name of ["chain", "fork-bomb"]) cpSync(fixture(`pacct/${name}`), join(path, `pacct-${name}`));
  writeFileSync(join(path, "prose.txt"), "Nothing of interest.\n");
  writeFileSync(join(path, "none.log"), "");
  return path;
}

interface Told extends InputReading {
  events: Record<string, ProcessEvent[]>;
  begun: string[];
}

async function read(names: string[], threads: number): Promise<Told> {
  const events: Record<string, ProcessEvent[]> = {};
  const begun: string[] = [];
  const input = await product.readInputs(names, {
    threads,
    onStream: (stream) => begun.push(stream.name),
    sinkOf: (stream, host) => {
      const list: ProcessEvent[] = (events[`${stream.name} ${host}`] = []);
      return (event) => list.push({ ...event });
    },
  });
  return { ...input, events, begun };
}

describe("the number of threads", () => {
  it("changes nothing: events, accounts, what could not be read, and their order", async () => {
    const path = folder();
    const alone = await read([path, "/nowhere"], 1);
    expect(alone.threads).toBe(1);
    expect(JSON.stringify(alone.unusable)).toContain("damaged");
    for (const threads of [2, 3]) {
      const several = await read([path, "/nowhere"], threads);
      expect(several.threads).toBeGreaterThan(1);
      expect(JSON.stringify({ ...several, threads: 1 }) === JSON.stringify(alone), `${threads} threads`).toBe(true);
    }
    const diagnosed = await Promise.all([1, 2, 3].map((threads) => diagnosis(path, threads)));
    expect(diagnosed[0]).toContain("self-replicating-chain");
    expect(diagnosed[1]).toBe(diagnosed[0]);
    expect(diagnosed[2]).toBe(diagnosed[0]);
  });

  it("small logs and standard input stay in one", async () => {
    const { threads } = await product.readInputs([fixture("audit/one-of-each.log")], { sink: () => undefined });
    expect(threads).toBe(1);
  });

  it("an interrupt ends all, with what has been read", async () => {
    const path = join(dir, "long.log");
    const line = syscall({ nr: 57, success: "yes exit=5", serial: 1, pid: 4 });
    writeFileSync(path, line.repeat(200_000));
    const stop = new AbortController();
    let events = 0;
    const input = await product.readInputs([path], {
      threads: 2,
      signal: stop.signal,
      sink: () => {
        if (events++ === 5000) stop.abort();
      },
    });
    expect(input.aborted).toBe(true);
    expect(input.threads).toBe(2);
    expect(input.streams[0]?.reading.ledger.events).toBe(events);
    expect(input.bytes.read).toBeLessThan(input.bytes.total);
    expect(events).toBeLessThan(200_000);
  });

  it("what takes the events fails: no thread is left", async () => {
    const broken = product.readInputs([join(dir, "long.log")], {
      threads: 2,
      sink: () => {
        throw new Error("no more");
      },
    });
    await expect(broken).rejects.toThrow("no more");
  });
});

async function diagnosis(path: string, threads: number): Promise<string> {
  const { diagnosis: result } = await product.diagnoseFiles({
    version: "1",
    from: [path],
    root: null,
    signal: new AbortController().signal,
    progress: { show: () => undefined, clear: () => undefined },
    threads,
  });
  return JSON.stringify({ ...result, cost: null });
}
