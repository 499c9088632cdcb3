import type { story as english } from "../en/story.ts";

export const story: Record<keyof typeof english, string> = {
  "verdict.self-replicating-chain":
    "{program} [[每秒自我替换 {perSecond:rate} 次||自我替换]]：每个副本派生出下一个后立即退出（自我复制链）",
  "verdict.self-replicating-chain.impostor":
    "{program} [[每秒自我替换 {perSecond:rate} 次||自我替换]]（自我复制链），并且它不是软件包 {package} 的 {genuine:base}（{genuine}）",
  "verdict.respawn-loop":
    "[[{spawner}||某个进程]] 每秒启动 {program} {perSecond:rate} 次：它一结束就被重新拉起（重启循环）",
  "verdict.crash-loop":
    "{program} 反复失败[[（{end:end}）]]，[[{spawner}||某个进程]] 每秒重新拉起它 {perSecond:rate} 次（崩溃循环）",
  "verdict.fork-bomb":
    "{program} 不断增殖：[[每秒派生 {perSecond:rate} 次，]]同时存活的最多有 {peakAlive:count} 个（fork 炸弹）",
  "verdict.shell-loop":
    "[[{spawner}||某个 shell]] 在循环中反复启动 [[{programs:list}||程序]]，每秒 {perSecond:rate} 个进程（shell 循环）",
  "verdict.unclassified": "{program} 每秒[[被 {spawner} ]]启动 {perSecond:rate} 次，不符合任何已知的风暴类型",
  "verdict.build": "{program} 正在进行构建：每秒 {perSecond:rate} 个短时进程，各做各的工作",
  "verdict.healthy": "[[已观察 {seconds:seconds}：]]没有问题：每秒派生 {forksPerSecond:rate} 次，其中没有进程风暴",
  "verdict.inconclusive.no-source": "什么都无法观测，因此无法下结论",
  "verdict.inconclusive.proc-only": "每秒派生 {forksPerSecond:rate} 次，但仅凭 /proc 看不出是谁在派生",
  "verdict.inconclusive.few-events": "只看到 {events:count} 个事件，不足以判断",
  "verdict.inconclusive.no-process-records": "日志中没有任何派生、执行或退出的记录",
  "verdict.inconclusive.reaper-only":
    "[[{reaper}||被跟踪的进程]] 接收了 {dead:count} 个已死的子进程[[，其中大多数是 {program}]][[，每秒 {perSecond:rate} 个]][[；其中 {exited:count} 个是自行退出]][[；{killed:count} 个被信号杀死]]；是谁在派生，这份日志看不出来",
  "verdict.inconclusive.counts-only":
    "{tool:words} -c 的统计表共 {calls:count} 次调用，其中派生 {forks:count} 次、执行 {execs:count} 次，没有时间顺序：谁派生了谁、多久一次，都看不出来",
  "verdict.inconclusive.no-times":
    "派生 {forks:count} 次、执行 {execs:count} 次，其中没有自我复制链，也没有 fork 炸弹；日志没有时间，看不出多久发生一次",
  "verdict.inconclusive.no-forks":
    "执行 {execs:count} 次[[，每秒 {perSecond:rate} 次]][[，最多的是 {program}，{times:count} 次]][[，由 {spawner} 启动]]；日志没有记录派生，只派生而不执行程序的进程不在其中",
  "verdict.inconclusive.forks-fail":
    "每秒有 {failedForksPerSecond:rate} 次派生失败，如同进程数达到上限[[；其中大多数来自 {program}]]",
  "verdict.inconclusive.interrupted": "在 {seconds:seconds}后被中断，时间太短，无法判断",

  "chain.symptom": "每秒派生 {forksPerSecond:rate} 次[[；{cpus:count} 个 CPU 中 {busyCpus:cpus} 个在忙]]",
  "chain.symptom-log": "在日志覆盖的 {seconds:seconds}内，每秒派生 {forksPerSecond:rate} 次",
  "chain.untimed-log": "没有时间的日志中有 {processes:count} 个 {program:base} 进程",
  "chain.short-lives": "每个 {program:base} 只存活 {p50Ms:ms}（99% 不到 {p99Ms:ms}），是短时进程，top 来不及看到",
  "chain.origin": "第一个 {program:base} 由 {spawner} 启动",
  "chain.origin-unknown": "第一个 {program:base} 在观测窗口之前就已运行，没有看到是谁启动的",
  "chain.replicates": "每个 {program:base} 派生 {branching:rate} 个子进程后退出，从不执行其他程序，共 {depth:count} 代",
  "chain.orphans": "[[每秒有 {perSecond:rate} 个||所有]]孤儿进程交给 {reaper}[[（容器内的 {inside}）]]",
  "chain.reaper-busy": "它只负责回收，为此用掉一个 CPU 的 {cpuShare:percent}",
  "chain.reaper-innocent": "它只负责回收",
  "chain.fork-by-32-bit":
    "{count:count} 次派生是 {program:base} 中的 32 位代码（{machine}）在 64 位内核上的调用：只有在那里 syscall=2 才是 fork",
  "chain.syscall-2-is-open": "{count:count} 条 syscall=2 的记录属于 x86_64，在那里 2 是 open：没有计为派生",
  "chain.32-bit-program": "{program} 是 64 位主机上的 32 位程序（{machine}）",
  "chain.counted-by-systemd": "systemd 自己记录：{unit} 已被重启 {restarts:count} 次，最近一次的结果是 {result}",
  "chain.started-by": "{supervisor} 启动 {program:base}：{file}[[:{line}]] 中的 {directive}",
  "chain.restarted-by": "{program:base} 一结束，{supervisor} 就重新拉起它：{file}[[:{line}]] 中的 {directive}",
  "chain.checks-on-schedule":
    "{unit} 的健康检查：{supervisor} [[每隔 {everySeconds:seconds}]]运行 {program:base}，见 {file}[[:{line}]] 的 {directive}",
  "chain.starts-on-schedule":
    "{supervisor} [[每隔 {everySeconds:seconds}||按时间表]]启动 {program:base}：{file}[[:{line}]] 中的 {directive}",
  "chain.starts-on-demand": "一有请求，{supervisor} 就启动 {program:base}：{file}[[:{line}]] 中的 {directive}",
  "chain.schedule-forbids-rate":
    "这么少的启动产生不了每秒 {perSecond:rate} 次：造成风暴的是 {program:base} 自己，而不是时间表",
  "chain.limit-forbids-rate":
    "它的限制[[（{seconds:seconds}内最多启动 {starts:count} 次）]]不允许这样的频率：造成风暴的是自我复制链，而不是重启",
  "chain.limit-off": "重启不受限制：{file} 中没有设置",
  "chain.limit.rate-unknown": "不知道它启动得有多频繁，因此不知道限制是否允许",
  "chain.limit.no-restart": "{supervisor} 只启动它一次，结束后不会重新拉起：是别的东西在启动它",
  "chain.limit.delay-bounds-rate":
    "{supervisor} 每次启动前等待 {delaySeconds:seconds}，它自己每秒最多启动 {maxPerSecond:rate} 次：还有别的东西在启动它，或者正在生效的配置不是文件现在的内容",
  "chain.limit.unlimited": "限制已关闭[[；按它的延迟，每秒最多启动 {maxPerSecond:rate} 次]]",
  "chain.limit.never-trips":
    "永远达不到 {seconds:seconds}内 {starts:count} 次的限制：每次启动前的等待太长，因此会一直重启下去",
  "chain.limit.not-reached":
    "没有达到 {seconds:seconds}内 {starts:count} 次的限制：每秒不超过 {maxPerSecond:rate} 次可以一直持续[[；{atOnce} 只限制同时运行的个数，不限制频率]]",
  "chain.limit.burst-allowed":
    "还没有达到限制：在 {seconds:seconds}内 {starts:count} 次起作用之前，允许一次连续启动 {burst:count} 次[[；{atOnce} 只限制同时运行的个数，不限制频率]]",
  "chain.limit.pauses":
    "{seconds:seconds}内启动 {starts:count} 次之后，{supervisor} 本应把它暂停 {pauseSeconds:seconds}：还有别的东西在启动它，或者正在生效的配置不是文件现在的内容[[；{atOnce} 只限制同时运行的个数，不限制频率]]",
  "chain.limit.schedule": "按时间表每 {everySeconds:seconds}最多启动一次，此外没有限制",
  "chain.limit.on-demand": "没有限制它可以被请求得多频繁[[；{atOnce} 只限制同时运行的个数，不限制频率]]",
  "chain.limit.backs-off":
    "{supervisor} 第一次重启前等待 {delaySeconds:seconds}，以后越等越久，最长 {longestSeconds:seconds}：{seconds:seconds}内它自己最多启动 {starts:count} 次，还有别的东西在启动它",
  "chain.limit.back-off-begins":
    "没有限制会让它停下，但 {supervisor} 每次等得更久：从 {delaySeconds:seconds}到 {longestSeconds:seconds}，直到某次运行达到 {resetAfterSeconds:seconds}",
  "chain.limit.back-off-anew":
    "等待一直是 {delaySeconds:seconds}：每次运行都超过 {resetAfterSeconds:seconds}，之后 {supervisor} 重新开始计算",
  "chain.limit.has-none": "{supervisor} 没有重启限制[[：两次之间只隔 {delaySeconds:seconds}，一直如此]]",
  "chain.limit.end-not-restarted":
    "{share:percent} 的结束方式是 {supervisor} 不会重新拉起的[[（{file} 第 {line} 行的 {directive}）]]：是别的东西在启动它",
  "chain.limit.lives-too-long":
    "{seconds:seconds}内 {starts:count} 次的限制只计算不超过 {minimumLifeSeconds:seconds}的运行：这里每次都更久，因此会一直重启下去",
  "chain.limit.would-have-stopped":
    "启动 {burst:count} 次之后，即按这个频率 {afterSeconds:seconds}之后，{supervisor} 本应放弃（限制：{seconds:seconds}内 {starts:count} 次）：还有别的东西在启动它，或者正在生效的配置不是文件现在的内容",
  "chain.shadowed": "命令 {command} 先找到 {resolvesTo}，而不是 {shadows:list}",
  "chain.job-owner": "{file:base} 属于软件包 {package}，而 {program} 不属于它",
  "chain.impostor": "冒名程序：{program} 不属于任何软件包[[；原版是软件包 {package} 的 {genuine}]]",
  "chain.not-packaged": "{program} 来历不明：与软件包的程序放在一起，却不属于任何软件包",
  "chain.modified": "{program} 已被修改：内容与[[软件包 {package} ||其软件包]]发布的不同",
  "chain.genuine": "{program} 是原版：内容与软件包[[ {package} {version} ||]]发布的一致",
  "chain.local": "{program} 是本地安装的软件：本来就不属于任何软件包",
  "chain.deleted": "{program} 已被删除：它的进程仍在运行，但文件已不存在",
  "chain.memory-only": "{program} 只在内存中运行：磁盘上从来没有它的文件",
  "chain.unverifiable": "{program} 属于软件包 {package}，但没有可以用来比对内容的依据",
  "chain.respawns": "{spawner} [[每隔 {intervalMs:ms}启动一次||反复启动]] {program:base}[[，即它结束后 {gapMs:ms}]]",
  "chain.ends": "{total:count} 次结束中有 {count:count} 次是 {end:end}",
  "chain.all-clean": "{count:count} 次结束全部是 exit 0",
  "chain.bomb": "每个 {program:base} 派生 {branching:rate} 个子进程并继续存活，同时存活的最多有 {peakAlive:count} 个",
  "chain.fork-refused": "{count:count} 次派生被拒绝（EAGAIN）：已达到进程数上限",
  "chain.shell": "{spawner} [[运行 {script}，]]反复启动 {programs:list}",
  "chain.build": "{program} 启动 {programs:list}；每个进程完成自己的工作后结束",
  "chain.spawner": "所有 {program:base} 进程中有 {share:percent} 由[[ {spawner} ||某个未看到的进程]]启动",
};
