import { compiledProgram } from "./compiled.ts";

declare const __VERSION__: string;

const [, , command] = process.argv;
// The version is asked for by scripts and package managers; it is answered before anything else is loaded.
if (process.argv.length === 3 && (command === "--version" || command === "-V")) {
  process.stdout.write(`${__VERSION__}\n`);
} else {
  const compiled = command === "diagnose" ? compiledProgram("diagnose") : null;
  const run = compiled ?? (await import("./program.ts")).run;
  await run(process.argv, __VERSION__);
}
