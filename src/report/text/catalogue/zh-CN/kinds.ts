import type { kinds as english } from "../en/kinds.ts";

export const kinds: Record<keyof typeof english, string> = {
  "verdict.zombie-accumulation":
    "{parent} 不回收自己的子进程：{seconds:seconds}内新增 {fresh:count} 个僵尸进程，共有 {zombies:count} 个（僵尸进程堆积）",
  "chain.zombie-accumulation":
    "{fresh:count} 个 {program:base} 进程结束后成为僵尸，因为 {parent} 从未对它们调用 wait[[；它是容器中的 PID 1，却不是 init：{init}]]",
  "advice.zombie-accumulation":
    "让 {parent} 回收子进程；在此之前，结束它会把僵尸进程交给 PID 1，由 PID 1 回收[[；{init} 是容器的 PID 1：在它之前放一个 init（docker run --init、tini）]]",
  "reason.zombies-stay": "{parent} 已结束的子进程中有 {share:percent} 仍是僵尸",
  "reason.zombies-grow": "比开始观察时多了 {fresh:count} 个，共有 {zombies:count} 个",

  "verdict.thread-churn": "{maker} 每秒创建 {perSecond:rate} 个线程，随即任其结束：是线程，而不是进程（线程频繁创建）",
  "chain.thread-churn":
    "{maker} 创建了 {processes:count} 个线程，每个只做一小段工作[[；最后还剩 {alive:count} 个]]；统计派生次数的计数器会把它们也算作进程",
  "advice.thread-churn": "让 {program:base} 使用线程池，而不是每次新建线程",
  "reason.threads-of-one-process": "{maker} 创建了该程序 {share:percent} 的线程",
  "reason.threads-end": "{share:percent} 的线程已经结束",
  "reason.thread-ends-unknown": "数据来源没有说明线程何时结束：也可能是一个很大的线程池",

  "verdict.watchdog-pair":
    "{first} 和 {second} 互相拉起对方，合计每秒 {perSecond:rate} 次：只结束其中一个没有用（互相守护的进程对）",
  "chain.watchdog-pair":
    "无论哪一个结束，另一个都会把它拉起来：{first} 被 {second} 启动了 {firstStarts:count} 次，{second} 被 {first} 启动了 {secondStarts:count} 次",
  "advice.watchdog-pair":
    "先让两个都停住，再结束它们（先 kill -STOP，再对两个 kill -KILL）：只结束一个，它会被重新拉起",
  "reason.start-each-other": "{first} 和 {second} 互相启动，窗口内共 {count:count} 次",
  "reason.starter-dead-first": "{share:percent} 的情况下，启动者先于被启动者结束",

  "verdict.polling-agent":
    "{spawner} 每隔 {periodMs:ms}启动 [[{programs:list}||它的辅助程序]][[，因为运行时间超过间隔，同一程序最多有 {overlapping:count} 个同时存活]]：每秒 {perSecond:rate} 个进程（轮询代理）",
  "chain.polling-agent":
    "{spawner} 一直存活，按时钟每隔 {periodMs:ms}启动辅助程序，不管上一批是否结束[[；同一程序最多有 {overlapping:count} 次运行重叠]]",
  "advice.polling-agent":
    "加长 {spawner} 的间隔，或者让它直接读取所需内容，不必每次都启动程序[[；运行时间超过间隔的会越积越多，目前最多 {overlapping:count} 个]]",
  "reason.by-the-clock": "{spawner} 按时钟启动它们，间隔 {periodMs:ms}",
  "reason.helpers-in-step": "有 {count:count} 个程序以相同的节奏启动",
  "reason.several-a-tick": "每个节拍启动 {count:count} 个",
  "reason.runs-overlap": "前面的还没结束，下一个就启动了，同时存活的最多有 {peakAlive:count} 个",

  "verdict.wrapper-explosion":
    "每运行一次这项任务，要接连启动 {deep:count} 个程序，才轮到 {program:base} 真正做事，每秒 {actionsPerSecond:rate} 次（包装脚本层层嵌套）",
  "chain.wrapper-explosion":
    "[[{spawner} ||某个未看到的进程]]要求运行 {actions:count} 次，每次都由一个程序变成或调用下一个，接连 {deep:count} 个：{programs:list}",
  "advice.wrapper-explosion": "直接调用 {program}，不经过包装，或者一次处理多项任务",
  "reason.program-in-program": "每次运行接连启动 {deep:count} 个程序",
  "reason.one-line": "共 {levels:count} 层，每层启动下一层的次数与任务被要求的次数相同，即 {actions:count} 次",
  "reason.brought-back": "{spawner} 像监管进程那样把任务重新拉起：这才是原因，包装只是让代价更大",

  "verdict.login-storm":
    "{server} 每秒收到 {loginsPerSecond:rate} 次登录[[，其中共 {without:count} 次什么都没有启动]]：每次都要花费好几个进程（登录风暴）",
  "chain.login-storm":
    "{server} 收到 {logins:count} 个连接，并为每个连接派生进程[[；{without:count} 个什么都没有启动，登录被拒绝时就是这样]][[；{sessions:count} 次启动了程序：{programs:list}]]",
  "advice.login-storm":
    "查看是谁在登录（journalctl、/var/log/auth.log、lastb）：自己的脚本可以保持一个连接（ControlMaster），陌生人则用防火墙、MaxStartups 和密钥登录来阻挡",
  "reason.login-server": "{server} 是登录服务器",
  "reason.child-for-each-login": "{server} 派生了 {count:count} 次，每个连接一次",
  "reason.sessions-last": "会话持续 {p50Ms:ms}：有人在那里工作",

  "verdict.connection-storm": "{server} 为每个连接启动一个进程，每秒 {connectionsPerSecond:rate} 个连接（连接风暴）",
  "chain.connection-storm":
    "{server} 启动了 {connections:count} 个进程，每个连接一个[[：{programs:list}]]；节奏由流量决定，而不是由监管进程决定",
  "advice.connection-storm":
    "让常驻程序来处理连接（FastCGI、工作进程池、Accept=no），限制连接频率，或者查明是谁连接得这么频繁",
  "reason.server-by-name": "{server} 是为每个连接启动一个进程的服务器",
  "reason.listens": "{server} 在监听 {sockets:list}",
  "reason.as-many-accepted": "同一时间主机接受了 {accepted:count} 个 TCP 连接，差不多每个进程一个",
  "reason.child-for-each": "它启动了 {count:count} 个进程",
  "reason.no-clock": "启动没有均匀的节奏",

  "verdict.cron-storm": "{cron} 同时启动 {jobs:count} 个任务[[：{programs:list}]]（cron 风暴）",
  "chain.cron-storm":
    "{cron} 在窗口内启动了 {jobs:count} 个任务，同一程序最多有 {piled:count} 个同时存活；每分钟除了最初几秒都很安静",
  "advice.cron-storm":
    "把 {cron} 的任务分散到整分钟或整小时（sleep $((RANDOM % 50))、换用其他分钟、带 RandomizedDelaySec 的 systemd 定时器），并防止运行重叠（flock -n）",
  "reason.spawner-is-cron": "{spawner} 按时钟启动任务",
  "reason.many-jobs": "启动了 {count:count} 个任务",
  "reason.one-burst": "全部在 {seconds:seconds}内",
  "reason.at-the-minute": "从整分之后 {second:rate} 秒开始",
  "reason.not-at-the-minute": "从整分之后 {second:rate} 秒开始：而 cron 在整分启动任务",

  "verdict.timer-storm":
    "定时器每隔 {periodMs:ms}启动 {services:count} 个服务[[：{programs:list}]]，每秒 {perSecond:rate} 个进程（定时器风暴）",
  "chain.timer-storm":
    "[[{spawner} ||systemd ]][[按 {timer} 启动它们，不管上次是否结束||在整秒启动它们，这是定时器的做法，而不是重启]]，窗口内共 {processes:count} 个进程",
  "advice.timer-storm":
    "加长定时器的间隔，或者改用一个自己等待的常驻服务：每次启动都要花费一个 cgroup 和 systemd 的一个新进程",
  "reason.spawner-is-systemd": "{spawner} 是 systemd",
  "reason.timer-configured": "{file}[[:{line}]] 中的 {unit} 让 systemd 启动它",
  "reason.on-the-second": "平均间隔是整秒（{periodMs:ms}），而不是上次结束之后再停一会儿",

  "verdict.health-check-storm":
    "{shim} 每秒[[通过 {runtime} 在容器中]]运行 {checksPerSecond:rate} 次检查：每秒 {perSecond:rate} 个进程（健康检查风暴）",
  "chain.health-check-storm":
    "{shim} 启动了 {checks:count} 次[[持续存活的容器中的 {runtime}||检查]]，每次都要花费自己的进程[[：{programs:list}]]",
  "advice.health-check-storm":
    "加长检查的间隔（docker inspect 中的 Healthcheck，Pod 的 periodSeconds，haproxy 的 inter），或者让服务通过 HTTP、TCP、gRPC 回答，而不是运行程序",
  "reason.runtime-each-time": "{spawner} 启动了 {count:count} 次容器运行时",
  "reason.checker-by-name": "{spawner} 靠运行程序来检查服务器是否正常：共 {count:count} 次",
  "reason.no-new-shims": "这段时间没有新容器启动",

  "verdict.container-restart-loop":
    "{manager} 反复启动[[容器 {id}||容器]]：窗口内启动 {turns:count} 次，连带每秒 {perSecond:rate} 个进程（容器重启循环）",
  "chain.container-restart-loop":
    "容器在 {turns:count} 次启动后都很快结束，{manager} 按重启策略再次启动它，每次都有新的 shim",
  "advice.container-restart-loop":
    "查明容器为什么结束（docker logs、podman logs、kubectl logs --previous），并先让它停下（docker update --restart=no，然后 docker stop；podman stop）",
  "reason.shim-each-time": "{spawner} 启动了 {count:count} 次新的 shim",
  "reason.same-container": "每次都是同一个容器（{id}）",
  "reason.containers-unknown": "不知道每个 shim 属于哪个容器：也可能是不同的容器",

  "verdict.udev-storm":
    "[[{spawner}||udevd]] 不停地处理设备事件：每秒 {perSecond:rate} 个进程[[（{programs:list}）]]（udev 风暴）",
  "chain.udev-storm":
    "对内核的每个事件，[[{spawner}||udevd]] 都会派生一个工作进程，或启动规则指定的程序，窗口内共 {processes:count} 个进程",
  "advice.udev-storm":
    "查明哪个设备时有时无（udevadm monitor、dmesg -w），以及哪条规则为它启动程序（/etc/udev/rules.d、/usr/lib/udev/rules.d）",
  "reason.spawner-is-udev": "{spawner} 处理内核的设备事件",
  "reason.spawner-is-kernel": "由内核自己启动（{spawner}）",
};
