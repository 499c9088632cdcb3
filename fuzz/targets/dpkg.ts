import { readAlternative } from "../../src/identity/alternatives.ts";
import { allDigests, listFromMd5sums, md5Of, pathOf } from "../../src/identity/dpkg/digests.ts";
import { Diversions, readDiversions } from "../../src/identity/dpkg/diversions.ts";
import { readStatOverrides } from "../../src/identity/dpkg/statoverride.ts";
import { readStatus, type StatusReading } from "../../src/identity/dpkg/status.ts";
import { PathIndex } from "../../src/identity/path-index.ts";
import { atOnce } from "../../src/model/steps.ts";
import { fromBytes } from "../../src/model/text.ts";
import { must } from "../must.ts";

/** Larger inputs find nothing that smaller ones do not. */
export const most = 2048;

/** Texts of /var/lib/dpkg: whatever it is, each of the readers gets it. */
export function fuzz(data: Uint8Array): void {
  const content = Buffer.from(data);
  const lines = fromBytes(content).split("\n");
  const written = lines.filter((line) => line !== "").length;
  status(content);
  fileList(content, written);
  md5sums(content);
  const { diversions, damaged } = readDiversions(content);
  const all = lines.at(-1) === "" ? lines.length - 1 : lines.length;
  must(diversions.length + damaged.length === Math.ceil(all / 3), "records of diversions are missing");
  const known = new Diversions(diversions, (path) => path);
  for (const { from, to, by } of diversions.slice(0, 20)) {
    must(known.at(from) !== null && known.leadingTo(to).length > 0, "a diversion is not found again");
    known.placeOf(from, by ?? undefined);
  }
  const { overrides, damaged: other } = readStatOverrides(content);
  must(overrides.length + other.length === written, "lines of statoverride are missing");
  readAlternative("editor", content);
}

function status(content: Buffer): void {
  const reading: StatusReading = { packages: new Map(), damaged: [] };
  atOnce(readStatus(content, reading));
  const stanzas = content.toString("latin1").split("\n\n").length;
  must(reading.packages.size + reading.damaged.length <= stanzas, "more packages than stanzas");
  for (const { name } of reading.packages.values()) must(name !== "", "a package without a name");
}

function fileList(content: Buffer, written: number): void {
  const index = atOnce(PathIndex.of([content]));
  must(index.size + index.damaged.length === written, "lines of a list are missing");
  for (const line of fromBytes(content).split("\n").slice(0, 20)) {
    const name = line.slice(line.lastIndexOf("/") + 1);
    const paths = index.named(name).map(({ path }) => path);
    must(!line.startsWith("/") || name === "" || paths.includes(line), "a listed path is not found by its name");
  }
}

function md5sums(content: Buffer): void {
  let first = true;
  for (const [path, hex] of allDigests(content)) {
    must(/^[0-9a-f]{32}$/.test(hex), "a digest that is none");
    if (!first) continue;
    first = false;
    must(md5Of(path, content) !== null, "a digest is not found by its path");
    pathOf(hex, content);
  }
  must(listFromMd5sums(content).length <= content.length + 2, "a list that is longer than the digests");
}
