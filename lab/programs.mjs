import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./packages.mjs";
import { run } from "./shell.mjs";

const SOURCES = fileURLToPath(new URL("programs/", import.meta.url));
const FLAGS = [
  ..."-O2 -static -nostdlib -ffreestanding -fno-pic -no-pie -fno-stack-protector -fcf-protection=none".split(" "),
  ..."-fno-asynchronous-unwind-tables -Wall -Wextra -Werror -Wl,--build-id=none -Wl,-z,noseparate-code -s".split(" "),
];

/**
 * Compiles one of programs/*.c: static, without any libc, so that the 32-bit ones need no 32-bit library.
 * @param name file name without ".c"
 * @param options bits 64 or 32; size: exact size of the file in bytes; defines: {NAME: "value"}
 * @returns path of the program in the cache
 */
export function compile(name, { bits = 64, size = null, defines = {} } = {}) {
  if (process.arch !== "x64") throw new Error("lab: the storm programs are written for x86_64 and i386");
  const sources = [`${SOURCES}lab.h`, `${SOURCES}${name}.c`].map((path) => readFileSync(path));
  const key = createHash("sha256").update(JSON.stringify([bits, size, defines, FLAGS]));
  for (const source of sources) key.update(source);
  const folder = `${cacheFolder()}/programs`;
  const target = `${folder}/${name}-${bits}-${key.digest("hex").slice(0, 16)}`;
  if (existsSync(target)) return target;
  mkdirSync(folder, { recursive: true });
  const building = `${target}.${process.pid}`;
  // Room for headers and code; the rest is appended, so the size comes out exact.
  const padding = size === null ? [] : [`-DPADDING="${size - 16384}"`];
  const given = Object.entries(defines).map(([macro, value]) => `-D${macro}=${value}`);
  run("gcc", [`-m${bits}`, ...FLAGS, ...padding, ...given, "-o", building, `${SOURCES}${name}.c`]);
  if (size !== null) appendFileSync(building, Buffer.alloc(size - statSync(building).size));
  renameSync(building, target);
  return target;
}
