/* What the storm programs share: raw system calls for x86_64 and i386 (no libc: a fork of a program without one costs
 * a tenth, and the 32-bit programs link where no 32-bit library is installed), and the page of counters and limits
 * through which the lab talks to them. */
#ifndef WHOFORKS_LAB_H
#define WHOFORKS_LAB_H

typedef unsigned int u32;
typedef unsigned long long u64;

#ifndef PAGE_PATH
#define PAGE_PATH "/run/whoforks-lab/page"
#endif

enum state { WAITING = 0, RUNNING = 1, ENDED_BY_COUNT = 2, ENDED_BY_DEADLINE = 3, ENDED_BY_LAB = 4 };

/* Kept in step with lab/page.mjs. Every 64-bit field lies at a multiple of 8, so that both ABIs see one layout. */
struct page {
  u64 forks;        /*   0 successful forks of the storm */
  u64 started_ns;   /*   8 CLOCK_MONOTONIC */
  u64 ended_ns;     /*  16 */
  u32 state;        /*  24 enum state */
  u32 starts;       /*  28 times the supervisor started the program */
  u32 refused;      /*  32 forks that failed: EAGAIN, the pids limit */
  u32 alive;        /*  36 of a fork bomb */
  u32 peak_alive;   /*  40 */
  u32 exited_zero;  /*  44 children reaped by superd */
  u32 exited_other; /*  48 */
  u32 killed;       /*  52 */
  u32 unused[2];
  u64 max_forks;    /*  64 limits, written by the lab before the start */
  u64 deadline_ns;  /*  72 CLOCK_MONOTONIC */
  u64 not_before_ns; /* 80 */
  u64 interval_ns;  /*  88 per fork; 0 = as fast as it goes */
  u64 lifetime_ns;  /*  96 of a fork bomb's members */
  u32 stop;         /* 104 */
  u32 max_starts;   /* 108 starts of the program beyond this one exit at once */
  char mode;        /* 112 how superd's worker ends: 0, 1 or s (SIGSEGV) */
};

struct spec { long sec; long nsec; };

#ifdef __i386__
#define NR_fork 2
#define NR_execve 11
#define NR_exit_group 252
#define NR_open 5
#define NR_mmap 192 /* mmap2, offset in pages */
#define NR_wait4 114
#define NR_nanosleep 162
#define NR_clock_gettime 265
static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
  long result;
  /* The sixth argument travels in ebp, which gcc may need itself. */
  __asm__ volatile("push %%ebp; mov %[f], %%ebp; int $0x80; pop %%ebp"
                   : "=a"(result)
                   : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), [f] "m"(f)
                   : "memory");
  return result;
}
static inline long call4(long n, long a, long b, long c, long d) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
  return result;
}
__asm__(".globl _start\n_start: mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call begin\n");
#else
#define NR_fork 57
#define NR_execve 59
#define NR_exit_group 231
#define NR_open 2
#define NR_mmap 9
#define NR_wait4 61
#define NR_nanosleep 35
#define NR_clock_gettime 228
static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
static inline long call4(long n, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#endif

static inline void quit(int code) {
  for (;;) call4(NR_exit_group, code, 0, 0, 0);
}

static inline u64 now_ns(void) {
  struct spec t;
  call4(NR_clock_gettime, 1, (long)&t, 0, 0);
  return (u64)(u32)t.sec * 1000000000u + (u32)t.nsec;
}

/* Both halves fit 32 bits because no sleep of the lab reaches 4 s: a 64-bit division would need libgcc. */
static inline void sleep_ns(u64 ns) {
  u32 left = ns > 1000000000u ? 1000000000u : (u32)ns;
  struct spec t = {left / 1000000000u, left % 1000000000u};
  call4(NR_nanosleep, (long)&t, 0, 0, 0);
}

static inline struct page *open_page(void) {
  long fd = call4(NR_open, (long)PAGE_PATH, 2, 0, 0);
  if (fd < 0) quit(111);
  long at = call6(NR_mmap, 0, 4096, 3, 1, fd, 0);
  if (at < 0 && at > -4096) quit(111);
  return (struct page *)at;
}

/* Counts fit 32 bits (the lab refuses more), so the low half of a 64-bit counter is enough. */
static inline u32 add(void *counter, int by) { return __atomic_add_fetch((u32 *)counter, by, __ATOMIC_SEQ_CST); }

/* Returns when the storm may begin; exits when it may not (too many starts, or it is over already). */
static inline void admit(volatile struct page *p) {
  if (add((void *)&p->starts, 1) > p->max_starts || p->stop || p->state > RUNNING) quit(0);
  for (;;) {
    u64 now = now_ns();
    if (p->stop || now >= p->deadline_ns) quit(0);
    if (now >= p->not_before_ns) break;
    sleep_ns(p->not_before_ns - now < 20000000u ? p->not_before_ns - now : 20000000u);
  }
  u32 waiting = WAITING;
  if (__atomic_compare_exchange_n((u32 *)&p->state, &waiting, RUNNING, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    p->started_ns = now_ns();
}

static inline void finish(volatile struct page *p, u32 state) {
  p->ended_ns = now_ns();
  p->state = state;
  quit(0);
}
#endif
