import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { createGzip, gunzipSync, gzipSync } from "node:zlib";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { pack } from "tar-stream";
import { afterAll, describe, expect, it } from "vitest";
import { readBundle } from "../../../src/collect/read-bundle.ts";
import { redactText } from "../../../src/collect/redact-text.ts";
import { isSealed, OPEN_PASSWORD, seal, unseal } from "../../../src/collect/seal.ts";
import { BundleWriter } from "../../../src/collect/write-bundle.ts";

const folder = fs.mkdtempSync(`${tmpdir()}/whoforks-collect-`);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const facts = {
  tool: { name: "whoforks", version: "0" },
  collected: {
    at: "2026-11-29T20:00:00.000Z",
    uid: 0,
    sudoUser: null,
    hostname: "h",
    kernel: "6",
    arguments: [],
  },
  password: "open",
  redaction: null,
  couldNotCollect: [],
} as const;

async function made(name: string): Promise<string> {
  const path = `${folder}/${name}`;
  const writer = new BundleWriter(path);
  await writer.add({ name: "diagnosis.json", kind: "diagnosis", source: null }, Buffer.from("{}\n"));
  await writer.add({ name: "case/empty", kind: "case", source: null }, Buffer.alloc(0));
  await writer.addSealed(
    { name: "suspects/1", kind: "suspect-file", source: "/usr/bin/atd" },
    Buffer.from("\x7fELF!"),
    OPEN_PASSWORD,
  );
  await writer.finish({ ...facts, couldNotCollect: [], collected: { ...facts.collected, arguments: [] } });
  return path;
}

describe("a sealed file", () => {
  it("comes back with its password, and with no other, and shows no change of any byte", () => {
    const content = Buffer.from("\x7fELF what a scanner would look for");
    const sealed = seal(content, "päss");
    expect(isSealed(sealed)).toBe(true);
    expect(sealed.includes("scanner")).toBe(false);
    expect(unseal(sealed, "päss")).toEqual(content);
    expect(unseal(sealed, "pass")).toBeNull();
    for (let at = 9; at < sealed.length; at += 7) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(unseal(changed, "päss")).toBeNull();
    }
    expect(unseal(sealed.subarray(0, 20), "päss")).toBeNull();
    // A cost that would take all memory is none of ours.
    const costly = Buffer.from(sealed);
    costly[8] = 40;
    expect(unseal(costly, "päss")).toBeNull();
  });
});

describe("a bundle", () => {
  it("is whole, mode 0600, and never takes the place of another file", async () => {
    const path = await made("whole.tar.gz");
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    const { manifest, faults, taken } = await readBundle(path, "suspects/1.sealed");
    expect(faults).toEqual([]);
    expect(manifest?.items.map(({ name }) => name)).toEqual(["diagnosis.json", "case/empty", "suspects/1.sealed"]);
    const content = unseal(taken as Buffer, OPEN_PASSWORD) as Buffer;
    expect(content.toString("latin1")).toBe("\x7fELF!");
    expect(manifest?.items[2]?.sealed).toEqual({ size: 5, sha256: createHash("sha256").update(content).digest("hex") });
    await expect(made("whole.tar.gz")).rejects.toThrow("EEXIST");
    expect(gunzipSync(fs.readFileSync(path)).includes("\x7fELF!")).toBe(false);
  });

  it("shows every byte that was changed, and every end that is missing", async () => {
    const path = await made("changed.tar.gz");
    const tar = gunzipSync(fs.readFileSync(path));
    const told = async (bytes: Buffer): Promise<string[]> => {
      const other = `${folder}/other`;
      fs.writeFileSync(other, gzipSync(bytes));
      return (await readBundle(other)).faults.map(({ code }) => code);
    };
    expect(await told(tar)).toEqual([]);
    for (const [what, code] of [
      ["{}\n", "changed"],
      ["WFSEAL1", "changed"],
      ['"uid": 0', "manifest-changed"],
    ] as const) {
      const changed = Buffer.from(tar);
      const at = changed.indexOf(what);
      changed[at + what.length - 1] = what.endsWith("0") ? 0x31 : 0x32;
      expect(await told(changed), what).toContain(code);
    }
    expect(await told(tar.subarray(0, 1000))).toContain("no-manifest");
    const cut = `${folder}/cut`;
    fs.writeFileSync(cut, fs.readFileSync(path).subarray(0, -30));
    expect((await readBundle(cut)).faults.length).toBeGreaterThan(0);
  });

  it("says what is in it too much, twice, or as no file", async () => {
    const tar = pack();
    const path = `${folder}/odd`;
    const written = pipeline(tar, createGzip(), fs.createWriteStream(path));
    tar.entry({ name: "bundle/x" }, "1");
    tar.entry({ name: "bundle/x" }, "2");
    tar.entry({ name: "../../etc/passwd", type: "symlink", linkname: "/etc/shadow" });
    tar.entry({ name: "bundle/MANIFEST.json" }, "[]");
    tar.finalize();
    await written;
    const { manifest, faults } = await readBundle(path);
    expect(manifest).toBeNull();
    expect(faults.map(({ code }) => code)).toEqual(expect.arrayContaining(["twice", "no-file", "no-manifest"]));
  });

  it("takes any bytes for what they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, packed) => {
        fs.writeFileSync(`${folder}/any`, packed ? gzipSync(bytes) : bytes);
        const { manifest, faults } = await readBundle(`${folder}/any`);
        expect(manifest).toBeNull();
        expect(faults.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("secrets in files", () => {
  it("are taken out, and everything else stays as it is, byte for byte", () => {
    const text = Buffer.from(
      "user = me\npassword = hunter2 and more\nEnvironment=DB_PASSWORD=x1 A=b\nurl = ftp://a:geheim@h/\n\tapi_key:\tabc\n# token ring\n--password  geheim  x\nok \xff\n-----BEGIN RSA PRIVATE KEY-----\nAAA\n-----END RSA PRIVATE KEY-----\n",
      "latin1",
    );
    const { bytes, replaced } = redactText(text);
    const shown = Buffer.from(bytes).toString("latin1");
    for (const secret of ["hunter2", "and more", "x1", "geheim", "abc", "AAA"]) expect(shown).not.toContain(secret);
    for (const kept of ["user = me\n", "# token ring\n", "ok \xff\n", "\tapi_key:\t<redacted>"])
      expect(shown).toContain(kept);
    expect(replaced).toBe(6);
    const plain = Buffer.from("a b\n\tc  d\n");
    expect(redactText(plain)).toEqual({ bytes: plain, replaced: 0 });
  });
});
