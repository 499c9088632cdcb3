import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { BoltBucket, BoltDamage } from "../../../src/supervisors/files/bolt.ts";
import { findJobs, limitAllowsRate, supervisors, type JobReading } from "../../../src/supervisors/index.ts";
import { withTree, type Entry } from "./tree.ts";

/**
 * Written by containerd 1.6.20 (`ctr containers create --label …`) and by podman 4.3.1 (`podman create --restart=…`) of
 * Debian 12: three and 64 containers, so that there are branch pages and buckets within pages.
 */
const database = (name: string): Buffer => gunzipSync(readFileSync(`test/fixtures/bolt/${name}.db.gz`));
const META = "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db";
const STATE = "/var/lib/containers/storage/libpod/bolt_state.db";

function read(id: string, entries: Record<string, Entry>): JobReading {
  return withTree(entries, ({ root }) => atOnce(supervisors.find((one) => one.id === id)!.jobs(root)));
}

/** Walks all that there is, and counts it. */
function walk(bucket: BoltBucket, depth = 0): number {
  let count = 0;
  for (const { value } of bucket.entries())
    count += value instanceof BoltBucket ? (depth > 20 ? 1 : walk(value, depth + 1)) : 1;
  return count;
}

describe("containerd's restart monitor", () => {
  const { jobs, problems } = read("containerd", { [META]: database("containerd-meta") });

  it("is told by the labels in its metadata, and who has none is not told", () => {
    expect(problems).toEqual([]);
    expect(jobs.filter(({ unit }) => !unit.startsWith("many/"))).toMatchObject([
      {
        unit: "default/few",
        file: META,
        directive: "containerd.io/restart.policy=on-failure:3",
        restarts: "on-failure",
        limit: { starts: 4, seconds: 40 },
        command: "/bin/false",
      },
      {
        unit: "default/web",
        restarts: "always",
        limit: null,
        delaySeconds: 10,
        command: "/bin/worker --fast",
        program: "/bin/worker",
        chroot: "/srv/rootfs",
        container: "web",
      },
      { unit: "other/off", inactive: "manual" },
    ]);
    expect(jobs.filter(({ unit }) => unit.startsWith("many/"))).toHaveLength(60);
    expect(jobs.find(({ unit }) => unit === "many/c60")).toMatchObject({ restarts: "always" });
  });

  it("looks every ten seconds and has no limit", () => {
    const web = jobs.find(({ unit }) => unit === "default/web")!;
    expect(limitAllowsRate(web, 0.1, 600)).toMatchObject({ allowed: true, why: { code: "limit.has-none" } });
    expect(limitAllowsRate(web, 1, 600)).toMatchObject({ allowed: false, why: { code: "limit.delay-bounds-rate" } });
  });
});

describe("podman's restart policy", () => {
  it("is told by its state, and its container by the cgroup", () => {
    const { jobs, problems } = read("podman", { [STATE]: database("podman-bolt") });
    expect(problems).toEqual([]);
    expect(jobs.sort((a, b) => (a.unit < b.unit ? -1 : 1))).toMatchObject([
      { unit: "few", directive: "restart_policy=on-failure:3", restarts: "on-failure", limit: { starts: 4 } },
      { unit: "plain", directive: "restart_policy=no", restarts: "never" },
      { unit: "web", directive: "restart_policy=always", restarts: "always", command: "/bin/worker --fast" },
    ]);
    const web = jobs.find(({ unit }) => unit === "web")!;
    withTree({ [STATE]: database("podman-bolt") }, ({ root }) => {
      const cgroup = `/machine.slice/libpod-${web.container}.scope`;
      expect(findJobs(root, { programs: [], cgroup }).matches.map(({ job, how }) => [job.unit, how])).toEqual([
        ["web", "cgroup"],
      ]);
    });
    expect(limitAllowsRate(web, 50, 60)).toMatchObject({ allowed: true, why: { code: "limit.has-none" } });
  });
});

describe("a database of bbolt", () => {
  it("that is none, cut short or of any bytes is a problem, and never an exception", () => {
    const whole = database("podman-bolt");
    for (const bytes of [Buffer.alloc(0), Buffer.from("SQLite"), whole.subarray(0, 9000), Buffer.alloc(70_000)])
      expect(read("podman", { [STATE]: bytes }).problems).toHaveLength(1);
  });

  it("whose pages lead back to themselves ends", () => {
    const bytes = Buffer.from(database("podman-bolt"));
    for (let page = 2; page * 4096 < bytes.length; page++) {
      const start = page * 4096;
      bytes.writeBigUInt64LE(BigInt(page), start);
      bytes.writeUInt16LE(1, start + 8);
      bytes.writeUInt16LE(250, start + 10);
      bytes.writeUInt32LE(0, start + 12);
      for (let i = 0; i < 250; i++) bytes.writeBigUInt64LE(BigInt(page), start + 16 + i * 16 + 8);
    }
    expect(() => walk(BoltBucket.open(bytes))).toThrow(BoltDamage);
  });

  it("is read without an exception but BoltDamage, whatever stands in its pages", () => {
    const whole = database("podman-bolt");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (changes, inHeaders) => {
          const bytes = Buffer.from(whole);
          // The pages behind the two metas, or the first bytes of each, where counts and places stand.
          for (const [place, byte] of changes)
            bytes[inHeaders ? (2 + (place % 15)) * 4096 + (place % 64) : 8192 + (place % (whole.length - 8192))] = byte;
          try {
            walk(BoltBucket.open(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(BoltDamage);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
