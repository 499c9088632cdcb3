// Bundles src/ into dist/ (ES modules, one chunk per lazily imported command), so that start-up reads few files.
import { build } from "esbuild";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
rmSync(`${root}/dist`, { recursive: true, force: true });
/** The developer tools that ink would load where DEV=true are neither installed nor wanted. */
const withoutDevtools = {
  name: "without-devtools",
  setup: ({ onLoad }) => onLoad({ filter: /\/ink\/build\/devtools\.js$/ }, () => ({ contents: "" })),
};
await build({
  absWorkingDir: root,
  entryPoints: {
    main: "src/cli/main.ts",
    "reading-thread": "src/formats/threads/reading-thread-main.ts",
    "hashing-thread": "src/verification/hashing-thread-main.ts",
    "rule-scanner": "src/rules/scanner-main.ts",
    "footing-thread": "src/footing/footing-thread-main.ts",
    "set-id-thread": "src/survey/set-id-thread-main.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Native modules, optional: they are loaded where they are installed.
  external: ["koffi", "@litko/*"],
  plugins: [withoutDevtools],
  // What ink and React ask the environment about is settled here, not by the host that the program runs on.
  define: {
    __VERSION__: JSON.stringify(version),
    "process.env.NODE_ENV": '"production"',
    "process.env.DEV": '"false"',
  },
  banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  legalComments: "none",
  logLevel: "warning",
});
