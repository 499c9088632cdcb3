/* The self-replicating chain: fork, the parent ends, the child goes on, and every orphan falls to PID 1. It ends by
 * count, by deadline or at the lab's word, whichever comes first, and does nothing else. */
#include "lab.h"

#ifdef PADDING
/* Brings the file to the size that `ls -l` showed in the case; never touched, so it costs a fork nothing. */
__asm__(".section .rodata\n .fill " PADDING ", 1, 0x5a\n .text\n");
#endif

#ifdef VARIED
static const int HARMLESS[4] = {39 /* getpid */, 110 /* getppid */, 102 /* getuid */, 24 /* sched_yield */};
static u32 dice = 1;
#endif

void begin(long *stack) {
  (void)stack;
  volatile struct page *p = open_page();
  admit(p);
  u64 due = now_ns();
  for (u32 generation = 0;; generation++) {
    if (p->forks >= p->max_forks) finish(p, ENDED_BY_COUNT);
    if (p->stop) finish(p, ENDED_BY_LAB);
    if (p->interval_ns) {
      u64 now = now_ns();
      if (now >= p->deadline_ns) finish(p, ENDED_BY_DEADLINE);
      /* Paced by absolute time: sleeping late once does not lower the rate. */
      if (now < due) sleep_ns(due - now);
      due += p->interval_ns;
    } else if ((generation & 63) == 0 && now_ns() >= p->deadline_ns) {
      finish(p, ENDED_BY_DEADLINE);
    }
#ifdef VARIED
    /* Harmless calls in an order of its own for each generation, which inherits the state of its parent's dice. */
    for (int throws = 6; throws > 0; throws--) {
      dice = dice * 1103515245u + 12345u;
      call4(HARMLESS[dice >> 30], 0, 0, 0, 0);
    }
#endif
    long pid = call4(NR_fork, 0, 0, 0, 0);
    if (pid > 0) quit(0);
    if (pid < 0) {
      add((void *)&p->refused, 1);
      sleep_ns(1000000);
      if (now_ns() >= p->deadline_ns) finish(p, ENDED_BY_DEADLINE);
      continue;
    }
    add((void *)&p->forks, 1);
  }
}
