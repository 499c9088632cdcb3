/**
 * The program of a child process that looks for rules in contents (see scanner.ts). A crash of the native library, or a rule
 * that never comes to an end, then costs one answer.
 */
import { Worker } from "node:worker_threads";
import { compileRules, type CompiledRules } from "./compile.ts";
import { yaraLibrary } from "./library.ts";
import type { RuleAnswer, RuleTask } from "./messages.ts";
import { scanFile } from "./scan.ts";

let compiled: CompiledRules[] = [];

function compile(files: Extract<RuleTask, { files: unknown }>["files"]): RuleAnswer {
  const library = yaraLibrary();
  if (typeof library === "string") return { unavailable: library };
  const { broken, ...rules } = compileRules(library, files);
  compiled = rules.compiled;
  return { compiled: files.length - broken.length, broken };
}

// The library cannot be told to stop, and it keeps this thread busy: when nobody waits for the answer any more, another ends
// this process.
const WATCH = `setInterval(() => {
  if (process.ppid !== ${process.ppid}) process.kill(process.pid, "SIGKILL");
}, 250);`;
new Worker(WATCH, { eval: true }).unref();
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (task: RuleTask) => {
  if ("files" in task) process.send?.(compile(task.files));
  else void scanFile(compiled, task.link, task.path).then((answer) => process.send?.(answer));
});
