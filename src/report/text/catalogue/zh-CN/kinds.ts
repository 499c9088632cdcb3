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
};
