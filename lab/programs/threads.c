/* Threads in place of processes: one process makes a thread for each piece of work and lets it end. A thread here is a
 * task with CLONE_THREAD, as pthread_create makes it (clone(2)); it sleeps for a millisecond and ends. */
#include "lab.h"

#ifdef __i386__
#error "written for x86_64"
#endif
#define NR_clone 56
#define NR_exit 60
/* CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM */
#define THREAD 0x50f00

/* The new thread shares the maker's stack and touches none of it: two system calls with their arguments in registers. */
static long make_thread(const struct spec *nap) {
  long result;
  register const struct spec *r12 __asm__("r12") = nap;
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  __asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n"
                   " mov %%r12, %%rdi\n xor %%esi, %%esi\n mov %[nanosleep], %%eax\n syscall\n"
                   " xor %%edi, %%edi\n mov %[leave], %%eax\n syscall\n"
                   "1:"
                   : "=a"(result)
                   : "a"((long)NR_clone), "D"((long)THREAD), "S"(0L), "d"(0L), "r"(r10), "r"(r8), "r"(r12),
                     [nanosleep] "i"(NR_nanosleep), [leave] "i"(NR_exit)
                   : "rcx", "r11", "memory");
  return result;
}

void begin(long *stack) {
  (void)stack;
  volatile struct page *p = open_page();
  admit(p);
  static const struct spec nap = {0, 1000000};
  while (!p->stop && p->forks < p->max_forks && now_ns() < p->deadline_ns) {
    add(make_thread(&nap) < 0 ? (void *)&p->refused : (void *)&p->forks, 1);
    sleep_ns(p->interval_ns ? p->interval_ns : 1000000);
  }
  finish(p, p->stop ? ENDED_BY_LAB : p->forks >= p->max_forks ? ENDED_BY_COUNT : ENDED_BY_DEADLINE);
}
