// Written by scripts/generate-syscall-tables.mjs; do not edit.
export const PROCESS_CALLS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "i386": {
    "fork": 2,
    "vfork": 190,
    "clone": 120,
    "clone3": 435,
    "execve": 11,
    "execveat": 358,
    "exit": 1,
    "exit_group": 252,
    "wait4": 114,
    "waitid": 284,
    "kill": 37
  },
  "x86_64": {
    "fork": 57,
    "vfork": 58,
    "clone": 56,
    "clone3": 435,
    "execve": 59,
    "execveat": 322,
    "exit": 60,
    "exit_group": 231,
    "wait4": 61,
    "waitid": 247,
    "kill": 62
  },
  "x32": {
    "fork": 57,
    "vfork": 58,
    "clone": 56,
    "clone3": 435,
    "execve": 520,
    "execveat": 545,
    "exit": 60,
    "exit_group": 231,
    "wait4": 61,
    "waitid": 529,
    "kill": 62
  },
  "aarch64": {
    "clone": 220,
    "clone3": 435,
    "execve": 221,
    "execveat": 281,
    "exit": 93,
    "exit_group": 94,
    "wait4": 260,
    "waitid": 95,
    "kill": 129
  },
  "arm": {
    "fork": 2,
    "vfork": 190,
    "clone": 120,
    "clone3": 435,
    "execve": 11,
    "execveat": 387,
    "exit": 1,
    "exit_group": 248,
    "wait4": 114,
    "waitid": 280,
    "kill": 37
  },
  "ppc64": {
    "fork": 2,
    "vfork": 189,
    "clone": 120,
    "clone3": 435,
    "execve": 11,
    "execveat": 362,
    "exit": 1,
    "exit_group": 234,
    "wait4": 114,
    "waitid": 272,
    "kill": 37
  },
  "s390x": {
    "fork": 2,
    "vfork": 190,
    "clone": 120,
    "clone3": 435,
    "execve": 11,
    "execveat": 354,
    "exit": 1,
    "exit_group": 248,
    "wait4": 114,
    "waitid": 281,
    "kill": 37
  },
  "riscv64": {
    "clone": 220,
    "clone3": 435,
    "execve": 221,
    "execveat": 281,
    "exit": 93,
    "exit_group": 94,
    "wait4": 260,
    "waitid": 95,
    "kill": 129
  }
};
