; Adds the tide tables of a harbour: rdi has the heights, rsi their number.
section .text
global sum_heights

sum_heights:
    xor     eax, eax
    test    rsi, rsi
    jz      .done
.next:
    movsx   rcx, word [rdi]
    add     rax, rcx
    add     rdi, 2
    dec     rsi
    jnz     .next
.done:
    ret

section .data
heights: dw 312, 480, 295, 517
message: db "sum of heights", 10, 0
