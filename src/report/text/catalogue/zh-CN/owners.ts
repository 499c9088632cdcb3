import type { owners as english } from "../en/owners.ts";

export const owners: Record<keyof typeof english, string> = {
  "advice.exit.not-executable": "让 {program} 可以执行，或者通过它的解释器启动：{end:end} 表示文件不能执行",
  "advice.exit.not-found": "在 {program} 中找出不存在的命令：{end:end} 表示 shell 没有找到命令",
  "advice.exit.chdir": "检查单元的 WorkingDirectory=：{end:end}（CHDIR）表示 systemd 进不了那个目录",
  "advice.exit.exec": "检查单元的 ExecStart=：{end:end}（EXEC）表示 systemd 无法执行那个程序",
  "advice.exit.group": "检查单元的 Group=：{end:end}（GROUP）表示 systemd 没有找到那个组",
  "advice.exit.user": "检查单元的 User=：{end:end}（USER）表示 systemd 没有找到那个用户",
  "advice.exit.namespace": "检查单元绑定和隐藏的路径：{end:end}（NAMESPACE）表示其中有一个 systemd 无法设置",
  "advice.foreground":
    "让 {program} 留在前台，{supervisor} 对 {unit} 就是这样要求的：转入后台的程序会立即成功结束（选项如 -f、-n、-D、--foreground、--no-daemon）",
  "advice.foreground.systemd":
    "让 {program} 留在前台（选项如 -f、-n、-D、--foreground），或者说明它的启动方式：{unit} 的 Type={expects}，而转入后台的程序需要 Type=forking",
  "advice.foreground.upstart":
    "让 {program} 留在前台（选项如 -f、-n、-D、--foreground），或者说明它的启动方式：{unit} [[写着 expect {expects}||没有写 expect]]，而转入后台的程序需要 expect fork 或 expect daemon",
  "advice.limit.systemd":
    "让 {unit} 在两次启动之间等待，并及时放弃：RestartSec=、StartLimitIntervalSec=、StartLimitBurst=（systemctl edit）",
  "advice.limit.podman": "用 --restart=on-failure:5 重新创建 {unit} 的容器（{file} 中的 {directive}）",
  "advice.limit.systemd-user":
    "在该用户自己的附加文件（systemctl --user edit {unit}）中为 {unit} 设置限制：RestartSec=5、StartLimitIntervalSec=60、StartLimitBurst=5（{file}[[:{line}]]）",
  "advice.limit.systemd.timer": "把 {unit} 的间隔调长：{file}[[:{line}]] 的 {directive}（systemctl edit）",
  "advice.limit.systemd.socket":
    "限制 {unit} 启动 {activates} 的频率：TriggerLimitBurst=、MaxConnectionsPerSource=，或者用 Accept=no 让一个服务处理所有连接（{file}[[:{line}]]）",
  "advice.limit.systemd.path":
    "让 {activates} 处理掉 {unit} 所等待的东西，或者只监视变化（PathChanged=）：{file}[[:{line}]] 的 {directive}",
  "advice.limit.upstart":
    "让 {unit} 在两次启动之间等待，并及时放弃：respawn limit 次数 秒数，以及会休眠的 post-stop（写在 {file} 旁边的 override 中）",
  "advice.limit.sysvinit":
    "把 {unit} 的 respawn 改为 once，或者让它的脚本在结束之前等待（{file}[[:{line}]]）：sysvinit 没有可以设置的限制",
  "advice.limit.runit": "让 {unit} 在两次启动之间等待：在 {file} 旁边放一个会休眠的脚本 finish；runit 没有限制",
  "advice.limit.s6":
    "让 {unit} 及时放弃：在 {file} 旁边放一个脚本 finish，结束次数过多时以 125 退出（s6-permafailon），或者休眠",
  "advice.limit.cron": "降低 {unit} 的运行频率，并且不要同时运行两次：flock -n 文件 命令（{file}[[:{line}]]）",
  "advice.limit.anacron": "把 {unit} 的周期调长（{file}[[:{line}]]）",
  "advice.limit.at": "让这个任务不要再次把自己排入队列：at 只启动 {unit} 一次（{file}）",
  "advice.limit.rc.local": "在 {file}[[:{line}]] 中找循环：rc.local 只启动 {unit} 一次",
  "advice.limit.supervisord":
    "让 {unit} 及时被视为失败：更长的 startsecs=，更小的 startretries=（{file}[[:{line}]]，然后 supervisorctl update）",
  "advice.limit.docker": "让容器 {unit} 及时放弃：使用带次数的 on-failure 策略",
  "advice.limit.containerd": "让容器 {unit} 及时放弃：使用带次数的 on-failure 策略（{file}）",
  "advice.limit.dinit":
    "让 {unit} 在两次启动之间等待，并及时放弃：restart-delay、restart-limit-count、restart-limit-interval（{file}）",
  "advice.limit.pm2": "让 {unit} 在每次结束后等待更久：--exp-backoff-restart-delay、--max-restarts（{file}）",
  "advice.limit.kubelet":
    "修复这个 pod，或者设置 restartPolicy: OnFailure 或 Never（{file}[[:{line}]]）：kubelet 每次等待更久，但从不放弃",
  "advice.limit.openrc":
    "让 {unit} 在两次启动之间等待，并及时放弃：respawn_delay、respawn_max、respawn_period（/etc/conf.d/{unit}）",
  "advice.limit.monit": "让 monit 及时放弃：if 5 restarts within 5 cycles then unmonitor（{file}[[:{line}]]）",
  "advice.limit.haproxy": "给 {unit} 的检查更长的间隔：{file}[[:{line}]] 中的 {directive}",
  "advice.limit.keepalived": "给 {unit} 更长的间隔：{file}[[:{line}]] 中的 {directive}",
  "advice.limit.inetd": "限制 {unit} 的启动频率：{file}[[:{line}]] 中的 nowait.次数，即每分钟启动次数",
  "advice.limit.xinetd": "限制 {unit} 的启动频率：cps、instances、per_source（{file}[[:{line}]]）",
};
