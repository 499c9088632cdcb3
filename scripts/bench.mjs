// `npm run bench [-- PART …]`: holds the tool to its speed table, each figure beside a rival in the same run.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { auditLog } from "../bench/audit-log.mjs";
import { capture } from "../bench/capture.mjs";
import { identifyAll } from "../bench/identify-all.mjs";
import { memory } from "../bench/memory.mjs";
import { startup } from "../bench/startup.mjs";
import { verifyPackages } from "../bench/verify-packages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv.slice(2);
const parts = ["startup", "audit", "memory", "strace", "capture", "ownership", "identify"].filter(
  (part) => wanted.length === 0 || wanted.includes(part),
);

function print(rows) {
  for (const { what, ours, rival, ratio, hold, held } of rows) {
    // Null: the rival was not waited for, so only a bound is known.
    console.log(
      `${held === null ? "open  " : held ? "held  " : "MISSED"}  ${what}: ${ours}; ${rival}; ${ratio} (hold ${hold})`,
    );
  }
}

async function bundled(source) {
  const outfile = `${root}/.cache/bench/${source.replace(/\.ts$/, ".mjs")}`;
  mkdirSync(`${root}/.cache/bench`, { recursive: true });
  await build({
    entryPoints: [`${root}/bench/${source}`],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  return outfile;
}

execFileSync(process.execPath, [`${root}/scripts/build.mjs`], { stdio: "inherit" });
for (const part of parts) {
  console.log(`\n# ${part}`);
  if (part === "startup") print(startup());
  if (part === "audit") print(await auditLog());
  if (part === "memory") print(await memory());
  if (part === "capture") print(await capture());
  if (part === "ownership")
    print(JSON.parse(execFileSync(process.execPath, [await bundled("ownership.ts")], { encoding: "utf8" })));
  if (part === "identify") {
    print(identifyAll());
    print(verifyPackages());
  }
  if (part === "strace") execFileSync(process.execPath, [await bundled("strace-reader.ts")], { stdio: "inherit" });
}
