import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAlternative } from "../../../src/identity/alternatives.ts";
import { listFromMd5sums, md5Of } from "../../../src/identity/dpkg/digests.ts";
import { Diversions, readDiversions } from "../../../src/identity/dpkg/diversions.ts";
import { PathIndex } from "../../../src/identity/path-index.ts";
import { readStatOverrides } from "../../../src/identity/dpkg/statoverride.ts";
import { readStatus, type StatusReading } from "../../../src/identity/dpkg/status.ts";
import { atOnce } from "../../../src/model/steps.ts";
import { fromBytes } from "../../../src/model/text.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const A = "0123456789abcdef0123456789abcdef";
const B = "fedcba9876543210fedcba9876543210";

const indexOf = (lists: readonly Uint8Array[]): PathIndex => atOnce(PathIndex.of(lists));

describe("index of file lists", () => {
  test("finds lines by their last name, in order, with their list", () => {
    const index = indexOf([bytes("/.\n/usr\n/usr/bin/atd\n"), bytes("/usr/sbin/atd\n/usr/sbin/xatd"), bytes("/atd\n")]);
    expect(index.size).toBe(6);
    expect(index.named("atd")).toEqual([
      { path: "/usr/bin/atd", list: 0 },
      { path: "/usr/sbin/atd", list: 1 },
      { path: "/atd", list: 2 },
    ]);
    expect(index.named("xatd")).toEqual([{ path: "/usr/sbin/xatd", list: 1 }]);
    for (const other of ["td", "at", "", "bin/atd", "atd\n", "at?", "*"]) expect(index.named(other)).toEqual([]);
  });

  test("damage: empty lines are nothing, relative lines are reported, the last line needs no newline", () => {
    const index = indexOf([bytes("\n\nusr/bin/x\n/a"), bytes(""), bytes("/b/\xff\n")]);
    expect(index.damaged).toEqual([{ list: 0, line: "usr/bin/x" }]);
    expect(index.named("a")).toEqual([{ path: "/a", list: 0 }]);
    expect(index.named(fromBytes(Uint8Array.of(0xff)))).toEqual([{ path: "/b/\udcff", list: 2 }]);
  });

  test("agrees with a plain search on any lists", () => {
    const name = fc.stringMatching(/^[ab?*.é]{1,3}$/);
    const line = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => "/" + parts.join("/"));
    const lists = fc.array(fc.array(line, { maxLength: 12 }), { maxLength: 6 });
    fc.assert(
      fc.property(lists, name, (contents, wanted) => {
        const index = indexOf(contents.map((lines) => Buffer.from(lines.map((l) => l + "\n").join(""))));
        const expected = contents.flatMap((lines, list) =>
          lines.filter((path) => path.endsWith("/" + wanted)).map((path) => ({ path, list })),
        );
        expect(index.named(wanted)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("grows past its first size", () => {
    const lines = Array.from({ length: 40_000 }, (_, k) => `/usr/share/x/${k}\n`).join("");
    const index = indexOf([bytes(lines)]);
    expect(index.size).toBe(40_000);
    expect(index.named("39999")).toEqual([{ path: "/usr/share/x/39999", list: 0 }]);
  });
});

describe("status", () => {
  function read(text: string, assumed?: string): StatusReading {
    const reading: StatusReading = { packages: new Map(), damaged: [] };
    atOnce(readStatus(bytes(text), reading, assumed));
    return reading;
  }

  test("states, versions and conffiles", () => {
    const { packages, damaged } = read(
      `Package: at\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.1.14-1\nConffiles:\n /etc/at.deny ${A}\n` +
        ` /etc/init/atd.conf ${B} obsolete\n /etc/new newconffile\nDescription: x\n Package: fake\n .\n\n` +
        "Package: half\nstatus: install reinstreq half-installed\nArchitecture: i386\nVersion: 1\n",
    );
    expect(damaged).toEqual([]);
    expect([...packages.keys()]).toEqual(["at:amd64", "half:i386"]);
    expect(packages.get("at:amd64")).toMatchObject({ version: "3.1.14-1", state: "installed" });
    expect([...(packages.get("at:amd64")?.conffiles ?? [])]).toEqual([
      ["/etc/at.deny", A],
      ["/etc/init/atd.conf", B],
    ]);
    expect(packages.get("half:i386")?.state).toBe("half-installed");
  });

  test("a later stanza replaces, a broken one is reported", () => {
    const { packages, damaged } = read(
      "Package: a\nStatus: install ok unpacked\nArchitecture: all\nVersion: 1\n\n\nStatus: x\n\nPackage: b\nStatus: ok\n\n" +
        "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n",
    );
    expect(packages.get("a:all")).toMatchObject({ state: "installed", version: "2" });
    expect(packages.size).toBe(1);
    expect(damaged.map(({ why }) => why)).toEqual(["stanza without Package", "Status is not three words"]);
  });

  test("stanzas of distroless images have no Status", () => {
    expect(read("Package: a\nVersion: 1\n", "install ok installed").packages.get("a:")?.state).toBe("installed");
  });

  test("any bytes never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (junk) => {
        atOnce(readStatus(Buffer.concat([bytes("Package: x\nStatus: a b c\nConffiles:\n /"), junk]), read("")));
      }),
    );
  });
});

describe("digests", () => {
  const sums = bytes(
    `${A}  usr/sbin/atd\n${B}  usr/sbin/atd  x\nbroken\n${B}  usr/bin/a\xff\n${A.slice(1)}  usr/bin/short\n`,
  );

  test("whole lines only", () => {
    expect(md5Of("/usr/sbin/atd", sums)).toBe(A);
    expect(md5Of("/usr/sbin/atd  x", sums)).toBe(B);
    expect(md5Of("/usr/bin/a\udcff", sums)).toBe(B);
    for (const no of ["/sbin/atd", "/usr/sbin/at", "x", "/usr/bin/short", "/"]) expect(md5Of(no, sums)).toBeNull();
  });

  test("stand in for a lost list", () => {
    const list = listFromMd5sums(bytes(`${A}  usr/sbin/atd\n${B}  usr/bin/at`)).toString();
    expect(list).toBe("/usr/sbin/atd\n/usr/bin/at\n");
  });
});

describe("diversions", () => {
  test("records of three lines", () => {
    const text = "/bin/sh\n/bin/sh.distrib\ndash\n/usr/bin/x\n/usr/bin/x.real\n:\nrelative\n/y\np\n/cut\n";
    const { diversions, damaged } = readDiversions(bytes(text));
    expect(diversions).toEqual([
      { from: "/bin/sh", to: "/bin/sh.distrib", by: "dash" },
      { from: "/usr/bin/x", to: "/usr/bin/x.real", by: null },
    ]);
    expect(damaged).toEqual(["relative", "/cut"]);
    const acting = new Diversions(diversions, (path) => path.replace(/^\/bin/, "/usr/bin"));
    expect(acting.movesAway("/bin/sh", "dash")).toBe(false);
    expect(acting.movesAway("/bin/sh", "bash")).toBe(true);
    expect(acting.movesAway("/usr/bin/sh", "bash")).toBe(false);
    expect(acting.leadingTo("/usr/bin/sh.distrib")).toHaveLength(1);
    expect(acting.at("/usr/bin/x")?.by).toBeNull();
    expect(acting.at("/usr/bin/y")).toBeNull();
  });
});

describe("alternatives", () => {
  test("links and targets of master and slaves", () => {
    const text =
      "auto\n/usr/bin/awk\nawk.1.gz\n/usr/share/man/man1/awk.1.gz\nnawk\n/usr/bin/nawk\n\n" +
      "/usr/bin/mawk\n5\n/usr/share/man/man1/mawk.1.gz\n/usr/bin/mawk\n/usr/bin/gawk\n10\n\n/usr/bin/gawk\n\n";
    const found = readAlternative("awk", bytes(text));
    expect([...(found?.links ?? [])]).toEqual([
      ["/usr/bin/awk", "awk"],
      ["/usr/share/man/man1/awk.1.gz", "awk.1.gz"],
      ["/usr/bin/nawk", "nawk"],
    ]);
    expect([...(found?.targets.get("awk") ?? [])]).toEqual(["/usr/bin/mawk", "/usr/bin/gawk"]);
    expect([...(found?.targets.get("awk.1.gz") ?? [])]).toEqual(["/usr/share/man/man1/mawk.1.gz"]);
    expect([...(found?.targets.get("nawk") ?? [])]).toEqual(["/usr/bin/mawk", "/usr/bin/gawk"]);
  });

  test("anything else is null or partial, never an exception", () => {
    expect(readAlternative("x", bytes("perhaps\n/x\n\n"))).toBeNull();
    expect(readAlternative("x", bytes("auto\n"))).toBeNull();
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "/", "\n", "1"), maxLength: 60 }), (junk) => {
        readAlternative("x", bytes(`auto\n/x\n${junk}`));
      }),
    );
  });
});

test("stat overrides", () => {
  const text = "root messagebus 4754 /usr/lib/dbus\n#104 #0 0711 /usr/bin/with space\nbroken\nroot root 9 /x\n";
  expect(readStatOverrides(bytes(text))).toEqual({
    overrides: [
      { path: "/usr/lib/dbus", record: { mode: 0o4754, user: "root", group: "messagebus", capabilities: null } },
      { path: "/usr/bin/with space", record: { mode: 0o711, user: "#104", group: "#0", capabilities: null } },
    ],
    damaged: ["broken", "root root 9 /x"],
  });
});
