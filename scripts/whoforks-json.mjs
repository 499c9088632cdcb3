import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../bin/whoforks", import.meta.url));

/**
 * The parsed result of a command of whoforks that prints JSON, or null when there was none: what it said is on standard error
 * then, unless that is `ignore`d.
 */
export function whoforksJson(args, { env = process.env, stderr = "inherit" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", stderr], env });
    const chunks = [];
    child.stdout.on("data", (bytes) => chunks.push(bytes));
    child.on("error", reject);
    child.on("close", () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      } catch {
        resolve(null);
      }
    });
  });
}
