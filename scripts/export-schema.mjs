// Writes schema/diagnosis-1.json, the JSON Schema of `whoforks diagnose --json`, from src/diagnosis/schema.ts.
import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { outputFiles } = await build({
  stdin: {
    contents: `export { diagnosis } from "./src/diagnosis/schema.ts"; export { z } from "zod";`,
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
});
const { diagnosis, z } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);
const schema = z.toJSONSchema(diagnosis, { target: "draft-2020-12", io: "input" });
const text =
  JSON.stringify({ $id: "whoforks/diagnosis/1", title: "Result of whoforks diagnose --json", ...schema }, null, 2) +
  "\n";
writeFileSync(process.argv[2] ?? `${root}/schema/diagnosis-1.json`, text);
