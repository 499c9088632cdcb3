import { describe, expect, test } from "vitest";
import { isoTime, modeString } from "../../../src/identity/file-facts.ts";
import { isProgramPath, placeOf, type Place } from "../../../src/identity/places.ts";
import { REASON_CODES } from "../../../src/identity/reasons.ts";
import { judge, type FileCase } from "../../../src/identity/verdict.ts";

const unowned: FileCase = {
  entry: "/usr/bin/atd",
  directory: "/usr/bin",
  place: "programs",
  directoryOwned: false,
  ownership: null,
  digests: { md5: "aa" },
  database: { kind: "complete" },
  namesake: null,
  standsBefore: null,
  sameContent: false,
  diverted: false,
};
const at = { package: "at", path: "/usr/sbin/atd" };
const owned = (hex: string | null, state = "installed", conffile = false): FileCase => ({
  ...unowned,
  ownership: {
    by: { owner: { manager: "dpkg", package: "at", version: "1" }, listed: "/usr/bin/atd", diverted: false, state },
    shipped: hex === null ? null : { algorithm: "md5", hex, conffile },
  },
});
const weights = (file: FileCase) => Object.fromEntries(judge(file).reasons.map(({ code, weight }) => [code, weight]));

describe("owned files", () => {
  test("genuine, modified, unverifiable", () => {
    expect(judge(owned("aa"))).toMatchObject({ verdict: "genuine", attack: [] });
    expect(judge(owned("bb"))).toMatchObject({ verdict: "modified", attack: ["T1554"] });
    expect(judge(owned(null)).verdict).toBe("unverifiable");
    expect(judge({ ...owned("aa"), digests: null }).verdict).toBe("unverifiable");
  });

  test("an edited configuration file is not called modified", () => {
    expect(judge(owned("bb", "installed", true)).verdict).toBe("unverifiable");
    expect(judge(owned("aa", "installed", true)).verdict).toBe("genuine");
  });

  test("an unfinished installation excuses", () => {
    expect(weights(owned("bb", "half-installed"))["identity.package-half-installed"]).toBe("exculpatory");
    expect(weights(owned("bb", "half-configured"))["identity.package-half-installed"]).toBeUndefined();
  });
});

describe("files that nobody owns", () => {
  test("impostor by name, by search path, or not at all", () => {
    expect(judge({ ...unowned, namesake: at })).toMatchObject({ verdict: "impostor", attack: ["T1036.005"] });
    expect(judge({ ...unowned, standsBefore: at })).toMatchObject({
      verdict: "impostor",
      attack: ["T1036.005", "T1574.007"],
    });
    expect(judge(unowned)).toMatchObject({ verdict: "unpackaged", attack: [] });
  });

  test("a byte-for-byte copy and the administrator's diversion make no impostor", () => {
    const copy = { ...unowned, namesake: at, standsBefore: at, sameContent: true };
    expect(judge(copy)).toMatchObject({ verdict: "unpackaged", attack: [] });
    expect(weights(copy)["identity.same-content-as-packaged"]).toBe("exculpatory");
    expect(judge({ ...unowned, namesake: at, diverted: true }).verdict).toBe("unpackaged");
  });

  test("place by place", () => {
    const verdict = (place: Place, directoryOwned = false) =>
      judge({ ...unowned, place, directoryOwned, namesake: at }).verdict;
    expect(verdict("ruled", true)).toBe("impostor");
    expect(verdict("ruled")).toBe("unpackaged");
    expect(verdict("local")).toBe("local");
    expect(verdict("temporary")).toBe("unpackaged");
    expect(verdict("other")).toBe("unpackaged");
  });

  test("standing before a packaged program from /usr/local is local, and said", () => {
    const judged = judge({ ...unowned, place: "local", standsBefore: at });
    expect(judged).toMatchObject({ verdict: "local", attack: ["T1574.007"] });
  });

  test("nobody is called unowned by a database that could not be read", () => {
    for (const kind of ["unreadable", "unknown-manager", "none"] as const) {
      const database = { kind, manager: "dpkg", problems: 1 } as FileCase["database"];
      const judged = judge({ ...unowned, database, namesake: at, standsBefore: at });
      expect(judged).toMatchObject({ verdict: "unverifiable", attack: [] });
      expect(judged.reasons.map(({ code }) => code)).not.toContain("identity.owned-by-nobody");
      expect(judge({ ...unowned, database, place: "local" }).verdict).toBe("local");
    }
    const database = { kind: "incomplete", manager: "dpkg", problems: 1 } as const;
    expect(judge({ ...unowned, database }).verdict).toBe("unverifiable");
    expect(judge({ ...unowned, database, namesake: at }).verdict).toBe("impostor");
    expect(weights({ ...unowned, database, namesake: at })["identity.package-lists-incomplete"]).toBe("exculpatory");
  });
});

test("places", () => {
  const expected: Record<string, Place> = {
    "/usr/bin/atd": "programs",
    "/sbin/init": "programs",
    "/usr/libexec/x/y": "programs",
    "/usr/bin/bsd-port/getty": "programs",
    "/lib/libudev.so": "ruled",
    "/usr/lib/x86_64-linux-gnu/libc.so.6": "ruled",
    "/usr/share/x": "ruled",
    "/usr/local/bin/x": "local",
    "/opt/x": "local",
    "/root/.x": "local",
    "/srv/x": "local",
    "/var/lib/x/bin/y": "local",
    "/data/x": "local",
    "/tmp/x": "temporary",
    "/dev/shm/x": "temporary",
    "/run/x": "temporary",
    "/etc/init/atd.conf": "other",
    "/var/spool/x": "other",
    "/x": "other",
    "/usr/binx/y": "other",
  };
  for (const [path, place] of Object.entries(expected)) expect([path, placeOf(path)]).toEqual([path, place]);
  expect(isProgramPath("/sbin/atd")).toBe(true);
  expect(isProgramPath("/lib/systemd/systemd-journald")).toBe(true);
  expect(isProgramPath("/usr/share/bash-completion/completions/atd")).toBe(false);
  expect(isProgramPath("/usr/lib/x/atd")).toBe(false);
});

test("modes as ls writes them", () => {
  const expected: Record<number, string> = {
    0o100711: "-rwx--x--x",
    0o104755: "-rwsr-xr-x",
    0o106644: "-rwSr-Sr--",
    0o041777: "drwxrwxrwt",
    0o041776: "drwxrwxrwT",
    0o120777: "lrwxrwxrwx",
    0o020620: "crw--w----",
    0o010000: "p---------",
  };
  for (const [mode, text] of Object.entries(expected)) expect(modeString(Number(mode))).toBe(text);
});

test("times", () => {
  expect(isoTime(1_487_592_000_000_000_000n)).toBe("2017-02-20T12:00:00Z");
  expect(isoTime(1_487_592_000_000_000_123n)).toBe("2017-02-20T12:00:00.000000123Z");
  expect(isoTime(-1n)).toBe("1969-12-31T23:59:59.999999999Z");
  expect(isoTime(9_223_372_036_854_775_807n * 1_000_000_000n)).toMatch(/^\+275760-09-13/);
});

test("codes are listed once", () => {
  expect(new Set(REASON_CODES).size).toBe(REASON_CODES.length);
  for (const code of REASON_CODES) expect(code).toMatch(/^identity\.[a-z0-9-]+$/);
});
