import { constants } from "node:os";
import { bindC, type NoLibC } from "./ffi.ts";

/** What this process asks the kernel about files and Node has no call for. Each gives -1 on failure; `errno` tells why. */
export interface FileCalls {
  /** flock(2). */
  flock(fd: number, operation: number): number;
  /** renameat2(2); names end with NUL. Null where its number is not known. Linux 3.15. */
  renameat2: ((fromDir: number, from: Uint8Array, toDir: number, to: Uint8Array, flags: number) => number) | null;
  /** fallocate(2). */
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  /** listxattr(2); the path ends with NUL. */
  listxattr(path: Uint8Array, list: Uint8Array, size: number): number;
  /** getxattr(2). */
  getxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, size: number): number;
  /** setxattr(2). */
  setxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, size: number, flags: number): number;
  /** removexattr(2). */
  removexattr(path: Uint8Array, name: Uint8Array): number;
  /** utimensat(2); `times` are two struct timespec. */
  utimensat(dir: number, path: Uint8Array, times: Uint8Array, flags: number): number;
  /** ioctl(2) with a pointer. */
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** pidfd_open(2), Linux 5.3. */
  pidfdOpen(pid: number): number;
  /** pidfd_send_signal(2), Linux 5.1. */
  pidfdSendSignal(pidfd: number, signal: number): number;
  /** errno of the call before. */
  errno(): number;
}

/** Number of renameat2 by Node's name of the machine (arch/.../syscall.tbl, include/uapi/asm-generic/unistd.h). */
const RENAMEAT2: Readonly<Record<string, number>> = {
  x64: 316,
  arm64: 276,
  riscv64: 276,
  loong64: 276,
  ppc64: 357,
  s390x: 347,
  ia32: 353,
  arm: 382,
};
/** The same on every machine but alpha. */
const PIDFD_SEND_SIGNAL = 424;
const PIDFD_OPEN = 434;

type Call = (...args: unknown[]) => number;

let bound: FileCalls | NoLibC | null = null;

/** These calls, through the optional package koffi; bound at the first use only. */
export function fileCalls(): FileCalls | NoLibC {
  bound ??= bindC((declare, errno) => {
    const call = (prototype: string): Call => declare(prototype) as Call;
    const number = RENAMEAT2[process.arch];
    const rename = call(
      "long syscall(long number, int fromDir, const uint8_t *from, int toDir, const uint8_t *to, unsigned int flags)",
    );
    const open = call("long syscall(long number, int pid, unsigned int flags)");
    const signal = call("long syscall(long number, int pidfd, int signal, const void *info, unsigned int flags)");
    return {
      flock: call("int flock(int fd, int operation)"),
      renameat2: number === undefined ? null : (...args) => rename(number, ...args),
      fallocate: call("int fallocate64(int fd, int mode, int64_t offset, int64_t length)"),
      listxattr: call("intptr_t listxattr(const uint8_t *path, uint8_t *list, size_t size)"),
      getxattr: call("intptr_t getxattr(const uint8_t *path, const uint8_t *name, uint8_t *value, size_t size)"),
      setxattr: call(
        "int setxattr(const uint8_t *path, const uint8_t *name, const uint8_t *value, size_t size, int flags)",
      ),
      removexattr: call("int removexattr(const uint8_t *path, const uint8_t *name)"),
      utimensat: call("int utimensat(int dir, const uint8_t *path, const uint8_t *times, int flags)"),
      ioctl: call("int ioctl(int fd, unsigned long request, uint8_t *argument)"),
      pidfdOpen: (pid) => open(PIDFD_OPEN, pid, 0),
      pidfdSendSignal: (pidfd, number_) => signal(PIDFD_SEND_SIGNAL, pidfd, number_, null, 0),
      errno,
    };
  });
  return bound;
}

/** The errno name (`EEXIST`) of a number as `errno()` gives it. */
export function errnoName(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
}

/** An error as Node's own file functions throw it, for a call of the C library that failed. */
export function callError(call: string, number: number): NodeJS.ErrnoException {
  const code = errnoName(number);
  return Object.assign(new Error(`${code}: ${call}`), { code, errno: -number, syscall: call });
}
