import { readPage } from "./page.mjs";

/** The storm program's count over time, so that the truth about any part of a storm can be told afterwards. */
export class ForkSeries {
  constructor(page) {
    this.page = page;
    this.samples = [];
    this.sample();
    this.timer = setInterval(() => this.sample(), 20);
    this.timer.unref();
  }

  sample() {
    const { forks } = readPage(this.page);
    this.samples.push({ at: Date.now(), forks });
  }

  stop() {
    clearInterval(this.timer);
    this.sample();
  }

  /** Forks between two moments in ms since 1970; straight lines between the samples. */
  between(fromMs, toMs) {
    return this.at(toMs) - this.at(fromMs);
  }

  at(moment) {
    const next = this.samples.findIndex(({ at }) => at >= moment);
    if (next === 0) return this.samples[0].forks;
    if (next < 0) return this.samples.at(-1).forks;
    const [before, after] = this.samples.slice(next - 1, next + 1);
    return before.forks + ((after.forks - before.forks) * (moment - before.at)) / (after.at - before.at);
  }
}
