declare const __VERSION__: string;

// The version is asked for by scripts and package managers; it is answered before anything else is loaded.
if (process.argv.length === 3 && (process.argv[2] === "--version" || process.argv[2] === "-V")) {
  process.stdout.write(`${__VERSION__}\n`);
} else {
  const { run } = await import("./program.ts");
  await run(process.argv, __VERSION__);
}

export {};
