import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { originReport } from "../../../src/report/origin.ts";
import { asked, rootWith } from "./made.ts";

/** Every file that is read as a log, a record or a database. */
const FILES = [
  "var/log/dpkg.log",
  "var/log/apt/history.log",
  "var/log/apt/term.log",
  "var/log/dnf.rpm.log",
  "var/log/yum.log",
  "var/log/pacman.log",
  "var/log/apk.log",
  "var/log/audit/audit.log",
  "var/log/auth.log",
  "var/log/wtmp",
  "var/log/btmp",
  "var/log/lastlog",
  "var/log/journal/x/system.journal",
  "run/utmp",
  "var/lib/dnf/history.sqlite",
  "var/lib/dnf/history.sqlite-wal",
  "var/lib/yum/history/history-2026-01-01.sqlite",
  "etc/passwd",
  "etc/timezone",
  "root/.bash_history",
];
const OPTIONS = { columns: 80, colour: false, lang: "en", verbose: true, unicode: true } as const;

/** Lines that begin as those of a log do and go on as an enemy likes. */
function lines(rest: string): string {
  const now = new Date().toISOString();
  const plain = now.slice(0, 19).replace("T", " ");
  const seconds = Math.floor(Date.now() / 1000);
  return [
    `${plain} install ${rest}:amd64 <none> ${rest}`,
    `Start-Date: ${plain}`,
    `Commandline: ${rest} /usr/bin/atd`,
    `Install: ${rest}:amd64 (1), x:amd64 (`,
    "",
    `Log started: ${plain}`,
    `/usr/bin/atd ${rest}`,
    `[${now}] [ALPM] installed ${rest} (${rest})`,
    `Running \`${rest}\` at ${plain}`,
    `(1/1) Installing ${rest} (${rest})`,
    `${now} host sshd[1]: Accepted password for ${rest} from ${rest} port 1`,
    `${now} host sudo: ${rest} : TTY=${rest} ; PWD=/ ; USER=root ; COMMAND=/usr/bin/atd ${rest}`,
    `type=SYSCALL msg=audit(${seconds}.000:1): arch=c000003e syscall=257 success=yes exe="${rest}" comm=${rest}`,
    `type=PATH msg=audit(${seconds}.000:1): item=0 name="/usr/bin/atd" nametype=CREATE`,
    `#${seconds}`,
    `cp ${rest} /usr/bin/atd`,
    `root:x:0:0:${rest}:/root:/bin/sh`,
  ].join("\n");
}

it("whatever bytes stand in logs, records and databases: an answer by the schema, and nothing raw in the report", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 1200 }).map((bytes) => Buffer.from(bytes)),
        fc.string({ unit: "binary", maxLength: 60 }).map((text) => Buffer.from(lines(text))),
        fc
          .constantFrom("\u001b]0;x\u0007", "__proto__", "\u202e", "\0", "{{", "]]")
          .map((text) => Buffer.from(lines(text))),
        fc
          .uint8Array({ maxLength: 900 })
          .map((bytes) => Buffer.concat([Buffer.from("SQLite format 3\0\u0010\0\u0001\u0001\0", "latin1"), bytes])),
      ),
      async (content) => {
        const dir = rootWith(Object.fromEntries([...FILES, "usr/bin/atd"].map((file) => [file, content])));
        const origin = await asked(dir, "/usr/bin/atd", { histories: true });
        expect(originReport(origin, OPTIONS)).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
        fs.rmSync(dir, { recursive: true });
        fs.mkdirSync(dir);
      },
    ),
    { numRuns: 20 },
  );
});

it("a FIFO, a link out of the root or a folder in place of each is not opened, and that is said", async () => {
  const outside = rootWith({ secret: "root:outside:0:0::/root:\n" });
  for (const kind of ["fifo", "link", "folder"]) {
    const dir = rootWith({ "usr/bin/atd": "x" });
    for (const file of FILES) {
      const place = path.join(dir, file);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      if (kind === "fifo") execFileSync("mkfifo", [place]);
      else if (kind === "link") fs.symlinkSync(`${outside}/secret`, place);
      else fs.mkdirSync(place);
    }
    const origin = await asked(dir, "/usr/bin/atd", { histories: true });
    expect(JSON.stringify(origin)).not.toContain("outside:0");
    const said = origin.couldNotLook.filter(({ code }) => code === "origin.no-regular-file").map(({ what }) => what);
    expect(said, kind).toEqual(expect.arrayContaining(["/var/log/dpkg.log", "/var/log/wtmp", "/var/log/auth.log"]));
  }
});
