import { fromBytes, isSpelt, toBytes, type Untrusted } from "../model/text.ts";

/** A container, as far as the cgroup that its runtime made for it tells. */
export interface Container {
  /**
   * `docker`, `containerd`, `cri-o`, `podman`, `lxc`, `systemd-nspawn`, `libvirt-lxc`, `kubernetes` (a container of a
   * pod whose cgroup does not say which runtime made it), or `namespaces` (a PID namespace without such a cgroup).
   */
  runtime: string;
  /** The runtime's own id: 64 hexadecimal digits, or a name where names are ids; null when the path has none. */
  id: Untrusted | null;
  /** Its name, where the path has one. */
  name: Untrusted | null;
  /** The Kubernetes pod it belongs to. */
  pod?: { uid: string; qos: "guaranteed" | "burstable" | "besteffort" };
}

/** What a systemd (the host's, or one inside a container) says about a cgroup by its name. */
export interface Unit {
  /** The innermost unit (`cron.service`, `session-3.scope`), or null. */
  unit: Untrusted | null;
  /** The slice it is in, the innermost. */
  slice: Untrusted | null;
  /** User and login session, of `user-1000.slice` and `session-3.scope`. */
  user: number | null;
  session: Untrusted | null;
}

/**
 * The container that a cgroup belongs to: the innermost that the path names, in hierarchies of either version. Null for a
 * cgroup of the host, and for the helpers (conmon, lxc monitor, nspawn supervisor) that belong to a container's cgroup
 * but run outside.
 */
export function containerOf(cgroup: Untrusted): Container | null {
  const parts = cgroup.split("/");
  for (let at = parts.length - 1; at > 0; at--) {
    for (const rule of RULES) {
      const found = rule(parts[at] as string, parts[at - 1] as string, parts[at + 1]);
      if (found === "outside") return null;
      if (found === null) continue;
      const pod = podOf(parts.slice(0, at + 1));
      return pod === null ? found : { ...found, pod };
    }
  }
  return null;
}

/** Unit, slice, user and session that a cgroup path names; null when it names none. */
export function unitOf(cgroup: Untrusted): Unit | null {
  const parts = cgroup.split("/").map(unescapeCgroup);
  const unit = parts.findLast((part) => /.\.(?:service|scope|socket|mount|swap)$/.test(part)) ?? null;
  const slice = parts.findLast((part) => /.\.slice$/.test(part)) ?? null;
  if (unit === null && slice === null) return null;
  const user = parts.map((part) => /^user-(\d{1,10})\.slice$/.exec(part)?.[1]).findLast((uid) => uid !== undefined);
  const session = parts.map((part) => /^session-(.+)\.scope$/.exec(part)?.[1]).findLast((id) => id !== undefined);
  return { unit, slice, user: user === undefined ? null : Number(user), session: session ?? null };
}

/** Looks at one part of a path, with the one above and the one below. "outside": it belongs to a container's helper. */
type Rule = (part: string, above: string, below: string | undefined) => Container | "outside" | null;

const ID = "[0-9a-f]{64}";
const SCOPED = new RegExp(`^(docker|cri-containerd|nerdctl|crio|libpod)-(${ID})(?:\\.scope)?$`);
const HELPER = new RegExp(`^(?:crio|libpod)-conmon-${ID}(?:\\.scope)?$`);
const PAYLOAD = new RegExp(`^libpod-payload-(${ID})$`);
/** containerd without a parent that systemd knows: `kubepods-burstable-pod….slice:cri-containerd:ID`. */
const COLON = new RegExp(`^[^:]*:(cri-containerd|crio|docker):(${ID})$`);
const BARE = new RegExp(`^${ID}$`);
const RUNTIME: Record<string, string> = {
  docker: "docker",
  "cri-containerd": "containerd",
  nerdctl: "containerd",
  crio: "cri-o",
  libpod: "podman",
};

