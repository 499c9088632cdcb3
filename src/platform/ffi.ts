import { createRequire } from "node:module";
import { reasonOf } from "./errno.ts";

/** What is used of koffi 3 (koffi.dev); declared here because the package is optional and may not be there to compile against. */
interface Koffi {
  load(library: string | null): { func(declaration: string): unknown };
  errno(): number;
}

/** The calls of the C library that Node has no module for. Each gives -1 on failure; `errno` then tells why. */
export interface LibC {
  /** socket(2). */
  socket(family: number, type: number, protocol: number): number;
  /** bind(2); `address` is a sockaddr. */
  bind(fd: number, address: Uint8Array, length: number): number;
  /** setsockopt(2). */
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  /** getsockopt(2); `length` is a socklen_t, in and out. */
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  /** send(2). */
  send(fd: number, message: Uint8Array, length: number, flags: number): number;
  /** recv(2). */
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  /** close(2). */
  close(fd: number): number;
  /** sched_getaffinity(2); pid 0 is the calling thread. */
  getAffinity(pid: number, size: number, mask: Uint8Array): number;
  /** sched_setaffinity(2). */
  setAffinity(pid: number, size: number, mask: Uint8Array): number;
  /** errno of the call before. */
  errno(): number;
}

/** Why the C library cannot be called. */
export interface NoLibC {
  missing: "package" | "library";
  why: string;
}

let loaded: LibC | NoLibC | null = null;

/** The C library of this process, through the optional package koffi. Loaded at the first call only. */
export function libC(): LibC | NoLibC {
  loaded ??= load();
  return loaded;
}

function load(): LibC | NoLibC {
  let koffi: Koffi;
  try {
    const require = createRequire(import.meta.url);
    koffi = require("koffi") as Koffi;
  } catch (error) {
    // MODULE_NOT_FOUND brings the stack of requirers on further lines.
    const [first] = reasonOf(error).split("\n");
    return { missing: "package", why: `the optional npm package koffi cannot be loaded (${first ?? ""})` };
  }
  try {
    return declare(koffi);
  } catch (error) {
    return { missing: "library", why: `koffi cannot call this C library (${reasonOf(error)})` };
  }
}

function declare(koffi: Koffi): LibC {
  // null: the symbols of the running program, whichever C library it has.
  const c = koffi.load(null);
  return {
    socket: c.func("int socket(int family, int type, int protocol)") as LibC["socket"],
    bind: c.func("int bind(int fd, const uint8_t *address, uint32_t length)") as LibC["bind"],
    setsockopt: c.func(
      "int setsockopt(int fd, int level, int option, const uint8_t *value, uint32_t length)",
    ) as LibC["setsockopt"],
    getsockopt: c.func(
      "int getsockopt(int fd, int level, int option, uint8_t *value, uint8_t *length)",
    ) as LibC["getsockopt"],
    send: c.func("intptr_t send(int fd, const uint8_t *message, size_t length, int flags)") as LibC["send"],
    recv: c.func("intptr_t recv(int fd, uint8_t *buffer, size_t length, int flags)") as LibC["recv"],
    close: c.func("int close(int fd)") as LibC["close"],
    getAffinity: c.func("int sched_getaffinity(int pid, size_t size, uint8_t *mask)") as LibC["getAffinity"],
    setAffinity: c.func("int sched_setaffinity(int pid, size_t size, const uint8_t *mask)") as LibC["setAffinity"],
    errno: () => koffi.errno(),
  };
}
