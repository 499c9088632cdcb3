// Fuzzes one reader, guided by coverage: inputs that reach code which none has reached are kept and changed further.
// Runs in a worker, so that a hang can be seen from outside (run.mjs). The reader is instrumented with Istanbul's counters.
import { readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { mutate, random } from "./mutate.mjs";

const { bundle, corpus, keep, seconds, runs, seed, most: largest, input, at } = workerData;
const current = Buffer.from(input);
const state = new Int32Array(at);
const { fuzz, most = largest } = createRequire(bundle)(bundle);
const coverage = Object.values(globalThis.__coverage__);

function isSeed({ name }) {
  return name.startsWith("seed-");
}

/** What each counter has reached in all inputs: a bit for each power of two. */
const seen = new Uint8Array(countersOf().length);

function countersOf() {
  const all = [];
  for (const { s, f, b } of coverage) all.push(...Object.values(s), ...Object.values(f), ...Object.values(b).flat());
  return all;
}

function clear() {
  for (const { s, f, b } of coverage) {
    for (const key in s) s[key] = 0;
    for (const key in f) f[key] = 0;
    for (const key in b) b[key].fill(0);
  }
}

/** Notes what the last input has reached. Returns whether some of it is new. */
function isNew() {
  let fresh = false;
  let n = 0;
  const note = (count) => {
    if (count > 0) {
      const bit = 1 << Math.min(7, 31 - Math.clz32(count));
      if ((seen[n] & bit) === 0) {
        seen[n] |= bit;
        fresh = true;
      }
    }
    n++;
  };
  for (const { s, f, b } of coverage) {
    for (const key in s) note(s[key]);
    for (const key in f) note(f[key]);
    for (const key in b) for (const count of b[key]) note(count);
  }
  return fresh;
}

/** Tells the outside which input is at work, and runs it. Throws what the reader throws. */
async function run(bytes) {
  bytes.copy(current);
  Atomics.store(state, 1, bytes.length);
  Atomics.add(state, 0, 1);
  clear();
  await fuzz(bytes);
}

const inputs = [];
let finding = null;
const began = Date.now();
try {
  const files = readdirSync(corpus).map((name) => ({ name, bytes: readFileSync(join(corpus, name)) }));
  // Those made by hand first, then the smallest: what reaches nothing that a smaller one has not reached is not worth keeping.
  files.sort((a, b) => Number(isSeed(b)) - Number(isSeed(a)) || a.bytes.length - b.bytes.length);
  for (const file of files) {
    await run(file.bytes);
    if (isNew() || isSeed(file)) inputs.push(file.bytes);
    else if (keep) unlinkSync(join(corpus, file.name));
  }
  if (inputs.length === 0) inputs.push(Buffer.alloc(0));
  const rnd = random(seed);
  for (let n = 0; n < runs && Date.now() - began < seconds * 1000; n++) {
    // Those found last lead on; the others are not forgotten.
    const pick = () => inputs[rnd(2) === 0 ? rnd(inputs.length) : inputs.length - 1 - rnd(Math.min(16, inputs.length))];
    const bytes = mutate(pick(), pick(), most, rnd);
    await run(bytes);
    if (!isNew()) continue;
    inputs.push(bytes);
    if (keep) writeFileSync(join(corpus, createHash("sha1").update(bytes).digest("hex").slice(0, 16)), bytes);
  }
} catch (error) {
  finding = String(error?.stack ?? error);
}
const outcome = {
  finding,
  runs: Atomics.load(state, 0),
  seconds: (Date.now() - began) / 1000,
  inputs: inputs.length,
  reached: seen.reduce((sum, bits) => sum + Number(bits !== 0), 0),
  counters: seen.length,
};
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
parentPort.postMessage(outcome);
