// Comparing every packaged file with its record, beside debsums, dpkg --verify and a plain reading of the same files. A
// page cache holds what was read before, so each file is told to leave it before a cold run (posix_fadvise(2)): nothing
// else of the host is touched.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childCpu } from "./child-cpu.mjs";

const program = fileURLToPath(new URL("../bin/whoforks", import.meta.url));
const FORGET = `
import os, sys
for path in open(sys.argv[1], "rb").read().split(b"\\0"):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)
    except OSError:
        pass
`;
const READ = `
import os, sys
for path in open(sys.argv[1], "rb").read().split(b"\\0"):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        while os.read(fd, 1 << 20): pass
        os.close(fd)
    except OSError:
        pass
`;

/** Every path for which a package recorded an MD5. */
function recordedPaths() {
  const info = "/var/lib/dpkg/info";
  const files = readdirSync(info).filter((name) => name.endsWith(".md5sums"));
  return files.flatMap((name) =>
    readFileSync(join(info, name), "latin1")
      .split("\n")
      .filter((line) => line.length > 34)
      .map((line) => `/${line.slice(34)}`),
  );
}

/** No run of a rival is waited for longer: then only a bound is known. */
const LONGEST_MS = 240_000;

/** Seconds of one run; `more`: it was ended then. Null: there is no such program. */
function timed(command, args) {
  const [start, before] = [performance.now(), childCpu()];
  const { error } = spawnSync(command, args, { stdio: "ignore", timeout: LONGEST_MS, killSignal: "SIGKILL" });
  const seconds = (performance.now() - start) / 1000;
  if (error?.code === "ENOENT") return null;
  return { seconds, cpu: childCpu() - before, more: error?.code === "ETIMEDOUT" };
}

// On a machine with other work the CPU that a run took says more than its time.
const text = ({ seconds, cpu, more }) =>
  `${more ? "more than " : ""}${seconds.toFixed(1)} s (${cpu.toFixed(1)} s of CPU)`;

/** A row in which the rival is to be at least so many times slower. */
function slower(what, mine, rival, other, least) {
  if (other === null)
    return { what, ours: text(mine), rival: `${rival} is not here`, ratio: "?", hold: "", held: null };
  const ratio = other.seconds / mine.seconds;
  const held = least === null ? true : ratio >= least ? true : other.more ? null : false;
  const shown = `${other.more ? "> " : ""}${ratio.toFixed(2)} ×`;
  return {
    what,
    ours: text(mine),
    rival: `${rival} ${text(other)}`,
    ratio: shown,
    hold: least === null ? "-" : `≥ ${least} ×`,
    held,
  };
}

/** Rows for the speed table, each given away as soon as it is known: the rivals take minutes. */
export function* verifyPackages() {
  const folder = mkdtempSync(join(tmpdir(), "whoforks-bench-"));
  try {
    const list = join(folder, "paths");
    writeFileSync(list, Buffer.from(recordedPaths().join("\0"), "latin1"));
    const forget = () => execFileSync("python3", ["-c", FORGET, list]);
    const ours = (...more) => timed(process.execPath, [program, "identify", "--verify-packages", "-q", ...more]);
    const best = (runs) => runs.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    // Three pairs, of which the middle one counts: the disk of a shared machine has moods, and so have its CPUs.
    const cold = [0, 1, 2].map(() => {
      forget();
      const read = timed("python3", ["-c", READ, list]);
      forget();
      const own = ours("--cache", join(mkdtempSync(join(folder, "cold-")), "digests"));
      return { read, own, ratio: own.seconds / read.seconds };
    });
    const { read, own, ratio } = cold.toSorted((a, b) => a.ratio - b.ratio)[1];
    yield {
      what: "all packages, nothing in memory",
      ours: text(own),
      rival: `reading them one by one ${text(read)}`,
      ratio: `${ratio.toFixed(2)} ×`,
      hold: "≤ 1.2 ×",
      held: ratio <= 1.2,
    };
    const cache = join(folder, "digests");
    ours("--cache", cache);
    const cached = best([ours("--cache", cache), ours("--cache", cache)]);
    const warm = ours();
    const dpkg = timed("dpkg", ["--verify"]);
    yield slower("all packages, with a cache", cached, "dpkg --verify", dpkg, 2);
    yield slower("all packages, in memory", warm, "dpkg --verify", dpkg, null);
    yield slower("all packages, with a cache", cached, "debsums -as", timed("debsums", ["-as"]), 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
