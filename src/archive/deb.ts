import { fromBytes, type Untrusted } from "../model/text.ts";
import { fileSource } from "../platform/file-source.ts";
import { readAr, type ByteSource } from "./ar.ts";
import type { ContentSink, TakeEntry } from "./entry.ts";
import type { PackageFile } from "./package-file.ts";
import { unpackPart } from "./pieces.ts";
import { TarReader } from "./tar.ts";

const LARGEST_CONTROL = 4 << 20;

/** Whether it begins as a Debian package does: an ar archive whose first member is `debian-binary` (deb(5)). */
export function isDeb(source: ByteSource): boolean {
  return readAr(source)?.[0]?.name === "debian-binary";
}

/** Reads a .deb: `control` first, then the entries of `data`. */
export async function readDeb(fd: number, take: TakeEntry): Promise<PackageFile> {
  const members = readAr(fileSource(fd)) ?? [];
  const member = (stem: string) => members.find(({ name }) => name === stem || name.startsWith(`${stem}.`));
  const [control, data] = [member("control.tar"), member("data.tar")];
  const texts = new Map<string, Untrusted>();
  const damage: (string | null)[] = [];
  if (control === undefined || data === undefined) damage.push("it has no control.tar or no data.tar");
  else {
    const controls = new TarReader(({ path, type, size }) =>
      type === "file" && size <= LARGEST_CONTROL ? intoText((text) => texts.set(path.slice(1), text)) : null,
    );
    damage.push(await unpackPart(fd, control.offset, control.size, (bytes) => controls.push(bytes)), ending(controls));
    const files = new TarReader(take);
    damage.push(await unpackPart(fd, data.offset, data.size, (bytes) => files.push(bytes)), ending(files));
  }
  const fields = texts.get("control") ?? "";
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(fields)?.[1]?.trim() ?? "";
  return {
    kind: "deb",
    name: field("Package"),
    version: field("Version"),
    architecture: field("Architecture"),
    damaged: damage.find((one) => one !== null) ?? null,
    scripts: new Map(
      ["preinst", "postinst", "config"].flatMap((kind) => (texts.has(kind) ? [[kind, texts.get(kind) ?? ""]] : [])),
    ),
  };
}

function ending(reader: TarReader): string | null {
  const end = reader.finish();
  return typeof end === "string" ? null : end.damaged;
}

function intoText(done: (text: Untrusted) => void): ContentSink {
  const chunks: Uint8Array[] = [];
  return {
    write: (bytes) => void chunks.push(Uint8Array.from(bytes)),
    end: () => done(fromBytes(Buffer.concat(chunks))),
  };
}
