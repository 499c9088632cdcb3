// Writes src/formats/audit/tables/: names of record types, kinds of fields, and the kernel's constants that records hold as numbers.
// Sources: the published dictionaries of fields and messages (github.com/linux-audit/audit-documentation, specs/, CC-BY-4.0; only
// the facts are taken), libaudit.h (package libaudit-dev; optional) and the kernel's headers (package linux-libc-dev).
// Usage: node scripts/generate-audit-tables.mjs FOLDER-WITH-THE-TWO-CSV-FILES [LIBAUDIT.H] [--check]
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const [dictionaries = "../shared/data/audit", libaudit = "/usr/include/libaudit.h"] = process.argv
  .slice(2)
  .filter((word) => !word.startsWith("--"));
const target = fileURLToPath(new URL("../src/formats/audit/tables/", import.meta.url));
const work = mkdtempSync(`${tmpdir()}/whoforks-tables-`);

/** include/uapi/linux/audit.h of 6.18, newer than the dictionary and than Debian's headers. */
const NEWER_TYPES = {
  1420: "IPE_ACCESS",
  1421: "IPE_CONFIG_CHANGE",
  1422: "IPE_POLICY_LOAD",
  1423: "LANDLOCK_ACCESS",
  1424: "LANDLOCK_DOMAIN",
  1425: "MAC_TASK_CONTEXTS",
  1426: "MAC_OBJ_CONTEXTS",
};

/** Those after IORING_OP_SENDMSG_ZC (48) of include/uapi/linux/io_uring.h of 6.18. */
const NEWER_URING_OPS =
  "read_multishot waitid futex_wait futex_wake futex_waitv fixed_fd_install ftruncate bind listen recv_zc epoll_wait readv_fixed writev_fixed pipe".split(
    " ",
  );

/** Macros that bound ranges or are no types of records. */
const NO_TYPES =
  /_(?:FIRST|LAST|BASE)_|(?:FIRST|LAST)_(?:USER|KERN|DAEMON|EVENT|SELINUX|APPARMOR|ANOM|INTEGRITY|CRYPTO|VIRT)/;

