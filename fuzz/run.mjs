// Fuzzes the binary readers. Usage: npm run fuzz -- TARGET|all [SECONDS]
// Inputs that reach new code are added to fuzz/corpus/TARGET; one that breaks the reader is written to the temporary folder.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { createInstrumenter } from "istanbul-lib-instrument";

const here = fileURLToPath(new URL(".", import.meta.url));
export const TARGETS = readdirSync(join(here, "targets")).map((file) => file.replace(/\.ts$/, ""));

/** An input that takes longer hangs, as far as an engineer can tell. */
const HANG_MS = 10_000;
/** Larger inputs find nothing that smaller ones do not, and are slow. */
const MOST = 65_536;

/**
 * Fuzzes one reader for so many seconds or inputs. What it gives back: run.d.mts.
 */
export async function fuzz(target, options = {}) {
  const { seconds = 60, runs = Infinity, keep = true, seed = 1, hangMs = HANG_MS } = options;
  const { corpus = join(here, "corpus", target) } = options;
  const dir = mkdtempSync(join(tmpdir(), "whoforks-fuzz-"));
  mkdirSync(corpus, { recursive: true });
  try {
    const bundle = join(dir, "target.cjs");
    const built = await build({
      entryPoints: [join(here, "targets", `${target}.ts`)],
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20.19",
      write: false,
      logLevel: "warning",
    });
    const code = built.outputFiles[0].text;
    writeFileSync(bundle, createInstrumenter({ compact: true }).instrumentSync(code, bundle));
    const input = new SharedArrayBuffer(1 << 20);
    const at = new SharedArrayBuffer(8);
    return await watched({ bundle, corpus, keep, seconds, runs, seed, most: MOST, input, at }, hangMs);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs the engine and ends it when one input takes too long, or too much memory. */
function watched(workerData, hangMs) {
  const state = new Int32Array(workerData.at);
  const inputNow = () => Buffer.from(Buffer.from(workerData.input).subarray(0, state[1]));
  const worker = new Worker(new URL("engine.mjs", import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  return new Promise((resolve) => {
    let last = -1;
    const end = (result) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(result);
    };
    const broken = (finding) =>
      end({ finding, input: inputNow(), runs: state[0], seconds: NaN, inputs: NaN, reached: NaN, counters: NaN });
    const watch = setInterval(() => {
      if (state[0] === last && last > 0) broken(`one input takes longer than ${hangMs / 1000} s`);
      last = state[0];
    }, hangMs);
    worker.on("message", (result) => end({ ...result, input: result.finding === null ? null : inputNow() }));
    worker.on("error", (error) => broken(String(error.stack ?? error)));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [wanted = "all", seconds = "60"] = process.argv.slice(2);
  const targets = wanted === "all" ? TARGETS : [wanted];
  if (!targets.every((target) => TARGETS.includes(target)) || !(Number(seconds) > 0)) {
    console.error(`usage: npm run fuzz -- ${TARGETS.join("|")}|all [SECONDS]`);
    process.exit(2);
  }
  for (const target of targets) {
    const result = await fuzz(target, { seconds: Number(seconds), seed: Date.now() >>> 0 });
    const { finding, input, runs, inputs, reached, counters } = result;
    console.log(
      `${target}: ${runs} inputs in ${result.seconds.toFixed(0)} s, ${inputs} of them kept; ${reached} of ${counters} counters reached`,
    );
    if (finding === null) continue;
    const file = join(tmpdir(), `whoforks-fuzz-${target}-${Date.now()}`);
    writeFileSync(file, input);
    console.log(`${finding}\nthe input: ${file}`);
    process.exitCode = 1;
  }
}
