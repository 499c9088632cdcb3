// Comparing every packaged file with its record, beside debsums, dpkg --verify and a plain reading of the same files. A
// page cache holds what was read before, so each file is told to leave it before a cold run (posix_fadvise(2)): nothing
// else of the host is touched.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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

function seconds(command, args) {
  const start = performance.now();
  spawnSync(command, args, { stdio: "ignore", maxBuffer: 1 << 28 });
  return (performance.now() - start) / 1000;
}

/** Rows for the speed table: `held` says whether the figure is within what is promised. */
export function verifyPackages() {
  const folder = mkdtempSync(join(tmpdir(), "whoforks-bench-"));
  try {
    const list = join(folder, "paths");
    writeFileSync(list, Buffer.from(recordedPaths().join("\0"), "latin1"));
    const forget = () => execFileSync("python3", ["-c", FORGET, list]);
    const ours = (...more) => seconds(process.execPath, [program, "identify", "--verify-packages", "-q", ...more]);
    const cache = join(folder, "digests");
    forget();
    const read = seconds("python3", ["-c", READ, list]);
    forget();
    const own = ours("--cache", cache);
    const dpkg = seconds("dpkg", ["--verify"]);
    const debsums = seconds("debsums", ["-as"]);
    const cached = Math.min(ours("--cache", cache), ours("--cache", cache));
    const warm = ours();
    const text = (value) => `${value.toFixed(1)} s`;
    const row = (what, mine, rival, other, ratio, hold, held) => ({
      what,
      ours: text(mine),
      rival: `${rival} ${text(other)}`,
      ratio: `${ratio.toFixed(2)} ×`,
      hold,
      held,
    });
    return [
      row(
        "all packages, with a cache",
        cached,
        "debsums -as",
        debsums,
        debsums / cached,
        "≥ 2 ×",
        debsums / cached >= 2,
      ),
      row("all packages, with a cache", cached, "dpkg --verify", dpkg, dpkg / cached, "≥ 2 ×", dpkg / cached >= 2),
      row("all packages, nothing in memory", own, "reading the files", read, own / read, "≤ 1.2 ×", own / read <= 1.2),
      row("all packages, in memory", warm, "dpkg --verify", dpkg, dpkg / warm, "-", true),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
