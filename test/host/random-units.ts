import * as fs from "node:fs";
import * as path from "node:path";
import * as fc from "fast-check";

/** Entries of one unit's layout: folder (0 is /etc), name in it, what stands there. */
export const layout = fc.array(
  fc.tuple(
    fc.nat(2),
    fc.constantFrom(
      "NAME.service",
      "NAME.service",
      "NAME-t@.service",
      "alias.service",
      "NAME.service.d/1.conf",
      "NAME.service.d/2.conf",
      "NAME-.service.d/1.conf",
      "NAME-t@.service.d/3.conf",
      "NAME-t@x.service.d/1.conf",
      "service.d/2.conf",
      "alias.service.d/4.conf",
      "m.target.wants/NAME-t@x.service",
      "m.target.wants/NAME-t@x.service",
      "NAME-t@.service",
    ),
    fc.constantFrom("file", "file", "file", "file", "empty", "null"),
  ),
  { minLength: 4, maxLength: 14 },
);

/** Puts one entry of a layout in place; `i` numbers the units of a run. */
export function put(folder: string, name: string, kind: string, i: number): void {
  const isAlias = name === "alias.service" || name.includes(".wants/");
  const at = path.join(folder, name.replace(/^alias/, `alias${i}`));
  fs.mkdirSync(path.dirname(at), { recursive: true });
  if (fs.existsSync(at) || fs.lstatSync(at, { throwIfNoEntry: false }) !== undefined) return;
  if (isAlias) fs.symlinkSync(name.includes(".wants/") ? `../n${i}-b-t@.service` : `n${i}-b.service`, at);
  else if (kind === "null") fs.symlinkSync("/dev/null", at);
  else
    fs.writeFileSync(
      at,
      kind === "empty"
        ? ""
        : name.endsWith(".conf")
          ? "[Service]\nUser=nobody\n"
          : `[Service]\nExecStart=/bin/true ${folder.split("/").at(-3)} %i\n`,
    );
}

const value = fc.constantFrom(
  "/bin/true", "-/bin/true a", "@/bin/true zero one", "true", ":true x", "+true", "!true", "!!true", "-@:!/bin/true me", "/bin/true 'a b' \"c d\"", "/bin/true a\\x20b \\101 \\n",
  "/bin/true \\q", "/bin/true 'open", "/bin/true a ; /bin/false b", "/bin/true a \\; b", "/bin/true a;b", "; /bin/true", "./true", "bin/true", "/bin/", "//bin/./true x", "/bin/true %n %i %p %% %N %j",
  "", "  /bin/true  ", "/bin/true \"\" ''", "\"/bin/tr\"ue x", "/bin/true $HOME ${A}", "/bin/true caf\u00e9 \\u00e9 \\xc3\\xa9", "-./true", "/bin/true # no comment", "@/bin/true", "/bin/true\ta", "-", "--/bin/true", "+!true",
); // prettier-ignore
const line = fc.oneof(
  { weight: 2, arbitrary: value.map((text) => `ExecStart=${text}`) },
  fc
    .constantFrom("no", "always", "on-failure", "on-success", "on-abnormal", "on-abort", "on-watchdog", "yes", "")
    .map((text) => `Restart=${text}`),
  fc
    .constantFrom("0", "1", "100ms", "1min 20s", "2m", "soon", "", "1.5s", "infinity", "5min20s", "-1", "+3", ".5")
    .map((text) => `RestartSec=${text}`),
  fc
    .constantFrom("simple", "oneshot", "oneshot", "oneshot", "exec", "idle", "forking", "wrong", "")
    .map((text) => `Type=${text}`),
  fc.constantFrom("process", "mixed", "none", "control-group", "all", "").map((text) => `KillMode=${text}`),
  fc.constantFrom(
    "[Unit]",
    "[Service]",
    "[Service]",
    "[Service",
    " [Service] ",
    "[X-Other]",
    "# comment",
    "; comment",
    "",
    "nonsense",
    "=x",
    "Unknown=1",
    " Restart = always ",
    "\\",
    "Description=a",
  ),
);
const end = fc.constantFrom(
  "\n",
  "\n",
  "\n",
  "\n",
  "\r\n",
  " \\\n",
  "\\\n# between\n",
  "\\\\\n",
  "\r",
  "\0",
  "\n\n",
  "\n\r",
);
/** Unit files of a random mixture, some with a byte that is no UTF-8. */
export const unitText = fc
  .tuple(fc.array(fc.tuple(line, end), { maxLength: 10 }), fc.constantFrom("", "", "", "\ufeff"), fc.boolean())
  .map(([lines, mark, broken]) => {
    const text = Buffer.from(`${mark}[Service]\n${lines.flat().join("")}`);
    return broken && lines.length > 6 ? Buffer.concat([text, Buffer.from("\nRestart=always\xff\n", "latin1")]) : text;
  });
