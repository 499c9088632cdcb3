import type { advice as english } from "../en/advice.ts";

export const advice: Record<keyof typeof english, string> = {
  "advice.isolate": "断开主机的网络，但不要关机：内存里有证据",
  "advice.preserve-evidence": "为安全团队收集 {program:base} 的证据",
  "advice.move-aside": "把 {program} 移开，之后可以原样恢复",
  "advice.stop-supervisor": "不让 {supervisor} 再次拉起 {unit}（{file}[[:{line}]]）",
  "advice.reinstall-package": "重新安装软件包 {package}",
  "advice.reinstall-host": "用可信介质重装主机：放置这个文件的人有 root 权限",
  "advice.reboot": "重启主机：正在运行的副本已不再需要这个文件，而且每一个都在来得及结束它之前就消失了",
  "advice.check-origin": "查明 {program} 是怎么来的",
  "advice.read-log": "查看 {unit} 最近几次运行是怎样结束的",
  "advice.pause-process": "调查期间先让 {spawner} 暂停，之后可以从原处继续",
  "advice.agent-interval": "把 {spawner} 的间隔调长：{file}:{line} 写着 {text:words}，正是观测到的 {periodMs:ms}",
  "advice.hold-udev": "调查期间暂停处理设备事件",
  "advice.fix-program": "查明 {program} 为什么[[以 {end:end} 结束||不断结束]]",
  "advice.limit-restarts": "限制 {supervisor} 重启 {unit} 的频率（{file}）",
  "advice.fix-script":
    "让[[ {spawner} ||这个 shell ]][[在 {script} 中]][[第 {line} 行]]的循环等待，或者不必每次都启动进程",
  "advice.cap-processes": "先限制[[ {unit} 的]]进程数，再停止 {program:base}：它派生得比你杀得快",
  "advice.look-at-spawner": "检查 {spawner}：进程是它启动的",
  "advice.nothing": "无需处理",
  "advice.run-as-root": "以 root 身份运行：其他用户看不到内核事件",
  "advice.run-longer": "延长观测时间",
  "advice.give-root": "指明日志中的路径属于哪个文件系统",
  "advice.observe-live": "直接观测主机本身：内核会告诉你是谁在派生，也不会像 strace 那样拖慢任何进程",
  "advice.observe-here": "直接观察主机，或补录上面缺少的内容",
  "advice.audit-rules": "让内核记录派生、执行和退出，然后重新收集日志",
};
