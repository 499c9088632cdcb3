import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  capabilityText,
  parseCapabilities,
  readCapabilities,
  sameCapabilities,
} from "../../../src/identity/capabilities.ts";
import { Accounts } from "../../../src/identity/accounts.ts";
import { differencesOf, isPlain, type Rights } from "../../../src/identity/rights.ts";
import { mayGiveRights } from "../../../src/identity/maintainer-scripts.ts";
import { readMtree } from "../../../src/identity/pacman/mtree.ts";
import { openRoot } from "../../../src/platform/root.ts";

describe("capabilities of a file", () => {
  // `setcap cap_net_bind_service,cap_net_raw=ep` of libcap 2.66, read with getfattr -e hex.
  const hex = "0100000200240000000000000000000000000000";

  test("are read from the bytes of the attribute", () => {
    const read = readCapabilities(Buffer.from(hex, "hex"));
    expect(read).toEqual({ permitted: (1n << 10n) | (1n << 13n), inheritable: 0n, effective: true });
    expect(capabilityText(read!)).toBe("cap_net_bind_service,cap_net_raw=ep");
    // Revision 3 adds a user id; revision 1 has one word a set.
    const three = Buffer.concat([Buffer.from(`01000003${hex.slice(8)}`, "hex"), Buffer.from("e8030000", "hex")]);
    expect(readCapabilities(three)).toEqual(read);
    expect(readCapabilities(Buffer.from("010000010024000000000000", "hex"))).toEqual(read);
  });

  test("of another form are none that could be told", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const read = readCapabilities(Buffer.from(bytes));
        const known = { 1: 12, 2: 20, 3: 24 }[bytes[3] ?? 0];
        expect(read !== null).toBe(known === bytes.length);
      }),
    );
  });

  test("text and bytes say the same", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 41n) - 1n), fc.bigInt(0n, (1n << 41n) - 1n), fc.boolean(), (p, i, effective) => {
        const one = { permitted: p, inheritable: i, effective };
        const again = parseCapabilities(capabilityText(one));
        expect(again !== null && sameCapabilities(again, one)).toBe(true);
      }),
    );
    for (const same of ["cap_net_raw=ep", "= cap_net_raw+ep", "cap_net_raw+pe", "CAP_NET_RAW=pe", "13=ep"]) {
      expect([same, capabilityText(parseCapabilities(same)!)]).toEqual([same, "cap_net_raw=ep"]);
    }
    expect(parseCapabilities("cap_nothing=ep")).toBeNull();
    expect(parseCapabilities("cap_net_raw")).toBeNull();
  });
});

describe("rights against a record", () => {
  const plain: Rights = { mode: 0o755, uid: 0, gid: 0, capabilities: null };
  const record = { mode: 0o755, user: "root", group: "#0", capabilities: "" };
  const accounts = new Accounts(openRoot("/"));
  const weights = (found: Partial<Rights>, recorded = {}): Record<string, string> =>
    Object.fromEntries(
      differencesOf({ ...plain, ...found }, { ...record, ...recorded }, { package: "x", archive: null }, accounts).map(
        ({ code, weight }) => [code.replace("identity.", ""), weight],
      ),
    );

  test("what gives more weighs more", () => {
    expect(weights({})).toEqual({});
    expect(weights({ mode: 0o4755 })).toEqual({ "mode-not-as-shipped": "strong" });
    expect(weights({ mode: 0o775 })).toEqual({ "mode-not-as-shipped": "strong" });
    expect(weights({ mode: 0o755 }, { mode: 0o711 })).toEqual({ "mode-not-as-shipped": "medium" });
    expect(weights({ mode: 0o700 })).toEqual({ "mode-not-as-shipped": "weak" });
    expect(weights({ uid: 1000 })).toEqual({ "owner-not-as-shipped": "strong" });
    expect(weights({ gid: 1000 })).toEqual({ "owner-not-as-shipped": "medium" });
    expect(weights({ uid: 1000 }, { user: "#1000" })).toEqual({});
    // No such user here: nobody could give it the file.
    expect(weights({}, { user: "no-such-user-anywhere" })).toEqual({});
    const raw = { permitted: 1n << 13n, inheritable: 0n, effective: true };
    expect(weights({ capabilities: raw })).toEqual({ "capabilities-not-as-shipped": "strong" });
    expect(weights({}, { capabilities: "cap_net_raw=ep" })).toEqual({ "capabilities-not-as-shipped": "weak" });
    expect(weights({ capabilities: raw }, { capabilities: "cap_net_raw+ep" })).toEqual({});
    // Where extended attributes cannot be read.
    expect(weights({ capabilities: undefined }, { capabilities: "cap_net_raw=ep" })).toEqual({
      "capabilities-unread": "weak",
    });
    expect(weights({ capabilities: undefined })).toEqual({});
  });

  test("plain is what gives nobody anything", () => {
    expect(isPlain(plain)).toBe(true);
    for (const special of [{ mode: 0o2755 }, { mode: 0o757 }, { uid: 1 }, { gid: 1 }]) {
      expect(isPlain({ ...plain, ...special })).toBe(false);
    }
  });
});

test("an mtree gives modes and owners, also those that /set gave before", () => {
  const text = [
    "#mtree",
    "/set type=file uid=0 gid=0 mode=644",
    "./.BUILDINFO time=1.0 size=1 md5digest=0",
    "./usr/bin/su time=1.0 mode=4755 size=3 md5digest=d41d8cd98f00b204e9800998ecf8427e",
    "./usr/bin/l time=1.0 mode=777 type=link link=su",
    "./usr/share/a\\040b time=1.0 gid=7 size=3",
  ].join("\n");
  const entries = readMtree(Buffer.from(text));
  expect(entries?.get("/usr/bin/su")).toMatchObject({
    record: { mode: 0o4755, user: "#0" },
    digest: { algorithm: "md5" },
  });
  expect(entries?.get("/usr/share/a b")).toMatchObject({ record: { mode: 0o644, group: "#7" }, digest: null });
  expect(entries?.has("/usr/bin/l")).toBe(false);
});

test("a script of a package speaks for a file by its whole path only", () => {
  const script = "#!/bin/sh\nchgrp crontab /usr/bin/crontab\nchmod 2755 /usr/bin/crontab\ninvoke-rc.d cron start\n";
  expect(mayGiveRights(script, "/usr/bin/crontab", "rights")).toBe(true);
  expect(mayGiveRights(script, "/usr/bin/cron", "rights")).toBe(false);
  expect(mayGiveRights(script, "/usr/sbin/cron", "rights")).toBe(false);
  expect(mayGiveRights(script, "/usr/bin/crontab", "capabilities")).toBe(false);
  expect(mayGiveRights("if setcap cap_net_raw+ep /bin/ping; then :; fi", "/usr/bin/ping", "capabilities")).toBe(true);
  expect(mayGiveRights('P="/usr/bin/dumpcap"; setcap cap_net_raw=eip $P', "/usr/bin/dumpcap", "capabilities")).toBe(
    true,
  );
  expect(mayGiveRights("echo /usr/bin/ping", "/usr/bin/ping", "rights")).toBe(false);
});
