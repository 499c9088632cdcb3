// Writes an audit log in the shape of the original case: node lab/make-original-case-log.mjs -o FILE [--generations N]
import { closeSync, openSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** From a generation's fork to its own exit. */
const EXIT_US = 20;
const I386 = "40000003";
const X86_64 = "c000003e";
const CREDENTIALS = "uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none)";
const DAEMON = `auid=4294967295 ${CREDENTIALS} ses=4294967295`;

/**
 * An Ubuntu 14.04 host (kernel 3.13, so no PROCTITLE records) while the 32-bit /usr/bin/atd replicates: a fork and an
 * exit_group record a generation, PIDs that wrap, among records of cron, sshd and rsyslogd, some of which are
 * `arch=c000003e syscall=2`: open, not fork. The same options give the same bytes.
 * @param options output (path); generations; rate (forks a second); pidMax; start (ms since 1970); seed
 * @returns what the log truly holds: lines, events, forks by ABI, seconds, wraps of the PID numbers
 */
export function makeOriginalCaseLog({
  output,
  generations = 40_000,
  rate = 10_000,
  pidMax = 32_768,
  start = Date.UTC(2018, 2, 12, 9, 30, 7),
  seed = 20170220,
}) {
  const random = sequence(seed);
  const fd = openSync(output, "w");
  const truth = {
    output,
    lines: 0,
    events: 0,
    forks: generations,
    opens: 0,
    seconds: 0,
    wraps: 0,
    pidMax,
    program: "/usr/bin/atd",
  };
  let chunk = [];
  let serial = 4711;
  let us = start * 1000;
  let lastPid = 1207;
  const living = new Set([1, 702, 911, 1033]);

  const event = (...records) => {
    const stamp = `audit(${Math.floor(us / 1e6)}.${String(Math.floor(us / 1000) % 1000).padStart(3, "0")}:${serial++})`;
    for (const [type, body] of records) chunk.push(`type=${type} msg=${stamp}: ${body}\n`);
    truth.lines += records.length;
    truth.events++;
    if (chunk.length > 2000) flush();
  };
  const flush = () => {
    writeSync(fd, chunk.join(""));
    chunk = [];
  };
  const nextPid = () => {
    do {
      lastPid++;
      if (lastPid >= pidMax) {
        lastPid = 300; // RESERVED_PIDS of kernel/pid.c
        truth.wraps++;
      }
    } while (living.has(lastPid));
    return lastPid;
  };

  event(["DAEMON_START", "auditd start, ver=2.3.2 format=raw kernel=3.13.0-32-generic auid=1000 pid=1201 res=success"]);
  event(["CONFIG_CHANGE", 'auid=1000 ses=2 op="add rule" key="procs" list=4 res=1']);
  let pid = nextPid();
  event(...startedByInit(pid));
  const atd = (number, parent, call) =>
    `arch=${I386} syscall=${call} items=0 ppid=${parent} pid=${number} ${DAEMON} comm="atd" exe="/usr/bin/atd" key="procs"`;
  const begin = us;
  let parent = 1;
  for (let generation = 0; generation < generations; generation++) {
    us += Math.max(1, Math.round((-Math.log(1 - random()) * 1e6) / rate) - EXIT_US);
    const child = nextPid();
    const arguments_ = `success=yes exit=${child} a0=0 a1=${hex(random)} a2=${hex(random)} a3=8049${hex(random).slice(-3)}`;
    event(["SYSCALL", atd(pid, parent, 2).replace("syscall=2 ", `syscall=2 ${arguments_} `)]);
    us += EXIT_US;
    event(["SYSCALL", atd(pid, parent, 252).replace("syscall=252 ", "syscall=252 a0=0 a1=0 a2=0 a3=0 ")]);
    // Most have lost their parent to exit by the time they fork; some are faster.
    parent = random() < 0.93 ? 1 : pid;
    pid = child;
    if (random() < 0.004) for (const records of noise(random, nextPid, truth)) event(...records);
  }
  truth.seconds = (us - begin) / 1e6;
  event(["DAEMON_END", "auditd normal halt, sending auid=1000 pid=1202 subj= res=success"]);
  flush();
  closeSync(fd);
  return truth;
}

function startedByInit(pid) {
  return [
    [
      "SYSCALL",
      `arch=${X86_64} syscall=59 success=yes exit=0 a0=7f3a1c2b5a10 a1=7f3a1c2b5b40 a2=7f3a1c2c0f60 a3=18 items=1 ppid=1 pid=${pid} ${DAEMON} comm="atd" exe="/usr/bin/atd" key="procs"`,
    ],
    ["EXECVE", 'argc=1 a0="atd"'],
    ["CWD", ' cwd="/"'],
    ["PATH", 'item=0 name="/usr/bin/atd" inode=262401 dev=ca:01 mode=0100711 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL'],
  ];
}

/** One of: cron runs a job; somebody guesses a password; a daemon opens a file (syscall 2 of x86_64). */
function noise(random, nextPid, truth) {
  const which = random();
  if (which < 0.2) return cronJob(nextPid());
  if (which < 0.4) {
    const pid = nextPid();
    const about = `pid=${pid} uid=0 auid=4294967295 ses=4294967295`;
    const from = `hostname=? addr=203.0.113.${1 + Math.floor(random() * 250)} terminal=ssh`;
    return [
      [
        [
          "USER_LOGIN",
          `${about} msg='op=login acct=28756E6B6E6F776E207573657229 exe="/usr/sbin/sshd" ${from} res=failed'`,
        ],
      ],
    ];
  }
  truth.opens++;
  const [pid, comm, exe, name] =
    random() < 0.5
      ? [702, "rs:main Q:Reg", "/usr/sbin/rsyslogd", "/var/log/syslog"]
      : [1033, "cron", "/usr/sbin/cron", "/etc/crontab"];
  return [
    [
      [
        "SYSCALL",
        // A blank makes the kernel write the name as hex.
        `arch=${X86_64} syscall=2 success=yes exit=4 a0=7fff${hex(random)} a1=80000 a2=1b6 a3=0 items=1 ppid=1 pid=${pid} ${DAEMON} comm=${encoded(comm)} exe="${exe}" key="opens"`,
      ],
      ["CWD", ' cwd="/"'],
      ["PATH", `item=0 name="${name}" inode=131090 dev=ca:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL`],
    ],
  ];
}

function cronJob(pid) {
  const about = `pid=${pid} uid=0 auid=4294967295 ses=4294967295`;
  const tail = 'exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success';
  return [
    [["USER_ACCT", `${about} msg='op=PAM:accounting acct="root" ${tail}'`]],
    [["CRED_ACQ", `${about} msg='op=PAM:setcred acct="root" ${tail}'`]],
    [["LOGIN", `pid=${pid} uid=0 old-auid=4294967295 auid=0 old-ses=4294967295 ses=${pid} res=1`]],
    [["USER_START", `pid=${pid} uid=0 auid=0 ses=${pid} msg='op=PAM:session_open acct="root" ${tail}'`]],
    [["USER_END", `pid=${pid} uid=0 auid=0 ses=${pid} msg='op=PAM:session_close acct="root" ${tail}'`]],
  ];
}

const encoded = (text) => (text.includes(" ") ? Buffer.from(text).toString("hex").toUpperCase() : `"${text}"`);
const hex = (random) =>
  Math.floor(random() * 0xffffffff)
    .toString(16)
    .padStart(8, "0");

/** Linear congruential numbers from 0 to 1 (constants of Numerical Recipes): seeded, and the same everywhere. */
function sequence(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const number = { type: "string" };
  const { values } = parseArgs({
    options: {
      output: { type: "string", short: "o" },
      generations: number,
      rate: number,
      seed: number,
      help: { type: "boolean" },
    },
  });
  const { output, help } = values;
  const given = ["generations", "rate", "seed"].filter((name) => values[name] !== undefined);
  if (help || output === undefined) {
    process.stdout.write(
      "node lab/make-original-case-log.mjs -o FILE [--generations 40000] [--rate 10000] [--seed N]\n",
    );
    process.exitCode = help ? 0 : 2;
  } else {
    const options = Object.fromEntries(given.map((name) => [name, Number(values[name])]));
    process.stdout.write(`${JSON.stringify(makeOriginalCaseLog({ output, ...options }), null, 2)}\n`);
  }
}
