/** What an argument of a call is. */
export type ArgumentKind =
  | "fd-or-cwd"
  | "open"
  | "mode"
  | "mode-of-2"
  | "mode-of-1"
  | "access"
  | "protection"
  | "map"
  | "clone"
  | "clone-signal"
  | "mount"
  | "umount"
  | "signal"
  | "uid"
  | "gid"
  | "prctl"
  | "prctl-argument"
  | "sched"
  | "fcntl"
  | "fcntl-argument"
  | "seek"
  | "family"
  | "socket"
  | "protocol"
  | "message"
  | "level"
  | "option"
  | "shutdown"
  | "trace"
  | "limit"
  | "bpf"
  | "exit"
  | "wait"
  | "priority"
  | "itimer"
  | "clock"
  | "unlinkat"
  | "at"
  | "epoll"
  | "seccomp"
  | "pipe"
  | "lock"
  | "memfd"
  | "madvise"
  | "ioctl"
  | "dirty-decimal";

/** Arguments 0 to 3 of the calls whose arguments are more than addresses, descriptors and lengths (man 2). */
export const CALLS: Readonly<Record<string, readonly (ArgumentKind | null)[]>> = {
  open: [null, "open", "mode-of-1"],
  openat: ["fd-or-cwd", null, "open", "mode-of-2"],
  openat2: ["fd-or-cwd"],
  creat: [null, "mode"],
  mkdir: [null, "mode"],
  mkdirat: ["fd-or-cwd", null, "mode"],
  mknod: [null, "mode"],
  mknodat: ["fd-or-cwd", null, "mode"],
  chmod: [null, "mode"],
  fchmod: [null, "mode"],
  fchmodat: ["fd-or-cwd", null, "mode"],
  fchmodat2: ["fd-or-cwd", null, "mode", "at"],
  umask: ["mode"],
  chown: [null, "uid", "gid"],
  fchown: [null, "uid", "gid"],
  lchown: [null, "uid", "gid"],
  fchownat: ["fd-or-cwd", null, "uid", "gid"],
  access: [null, "access"],
  faccessat: ["fd-or-cwd", null, "access"],
  faccessat2: ["fd-or-cwd", null, "access", "at"],
  newfstatat: ["fd-or-cwd", null, null, "at"],
  fstatat64: ["fd-or-cwd", null, null, "at"],
  statx: ["fd-or-cwd", null, "at"],
  readlinkat: ["fd-or-cwd"],
  linkat: ["fd-or-cwd", null, "fd-or-cwd"],
  symlinkat: [null, "fd-or-cwd"],
  renameat: ["fd-or-cwd", null, "fd-or-cwd"],
  renameat2: ["fd-or-cwd", null, "fd-or-cwd"],
  unlinkat: ["fd-or-cwd", null, "unlinkat"],
  utimensat: ["fd-or-cwd", null, null, "at"],
  futimesat: ["fd-or-cwd"],
  name_to_handle_at: ["fd-or-cwd"],
  execveat: ["fd-or-cwd"],
  lseek: [null, null, "seek"],
  ioctl: [null, "ioctl"],
  fcntl: [null, "fcntl", "fcntl-argument"],
  fcntl64: [null, "fcntl", "fcntl-argument"],
  dup3: [null, null, "pipe"],
  pipe2: [null, "pipe"],
  flock: [null, "lock"],
  memfd_create: [null, "memfd"],
  mmap: [null, null, "protection", "map"],
  mmap2: [null, null, "protection", "map"],
  mprotect: [null, null, "protection"],
  pkey_mprotect: [null, null, "protection"],
  madvise: [null, null, "madvise"],
  mount: [null, null, null, "mount"],
  umount2: [null, "umount"],
  clone: ["clone-signal"],
  unshare: ["clone"],
  setns: [null, "clone"],
  exit: ["exit"],
  exit_group: ["exit"],
  wait4: ["dirty-decimal", null, "wait"],
  waitid: [null, null, null, "wait"],
  kill: ["dirty-decimal", "signal"],
  tkill: ["dirty-decimal", "signal"],
  tgkill: ["dirty-decimal", "dirty-decimal", "signal"],
  rt_sigaction: ["signal"],
  rt_sigqueueinfo: ["dirty-decimal", "signal"],
  rt_tgsigqueueinfo: ["dirty-decimal", "dirty-decimal", "signal"],
  pidfd_send_signal: [null, "signal"],
  ptrace: ["trace", "dirty-decimal"],
  prctl: ["prctl", "prctl-argument"],
  setuid: ["uid"],
  setreuid: ["uid", "uid"],
  setresuid: ["uid", "uid", "uid"],
  setfsuid: ["uid"],
  setgid: ["gid"],
  setregid: ["gid", "gid"],
  setresgid: ["gid", "gid", "gid"],
  setfsgid: ["gid"],
  sched_setscheduler: ["dirty-decimal", "sched"],
  sched_get_priority_max: ["sched"],
  sched_get_priority_min: ["sched"],
  getrlimit: ["limit"],
  setrlimit: ["limit"],
  prlimit64: ["dirty-decimal", "limit"],
  getpriority: ["priority"],
  setpriority: ["priority"],
  getitimer: ["itimer"],
  setitimer: ["itimer"],
  clock_gettime: ["clock"],
  clock_settime: ["clock"],
  clock_nanosleep: ["clock"],
  timer_create: ["clock"],
  socket: ["family", "socket", "protocol"],
  socketpair: ["family", "socket", "protocol"],
  sendto: [null, null, null, "message"],
  recvfrom: [null, null, null, "message"],
  sendmsg: [null, null, "message"],
  recvmsg: [null, null, "message"],
  sendmmsg: [null, null, null, "message"],
  recvmmsg: [null, null, null, "message"],
  accept4: [null, null, null, "socket"],
  shutdown: [null, "shutdown"],
  setsockopt: [null, "level", "option"],
  getsockopt: [null, "level", "option"],
  epoll_create1: ["pipe"],
  epoll_ctl: [null, "epoll"],
  eventfd2: [null, "pipe"],
  bpf: ["bpf"],
  seccomp: ["seccomp"],
};
