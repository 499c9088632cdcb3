import { anacron } from "./cron/anacron.ts";
import { at } from "./cron/at.ts";
import { containerd } from "./containers/containerd.ts";
import { cron } from "./cron/cron.ts";
import { dinit } from "./dinit.ts";
import { docker } from "./containers/docker.ts";
import { haproxy } from "./health-checks/haproxy.ts";
import { inetd } from "./inetd.ts";
import { keepalived } from "./health-checks/keepalived.ts";
import { kubelet } from "./containers/kubelet.ts";
import { monit } from "./monit.ts";
import { openrc } from "./openrc.ts";
import { pm2 } from "./pm2.ts";
import { podman } from "./containers/podman.ts";
import { rcLocal } from "./rc-local.ts";
import { runit } from "./runit.ts";
import { s6 } from "./s6.ts";
import { supervisord } from "./supervisord.ts";
import { systemd } from "./systemd/systemd.ts";
import { systemdUser } from "./systemd/user.ts";
import { sysvinit } from "./sysvinit.ts";
import type { Supervisor } from "./types.ts";
import { upstart } from "./upstart/upstart.ts";
import { xinetd } from "./xinetd.ts";

/** Every supervisor that can be read. A new one is a file of its own and a place in this list. */
export const supervisors: readonly Supervisor[] = [
  systemd,
  upstart,
  sysvinit,
  runit,
  s6,
  cron,
  anacron,
  at,
  supervisord,
  docker,
  dinit,
  pm2,
  kubelet,
  openrc,
  rcLocal,
  monit,
  inetd,
  xinetd,
  systemdUser,
  containerd,
  podman,
  haproxy,
  keepalived,
];
