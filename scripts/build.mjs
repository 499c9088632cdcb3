// Bundles src/ into dist/ (ES modules, one chunk per lazily imported command), so that start-up reads few files; and the
// program of `diagnose` once more as a single script, which is kept compiled (src/cli/compiled.ts).
import { execFileSync } from "node:child_process";
import { build } from "esbuild";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
rmSync(`${root}/dist`, { recursive: true, force: true });
/** The developer tools that ink would load where DEV=true are neither installed nor wanted. */
const withoutDevtools = {
  name: "without-devtools",
  setup: ({ onLoad }) => onLoad({ filter: /\/ink\/build\/devtools\.js$/ }, () => ({ contents: "" })),
};
const common = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20.19",
  // Native modules, optional: they are loaded where they are installed.
  external: ["koffi", "@litko/*"],
  plugins: [withoutDevtools],
  legalComments: "none",
  logLevel: "warning",
};
// What ink and React ask the environment about is settled here, not by the host that the program runs on.
const define = {
  __VERSION__: JSON.stringify(version),
  "process.env.NODE_ENV": '"production"',
  "process.env.DEV": '"false"',
};
await build({
  ...common,
  entryPoints: {
    main: "src/cli/main.ts",
    "reading-thread": "src/formats/threads/reading-thread-main.ts",
    "hashing-thread": "src/verification/hashing-thread-main.ts",
    "rule-scanner": "src/rules/scanner-main.ts",
    "footing-thread": "src/footing/footing-thread-main.ts",
    "set-id-thread": "src/survey/set-id-thread-main.ts",
  },
  splitting: true,
  format: "esm",
  define,
  banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
});
const { outputFiles } = await build({
  ...common,
  entryPoints: { diagnose: "src/cli/program-diagnose.ts" },
  write: false,
  format: "cjs",
  minifyWhitespace: true,
  lineLimit: 160,
  define: { ...define, "import.meta.url": "__url" },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
});
const script = `${root}/dist/diagnose.cjs`;
writeFileSync(script, ascii(outputFiles[0].text));
const compile = `${root}/.cache/build/compile.mjs`;
await build({ ...common, entryPoints: ["scripts/compile.mjs"], outdir: undefined, outfile: compile, format: "esm" });
execFileSync(process.execPath, [compile, script, `${root}/test/fixtures/audit/one-of-each.log`]);

/** A script of ASCII is half as large in memory. esbuild leaves other characters in regular expressions and tagged templates. */
function ascii(source) {
  if (/\.raw`[^`]*[^\0-\x7f]/.test(source)) throw new Error("String.raw of what is not ASCII would be changed");
  return source.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
