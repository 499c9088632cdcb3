import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { cacheFolder } from "./packages.mjs";
import { run } from "./shell.mjs";
import { debianMirror } from "./systemd-tree.mjs";

/**
 * The source archive of a Debian package (NAME_VERSION.orig.tar.*), downloaded once with apt-get source, which checks it
 * against the signed lists. The host's own apt lists stay as they are.
 * @returns its path in the cache
 */
export function sourceArchive(name) {
  const folder = `${cacheFolder()}/sources`;
  const have = () => readdirSync(folder).find((file) => file.startsWith(`${name}_`) && /\.orig\.tar\.\w+$/.test(file));
  mkdirSync(folder, { recursive: true });
  if (have() === undefined) fetchSource(name, folder);
  return `${folder}/${have()}`;
}

function fetchSource(name, folder) {
  const arriving = mkdtempSync(`${folder}/arriving-`);
  try {
    const { uri, suite } = debianMirror();
    if (uri === null) throw new Error(`lab: no source of this release in /etc/apt, so no source of ${name}`);
    mkdirSync(`${arriving}/lists/partial`, { recursive: true });
    writeFileSync(`${arriving}/sources.list`, `deb-src ${signedBy()}${uri} ${suite} main\n`);
    const settings = {
      "APT::Sandbox::User": "root",
      "Dir::Etc::sourcelist": `${arriving}/sources.list`,
      "Dir::Etc::sourceparts": "-",
      "Dir::State::lists": `${arriving}/lists`,
      "Dir::Cache::srcpkgcache": "",
      "Dir::Cache::pkgcache": "",
    };
    const apt = (...args) =>
      run(
        "apt-get",
        ["-qq", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]), ...args],
        {
          cwd: arriving,
          timeout: 300_000,
        },
      );
    apt("update");
    apt("source", "--download-only", "--tar-only", name);
    for (const file of readdirSync(arriving))
      if (file.startsWith(`${name}_`)) renameSync(`${arriving}/${file}`, `${folder}/${file}`);
  } finally {
    rmSync(arriving, { recursive: true });
  }
}

/** The keyring that Debian's own sources name, as an option of a one-line source. */
function signedBy() {
  const folder = "/etc/apt/sources.list.d";
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("debian")) : [];
  const keyring = files.map((name) => /^Signed-By:\s*(\/\S+)$/m.exec(readFileSync(`${folder}/${name}`, "utf8"))?.[1]);
  const first = keyring.find((each) => each !== undefined);
  return first === undefined ? "" : `[signed-by=${first}] `;
}
