// From one stack to another: a few instructions on x86-64 and ARM64, <ucontext.h> elsewhere.
#pragma once

#include <stdint.h>

#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(SIMULATOR_UCONTEXT)

// Saves what a function must keep for its caller, puts the stack pointer into *save, and goes on where `load` was saved.
extern "C" void simulator_switch_stacks(void** save, void* load) __asm__("simulator_switch_stacks");

#if defined(__x86_64__)
asm(R"(
    .text
    .p2align 4
    .globl simulator_switch_stacks
simulator_switch_stacks:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
#else
asm(R"(
    .text
    .p2align 4
    .globl simulator_switch_stacks
simulator_switch_stacks:
    sub sp, sp, #160
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
)");
#endif

static inline void switch_stacks(void** save, void* load) { simulator_switch_stacks(save, load); }

// A stack that begins with `entry` when it is first switched to; entry never returns.
static inline void* prepare_stack(char* stack, int bytes, void (*entry)()) {
    void** top = reinterpret_cast<void**>((reinterpret_cast<uintptr_t>(stack) + bytes) & ~uintptr_t{15});
#if defined(__x86_64__)
    // A return address of 0 ends the backtraces of debuggers; at the entry the stack is 8 short of a multiple of 16, as after a call.
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(entry);
    for (int i = 0; i < 6; i++)
        *--top = nullptr;
#else
    for (int i = 0; i < 20; i++)
        *--top = nullptr;
    top[11] = reinterpret_cast<void*>(entry);
#endif
    return top;
}

#else

#include <ucontext.h>

static inline void switch_stacks(void** save, void* load) {
    ucontext_t mine;
    *save = &mine;
    swapcontext(&mine, static_cast<ucontext_t*>(load));
}

static inline void* prepare_stack(char* stack, int bytes, void (*entry)()) {
    // The context itself lies at the top of the stack that it describes.
    auto* const context = reinterpret_cast<ucontext_t*>((reinterpret_cast<uintptr_t>(stack) + bytes - sizeof(ucontext_t)) & ~uintptr_t{63});
    getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = static_cast<size_t>(reinterpret_cast<char*>(context) - stack);
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
    return context;
}

#endif
