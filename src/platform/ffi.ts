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
  /** getdents64(2) itself, past whatever has taken the place of readdir(3); null where its number is not known. */
  getdents: ((fd: number, entries: Uint8Array, size: number) => number) | null;
  /** fsopen(2): a new file system of this type, to be set up. */
  fsopen(type: string, flags: number): number;
  /** fsconfig(2) with FSCONFIG_CMD_CREATE. */
  fsCreate(fd: number): number;
  /** fsmount(2): a mount that is attached nowhere and goes with its descriptor. */
  fsmount(fd: number, flags: number, attributes: number): number;
  /** fgetxattr(2). */
  fgetxattr(fd: number, name: string, value: Uint8Array, size: number): number;
  /** errno of the call before. */
  errno(): number;
}

/** Number of getdents64 (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h, …) by Node's name of the machine. */
const GETDENTS64: Readonly<Record<string, number>> = {
  x64: 217,
  arm64: 61,
  riscv64: 61,
  loong64: 61,
  ppc64: 202,
  s390x: 220,
  ia32: 220,
  arm: 217,
};
/** The same on every machine but alpha (include/uapi/asm-generic/unistd.h). */
const FSOPEN = 430;
const FSCONFIG = 431;
const FSMOUNT = 432;
const FSCONFIG_CMD_CREATE = 6;

type Syscall = (number: number, ...rest: unknown[]) => number;

/** Why the C library cannot be called. */
export interface NoLibC {
  missing: "package" | "library";
  why: string;
}

let loaded: LibC | NoLibC | null = null;

/** Declares one function of the C library, by a C prototype. */
export type Declare = (prototype: string) => unknown;

/** Further calls of the C library, for a room that needs more than `libC` gives. `errno` is that of the call before. */
export function bindC<T>(bind: (declare: Declare, errno: () => number) => T): T | NoLibC {
  const koffi = koffiOf();
  if ("missing" in koffi) return koffi;
  try {
    const c = koffi.load(null);
    return bind(
      (prototype) => c.func(prototype),
      () => koffi.errno(),
    );
  } catch (error) {
    return { missing: "library", why: `koffi cannot call this C library (${reasonOf(error)})` };
  }
}

/** The C library of this process, through the optional package koffi. Loaded at the first call only. */
export function libC(): LibC | NoLibC {
  loaded ??= load();
  return loaded;
}

function koffiOf(): Koffi | NoLibC {
  try {
    const require = createRequire(import.meta.url);
    return require("koffi") as Koffi;
  } catch (error) {
    // MODULE_NOT_FOUND brings the stack of requirers on further lines.
    const [first] = reasonOf(error).split("\n");
    return { missing: "package", why: `the optional npm package koffi cannot be loaded (${first ?? ""})` };
  }
}

function load(): LibC | NoLibC {
  const koffi = koffiOf();
  if ("missing" in koffi) return koffi;
  try {
    return declare(koffi);
  } catch (error) {
    return { missing: "library", why: `koffi cannot call this C library (${reasonOf(error)})` };
  }
}

function declare(koffi: Koffi): LibC {
  // null: the symbols of the running program, whichever C library it has.
  const c = koffi.load(null);
  const call = (parameters: string): Syscall => c.func(`long syscall(long number, ${parameters})`) as Syscall;
  const getdents64 = GETDENTS64[process.arch];
  const getdents = call("int fd, uint8_t *entries, size_t size");
  const fsopen = call("const char *type, unsigned int flags");
  const fsconfig = call("int fd, unsigned int command, const char *key, const void *value, int aux");
  const fsmount = call("int fd, unsigned int flags, unsigned int attributes");
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
    getdents: getdents64 === undefined ? null : (fd, entries, size) => getdents(getdents64, fd, entries, size),
    fsopen: (type, flags) => fsopen(FSOPEN, type, flags),
    fsCreate: (fd) => fsconfig(FSCONFIG, fd, FSCONFIG_CMD_CREATE, null, null, 0),
    fsmount: (fd, flags, attributes) => fsmount(FSMOUNT, fd, flags, attributes),
    fgetxattr: c.func("intptr_t fgetxattr(int fd, const char *name, uint8_t *value, size_t size)") as LibC["fgetxattr"],
    errno: () => koffi.errno(),
  };
}
