import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { compile } from "./programs.mjs";

/** What a scenario prepares its root with. Paths are absolute inside the root; modes are set whatever the umask. */
export function rootTools(root) {
  return {
    write(path, text, mode = 0o644) {
      mkdirSync(dirname(root + path), { recursive: true });
      writeFileSync(root + path, text);
      chmodSync(root + path, mode);
    },
    link(path, target) {
      mkdirSync(dirname(root + path), { recursive: true });
      symlinkSync(target, root + path);
    },
    remove(path) {
      rmSync(root + path, { recursive: true, force: true });
    },
    /** Puts one of programs/*.c at a path; `build` as in programs.mjs. */
    install(program, path, { mode = 0o755, mtime = null, ...build } = {}) {
      mkdirSync(dirname(root + path), { recursive: true });
      cpSync(compile(program, build), root + path);
      chmodSync(root + path, mode);
      if (mtime !== null) utimesSync(root + path, mtime, mtime);
    },
    /** Puts a program of the root at another path, where it is called by another name. */
    copy(from, path) {
      mkdirSync(dirname(root + path), { recursive: true });
      cpSync(root + from, root + path, { dereference: true });
    },
    /** Puts a file or folder of the host at a path. */
    bring(from, path) {
      mkdirSync(dirname(root + path), { recursive: true });
      cpSync(from, root + path, { recursive: true });
    },
    kernelAtLeast(major, minor) {
      const [have, haveMinor] = readFileSync("/proc/sys/kernel/osrelease", "latin1").split(".").map(Number);
      return have > major || (have === major && haveMinor >= minor);
    },
  };
}