function recordTypes() {
  const types = new Map(Object.entries(NEWER_TYPES).map(([number, name]) => [Number(number), name]));
  for (const line of readFileSync(`${dictionaries}/message-dictionary.csv`, "latin1").split(/\r?\n/).slice(1)) {
    const found = /^AUDIT_(\w+),(\d+),/.exec(line);
    if (found) types.set(Number(found[2]), found[1]);
  }
  for (const file of ["/usr/include/linux/audit.h", libaudit]) {
    if (!existsSync(file)) continue;
    for (const [, name, number] of readFileSync(file, "utf8").matchAll(/^#define\s+AUDIT_(\w+)\s+(\d{4})\b/gm))
      if (!NO_TYPES.test(`_${name}_`) && Number(number) < 3000 && !types.has(Number(number)))
        types.set(Number(number), name);
  }
  return [...types].sort(([a], [b]) => a - b);
}

/** Field names by how the dictionary says that they are written. */
function fieldKinds() {
  const kinds = { encoded: [], decimal: [], hex: [] };
  for (const line of readFileSync(`${dictionaries}/field-dictionary.csv`, "latin1").split(/\r?\n/).slice(1)) {
    const [name, format] = line.split(",");
    if (!/^[\w-]+$/.test(name ?? "")) continue;
    if (format === "encoded") kinds.encoded.push(name);
    else if (format === "numeric decimal") kinds.decimal.push(name);
    else if (format === "numeric hexadecimal") kinds.hex.push(name);
  }
  return kinds;
}

const HEADERS = [
  "linux/fcntl.h",
  "linux/mman.h",
  "linux/sched.h",
  "linux/capability.h",
  "linux/prctl.h",
  "linux/seccomp.h",
  "linux/mount.h",
  "linux/fs.h",
  "linux/tcp.h",
  "linux/net.h",
  "linux/resource.h",
  "asm/socket.h",
  "asm/errno.h",
  "asm/signal.h",
  "asm-generic/errno.h",
];

/** Numbers of macros and enumerators, as the C compiler has them. */
function valuesOf(names, headers) {
  const includes = headers.map((header) => `#include <${header}>`).join("\n");
  const prints = names.map((name) => `printf("${name} %lld\\n", (long long)(${name}));`).join("\n");
  const source = `#include <stdio.h>\n${includes}\nint main(void) {\n${prints}\nreturn 0;\n}\n`;
  writeFileSync(`${work}/values.c`, source);
  execFileSync("gcc", ["-w", "-o", `${work}/values`, `${work}/values.c`]);
  const lines = execFileSync(`${work}/values`, { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => line.split(" ")).map(([name, value]) => [name, Number(value)]);
}

function macros(headers) {
  const input = headers.map((header) => `#include <${header}>`).join("\n");
  const text = execFileSync("gcc", ["-E", "-dM", "-x", "c", "-"], { input, encoding: "utf8" });
  return [...text.matchAll(/^#define (\w+) \S/gm)].map(([, name]) => name).sort((a, b) => (a < b ? -1 : 1));
}

/** The constants of one group by number; the first name of `prefer` wins where several have one number. */
function group(pattern, { headers = HEADERS, drop = null, prefer = [], strip = "" } = {}) {
  const names = macros(headers).filter((name) => pattern.test(name) && !(drop?.test(name) ?? false));
  return byNumber(valuesOf(names, headers), prefer, strip);
}

function byNumber(values, prefer = [], strip = "") {
  const table = new Map();
  for (const [name, value] of values) if (!table.has(value) || prefer.includes(name)) table.set(value, name);
  return [...table].sort(([a], [b]) => a - b).map(([value, name]) => [value, name.slice(strip.length)]);
}

function enumerators(header, pattern) {
  const text = readFileSync(`/usr/include/${header}`, "utf8");
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name))];
}

const LIBC = ["sys/socket.h", "netinet/in.h", "sys/ptrace.h", "sys/epoll.h"];

const constants = {
  errno: () => group(/^E[A-Z0-9]{2,}$/, { headers: ["asm/errno.h"], prefer: ["EAGAIN", "EDEADLK", "EOPNOTSUPP"] }),
  signal: () =>
    group(/^SIG[A-Z0-9]+$/, {
      headers: ["asm/signal.h"],
      drop: /^SIG(?:RTMIN|RTMAX|STKSZ|UNUSED|EV)/,
      prefer: ["SIGABRT", "SIGIO"],
    }),
  capability: () =>
    group(/^CAP_[A-Z_0-9]+$/, { headers: ["linux/capability.h"], drop: /LAST_CAP|_VALID|_TO_/ }).map(
      ([value, name]) => [value, name.slice(4).toLowerCase()],
    ),
  open: () =>
    group(/^O_[A-Z_]+$/, {
      headers: ["asm/fcntl.h"],
      drop: /^O_(?:ACCMODE|RDONLY|NDELAY|LARGEFILE)$|^__/,
      prefer: ["O_TMPFILE"],
    }),
  access: () => [
    [1, "X_OK"],
    [2, "W_OK"],
    [4, "R_OK"],
  ],
  protection: () => group(/^PROT_[A-Z]+$/, { headers: ["asm/mman.h"], drop: /PROT_NONE/ }),
  map: () =>
    group(/^MAP_[A-Z_0-9]+$/, {
      headers: ["asm/mman.h"],
      drop: /MAP_(?:TYPE|FILE|HUGE_|UNINIT)|SHARED_VALIDATE/,
    }),
  clone: () => group(/^CLONE_[A-Z_]+$/, { headers: ["linux/sched.h"], drop: /ARGS_SIZE|INTO_CGROUP|CLEAR_SIGHAND/ }),
  mount: () =>
    group(/^MS_[A-Z]+$/, {
      headers: ["linux/mount.h"],
      drop: /RMT_MASK|MGC|^MS_VERBOSE$|NOUSER|SUBMOUNT|NOREMOTELOCK|NOSEC|BORN|ACTIVE/,
    }),
  umount: () => group(/^(?:MNT_(?:FORCE|DETACH|EXPIRE)|UMOUNT_NOFOLLOW)$/, { headers: ["sys/mount.h"] }),
  prctl: () =>
    group(/^PR_(?:GET|SET|CAP|TASK|MCE|MPX|PAC|SCHED|SPEC|SVE|SME)\w*$/, {
      headers: ["linux/prctl.h"],
      drop: /^PR_(?:SPEC|PAC_AP)|_(?:ENABLE|DISABLE|SHIFT|SCOPE_|MASK|FORCE|VL_|OK|AMBIENT_[A-Z]|ANY|DEFAULT|EARLY|LATE|KILL[A-Z_]*(?:SET|CLEAR|POLICY)|MM_|VMA_|UNALIGN_|FPEMU_|ENDIAN_|TIMING_|TSC_)|_FP_MODE_FR|_CORE_(?:GET|CREATE|SHARE|MAX)/,
      prefer: [],
    }).filter(([value]) => value >= 0 && value < 1000),
  sched: () => group(/^SCHED_[A-Z]+$/, { headers: ["linux/sched.h"], drop: /FLAG/ }),
  fcntl: () =>
    group(
      /^F_(?:DUPFD|GETFD|SETFD|GETFL|SETFL|GETLK|SETLK|SETLKW|SETOWN|GETOWN|SETSIG|GETSIG|GETLK64|SETLK64|SETLKW64|SETOWN_EX|GETOWN_EX|GETOWNER_UIDS|OFD_\w+|SETLEASE|GETLEASE|NOTIFY|CANCELLK|DUPFD_CLOEXEC|SETPIPE_SZ|GETPIPE_SZ|ADD_SEALS|GET_SEALS|GET_RW_HINT|SET_RW_HINT|GET_FILE_RW_HINT|SET_FILE_RW_HINT)$/,
      {
        headers: ["linux/fcntl.h"],
      },
    ),
  ioctl: () =>
    group(/^(?:TC|TIO|FIO|SIOC)[A-Z0-9_]+$/, {
      headers: ["asm/termbits.h", "linux/serial.h", "asm/ioctls.h", "linux/sockios.h"],
      drop: /^TC(?:I|O|IO)(?:FLUSH|ON|OFF)$|TIOCPKT_|TIOCSER_|OLD|NEW|DEVPRIVATE|PROTOPRIVATE/,
    }),
  limit: () => group(/^RLIMIT_[A-Z]+$/, { headers: ["asm/resource.h"] }),
  family: () =>
    group(/^AF_[A-Z0-9]+$/, { headers: LIBC, drop: /AF_(?:MAX|FILE|UNIX|ROUTE)$/, prefer: ["AF_LOCAL"] }).map(
      ([value, name]) => [value, name.slice(3).toLowerCase()],
    ),
  socket: () =>
    byNumber(
      valuesOf(
        ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET", "SOCK_DCCP", "SOCK_PACKET"],
        LIBC,
      ),
    ),
  protocol: () => protocols(),
  message: () =>
    byNumber(valuesOf(enumerators("x86_64-linux-gnu/bits/socket.h", /^\s+(MSG_(?!TRYHARD)[A-Z_]+)\s*=/gm), LIBC)),
  // Below 255 they are protocols.
  level: () => group(/^SOL_[A-Z0-9]+$/, { headers: LIBC }).filter(([value]) => value >= 255),
  option: () => group(/^SO_[A-Z_0-9]+$/, { headers: ["asm-generic/socket.h"], drop: /_(?:OLD|NEW)$/ }),
  tcp: () =>
    group(/^TCP_[A-Z_0-9]+$/, {
      headers: ["linux/tcp.h"],
      drop: /FLAG|MSS_|_CMD|^TCP_(?:CA|REPAIR_O|REPAIR_W|MD5SIG_(?:MAX|FLAG))/,
    }),
  ipv6: () =>
    group(/^IPV6_[A-Z_0-9]+$/, {
      headers: ["linux/in6.h"],
      drop: /IPV6_(?:FL_|PRIORITY|PMTUDISC|TLV|PREFER|FLOWINFO_)/,
    }),
  ip: () => group(/^IP_[A-Z_0-9]+$/, { headers: ["linux/in.h"], drop: /PMTUDISC_/ }),
  trace: () =>
    byNumber(
      valuesOf(
        enumerators("x86_64-linux-gnu/sys/ptrace.h", /^\s+(PTRACE_(?!O_|EVENT_|SEIZE_)[A-Z_0-9]+)\s*=/gm).filter(
          (name) => !/EVENTMSG_|PEEKSIGINFO_/.test(name),
        ),
        LIBC,
      ),
    ),
  bpf: () =>
    byNumber(
      valuesOf(
        enumerators("linux/bpf.h", /^\t(BPF_(?:MAP|PROG|OBJ|BTF|TASK|ENABLE|LINK|ITER|RAW)_[A-Z_]+),$/gm).filter(
          (name) => !/_TYPE_/.test(name),
        ),
        ["linux/bpf.h"],
      ),
    ).filter(([value]) => value < 64),
  personality: () => {
    const values = valuesOf(enumerators("linux/personality.h", /^\s+(PER_(?!MASK)[A-Z0-9_]+) =/gm), [
      "linux/personality.h",
    ]);
    return byNumber(values.filter(([, value]) => value < 0x100));
  },
  personalityFlag: () =>
    byNumber(
      valuesOf(enumerators("linux/personality.h", /^\s+([A-Z][A-Z0-9_]+)\s*=\s+0x[0-9a-f]{7},/gm), [
        "linux/personality.h",
      ]),
    ),
  uring: () =>
    byNumber(valuesOf(enumerators("linux/io_uring.h", /^\t(IORING_OP_(?!LAST)[A-Z0-9_]+),/gm), ["linux/io_uring.h"]))
      .map(([value, name]) => [value, name.slice(10).toLowerCase()])
      .concat(NEWER_URING_OPS.map((name, index) => [49 + index, name])),
};

/** IANA's names as /etc/protocols gives them. */
function protocols() {
  return [...readFileSync("/etc/protocols", "utf8").matchAll(/^(\S+)\s+(\d+)\s/gm)]
    .filter(([, name]) => name !== "hopopt")
    .map(([, name, number]) => [Number(number), name])
    .sort(([a], [b]) => a - b);
}

/** `0:A B|5:C`: runs of names, each after the number of its first. */
function compact(entries) {
  const runs = [];
  let next = Number.NaN;
  for (const [number, name] of entries) {
    if (number === next) runs[runs.length - 1] += ` ${name}`;
    else runs.push(`${number}:${name}`);
    next = number + 1;
  }
  return runs.join("|");
}

const NOTE = "// Written by scripts/generate-audit-tables.mjs; do not edit.\n";
const kinds = fieldKinds();
const files = {
  "record-types.ts": `export const RECORD_TYPES =\n  ${JSON.stringify(compact(recordTypes()))};\n`,
  "field-kinds.ts": Object.entries(kinds)
    .map(([kind, names]) => `export const ${kind.toUpperCase()} =\n  ${JSON.stringify(names.join(" "))};\n`)
    .join(""),
  "constants.ts": `export const CONSTANTS = {\n${Object.entries(constants)
    .map(([name, make]) => `  ${name}: ${JSON.stringify(compact(make()))},\n`)
    .join("")}} as const;\n`,
};
mkdirSync(target, { recursive: true });
let stale = 0;
for (const [name, text] of Object.entries(files)) {
  if (process.argv.includes("--check")) {
    if (readFileSync(target + name, "utf8") !== NOTE + text)
      console.error(`${name} is not what the sources give`, ++stale);
  } else writeFileSync(target + name, NOTE + text);
}
rmSync(work, { recursive: true });
process.exitCode = stale > 0 ? 1 : 0;
