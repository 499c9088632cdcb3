# The cheapest program that can be executed: ends with 0 and does nothing else.
        .globl _start
_start: movl $231, %eax
        xorl %edi, %edi
        syscall