const RULES: readonly Rule[] = [
  (part) => (HELPER.test(part) ? "outside" : null),
  // docker and podman with systemd (`docker-ID.scope`), CRI-O and podman also without.
  (part) => {
    const [, runtime = "", id] = SCOPED.exec(part) ?? COLON.exec(part) ?? [];
    return id === undefined ? null : { runtime: RUNTIME[runtime] ?? runtime, id, name: null };
  },
  // podman within a unit of systemd (`--cgroups=split`).
  (part) => {
    const id = PAYLOAD.exec(part)?.[1];
    return id === undefined ? null : { runtime: "podman", id, name: null };
  },
  // Without systemd: `/docker/ID`, `/kubepods/burstable/podUID/ID`, and containerd's `/NAMESPACE/ID`.
  (part, above) => {
    if (!BARE.test(part)) return null;
    const runtime = above === "docker" ? "docker" : uidOf(above) === null ? "containerd" : "kubernetes";
    return { runtime, id: part, name: null };
  },
  // `/lxc/NAME`, `/lxc.payload/NAME`, `/lxc.payload.NAME`; the monitor stays outside.
  (part, above) => {
    if (/^lxc\.monitor(?:\.|$)/.test(part) || /^lxc\.monitor$/.test(above)) return "outside";
    const name = /^lxc\.payload\.(.+)$/.exec(part)?.[1] ?? (/^lxc(?:\.payload)?$/.test(above) ? part : undefined);
    return name === undefined || name === "" ? null : { runtime: "lxc", id: name, name };
  },
  // `machine-NAME.scope`, `systemd-nspawn@NAME.service`; processes of nspawn itself are in `supervisor` below it.
  (part, _above, below) => {
    const name = /^machine-(.+)\.scope$/.exec(part)?.[1] ?? /^systemd-nspawn@(.+)\.service$/.exec(part)?.[1];
    if (name === undefined) return null;
    if (below === "supervisor") return "outside";
    const machine = unescapeUnit(name);
    const libvirt = /^(qemu|lxc)-\d+-(.+)$/.exec(machine);
    // A virtual machine has a kernel of its own: its processes are none of this host's.
    if (libvirt?.[1] === "qemu") return null;
    if (libvirt !== null) return { runtime: "libvirt-lxc", id: machine, name: libvirt[2] as string };
    return { runtime: "systemd-nspawn", id: machine, name: machine };
  },
  // nspawn with --keep-unit: `payload` below whatever cgroup it was started in.
  (part, above) =>
    part !== "payload" || above === "" || /^(?:machine-.+\.scope|systemd-nspawn@.+\.service)$/.test(above)
      ? null
      : { runtime: "systemd-nspawn", id: null, name: null },
];

/** `/kubepods/burstable/podUID`, `kubepods-besteffort-podUID.slice` (kubelet's cgroup manager, pkg/kubelet/cm). */
function podOf(parts: readonly string[]): NonNullable<Container["pod"]> | null {
  for (let at = parts.length - 1; at > 0; at--) {
    const uid = uidOf(parts[at] as string);
    if (uid === null) continue;
    const qos = /besteffort|burstable/.exec(parts.slice(Math.max(0, at - 1), at + 1).join("/"))?.[0];
    return { uid, qos: qos === "besteffort" || qos === "burstable" ? qos : "guaranteed" };
  }
  return null;
}

/** systemd's slices have `_` where the UID has `-`; static pods have a digest of 32 digits. */
function uidOf(part: string): string | null {
  const uid = /(?:^|-)pod([0-9a-f]{8}[-_](?:[0-9a-f]{4}[-_]){3}[0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?(?::.*)?$/.exec(
    part,
  )?.[1];
  return uid === undefined ? null : uid.replaceAll("_", "-");
}

/** systemd puts `_` before names that the kernel has a use for (`_cgroup.x.service`; systemd's cg_escape). */
function unescapeCgroup(part: string): string {
  return part.startsWith("_") ? part.slice(1) : part;
}

/** `web\x2d1` → `web-1` (systemd.unit(5), string escaping); what it stands for is bytes. */
function unescapeUnit(name: Untrusted): Untrusted {
  // A name that no bytes can spell was not read from this kernel, and was not escaped by systemd.
  if (!/\\x[0-9a-f]{2}/.test(name) || !isSpelt(name)) return name;
  const bytes: number[] = [];
  let at = 0;
  for (const match of name.matchAll(/\\x([0-9a-f]{2})/g)) {
    bytes.push(...toBytes(name.slice(at, match.index)), Number.parseInt(match[1] as string, 16));
    at = match.index + match[0].length;
  }
  return fromBytes(Uint8Array.from([...bytes, ...toBytes(name.slice(at))]));
}
