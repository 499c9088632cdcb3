import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** A root with an rpm database of its own, filled by the real rpm from packages that the real rpmbuild made. */
export interface RpmRoot {
  dir: string;
  host(inside: string): string;
  /** The database's file, inside the root. */
  database: string;
  /** Runs rpm on the root; gives what it prints, whatever its exit code. */
  rpm(...args: string[]): string;
  remove(): void;
}

const LOCAL_FOLDER = "/var/lib/rpm";
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", HOME: "/nonexistent" };

/**
 * A database of kind ndb with these headers, laid out as rpm's lib/backend/ndb/rpmpkg.c does: Debian's rpm is built without
 * that kind, so no oracle makes it here.
 */
export function ndbOf(headers: readonly Buffer[]): Buffer {
  const pages = Math.ceil((headers.length * 2 + 4) / 256);
  const slots = Buffer.alloc(pages * 4096);
  for (let at = 32; at < slots.length; at += 16) slots.write("Slot", at, "latin1");
  slots.write("RpmP", 0, "latin1");
  slots.writeUInt32LE(pages, 12);
  slots.writeUInt32LE(headers.length + 1, 16);
  const blobs: Buffer[] = [];
  let block = slots.length / 16;
  // Every second slot is free, as after a removal.
  for (const [index, header] of headers.entries()) {
    const blocks = Math.ceil((16 + header.length + 12) / 16);
    const blob = Buffer.alloc(blocks * 16);
    blob.write("BlbS", 0, "latin1");
    blob.writeUInt32LE(index + 1, 4);
    blob.writeUInt32LE(header.length, 12);
    header.copy(blob, 16);
    blob.writeUInt32LE(header.length, blob.length - 8);
    blob.write("BlbE", blob.length - 4, "latin1");
    const slot = 32 + index * 32;
    slots.writeUInt32LE(index + 1, slot + 4);
    slots.writeUInt32LE(block, slot + 8);
    slots.writeUInt32LE(blocks, slot + 12);
    blobs.push(blob);
    block += blocks;
  }
  return Buffer.concat([slots, ...blobs]);
}

export const RPM_TOOLS = ["/usr/bin/rpm", "/usr/bin/rpmbuild"];

/**
 * `at` (a program under /usr/sbin, a configuration file, a link, a ghost) and `many` with `files` files, and `extra`
 * packages with one file each. `merged`: /usr/sbin is a link to bin, as on Fedora 42 and Arch.
 */
export function rpmRoot(merged: boolean, files = 400, extra = 40): RpmRoot {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-rpm-"));
  const dir = path.join(top, "root");
  fs.mkdirSync(path.join(dir, "usr/bin"), { recursive: true });
  if (merged) fs.symlinkSync("bin", path.join(dir, "usr/sbin"));
  else fs.mkdirSync(path.join(dir, "usr/sbin"));
  for (const alias of ["bin", "sbin"]) fs.symlinkSync(`usr/${merged ? "bin" : alias}`, path.join(dir, alias));
  fs.mkdirSync(path.join(dir, LOCAL_FOLDER), { recursive: true });
  fs.writeFileSync(path.join(top, "made.spec"), spec(files, extra));
  const macros = [
    "--define",
    `_topdir ${top}/build`,
    "--define",
    `_dbpath ${top}/own`,
    "--define",
    "_build_id_links none",
  ];
  execFileSync("rpmbuild", ["-bb", "--quiet", ...macros, path.join(top, "made.spec")], { env: ENV, stdio: "pipe" });
  const packages = fs
    .readdirSync(path.join(top, "build/RPMS/noarch"))
    .map((name) => path.join(top, "build/RPMS/noarch", name));
  const options = ["--root", dir, "--dbpath", LOCAL_FOLDER, "--define", "_db_backend sqlite"];
  execFileSync(
    "rpm",
    [...options, "--install", "--nodeps", "--ignorearch", "--ignoreos", "--noscripts", "--nosignature", ...packages],
    {
      env: ENV,
      stdio: "pipe",
    },
  );
  return {
    dir,
    host: (inside) => path.join(dir, inside),
    database: `${LOCAL_FOLDER}/rpmdb.sqlite`,
    rpm: (...args) => spawnSync("rpm", [...options, ...args], { env: ENV, encoding: "utf8" }).stdout,
    remove: () => fs.rmSync(top, { recursive: true, force: true }),
  };
}

function spec(files: number, extra: number): string {
  const numbers = Array.from({ length: extra }, (_, index) => index);
  return `
Name: at
Epoch: 2
Version: 3.2.5
Release: 1
Summary: made for a test
License: none
BuildArch: noarch
%description
made for a test
%package -n many
Summary: made for a test
%description -n many
made for a test
${numbers.map((n) => `%package -n extra${n}\nSummary: made for a test\n%description -n extra${n}\nmade for a test\n`).join("")}
%install
mkdir -p %{buildroot}/usr/sbin %{buildroot}/etc %{buildroot}/usr/share/many %{buildroot}/usr/bin %{buildroot}/var/log
printf genuine > %{buildroot}/usr/sbin/atd
printf other > %{buildroot}/usr/sbin/atrun
ln -s atd %{buildroot}/usr/sbin/atlink
printf config > %{buildroot}/etc/at.conf
for n in $(seq ${files}); do echo $n > %{buildroot}/usr/share/many/$n; done
for n in ${numbers.join(" ")}; do echo extra $n > %{buildroot}/usr/bin/extra$n; done
chmod 755 %{buildroot}/usr/sbin/* %{buildroot}/usr/bin/*
%files
/usr/sbin/atd
/usr/sbin/atrun
/usr/sbin/atlink
%config(noreplace) /etc/at.conf
%ghost /var/log/at.log
%files -n many
/usr/share/many
${numbers.map((n) => `%files -n extra${n}\n/usr/bin/extra${n}\n`).join("")}
`;
}
