// What -fsanitize=thread calls before each access of a kernel, and the memcpy of kernels. Included at the end of the file that looks at
// accesses: it has defined simulator::seen, a template over the kind of access.
#pragma once

#include <string.h>

#include "runtime.h"

using simulator::access;
#define PLACE __builtin_return_address(0)
#define CALLBACKS(bytes)                                                                                             \
    void __tsan_read##bytes(void* address) { simulator::seen<access::read>(address, bytes, PLACE); }                \
    void __tsan_write##bytes(void* address) { simulator::seen<access::write>(address, bytes, PLACE); }              \
    void __tsan_unaligned_read##bytes(void* address) { simulator::seen<access::read>(address, bytes, PLACE); }      \
    void __tsan_unaligned_write##bytes(void* address) { simulator::seen<access::write>(address, bytes, PLACE); }    \
    void __tsan_volatile_read##bytes(void* address) { simulator::seen<access::read>(address, bytes, PLACE); }       \
    void __tsan_volatile_write##bytes(void* address) { simulator::seen<access::write>(address, bytes, PLACE); }     \
    void __tsan_unaligned_volatile_read##bytes(void* address) { simulator::seen<access::read>(address, bytes, PLACE); }   \
    void __tsan_unaligned_volatile_write##bytes(void* address) { simulator::seen<access::write>(address, bytes, PLACE); } \
    void __tsan_read_write##bytes(void* address) {                                                                   \
        simulator::seen<access::read>(address, bytes, PLACE);                                                       \
        simulator::seen<access::write>(address, bytes, PLACE);                                                      \
    }                                                                                                                \
    void __tsan_unaligned_read_write##bytes(void* address) {                                                         \
        simulator::seen<access::read>(address, bytes, PLACE);                                                       \
        simulator::seen<access::write>(address, bytes, PLACE);                                                      \
    }

extern "C" {

CALLBACKS(1)
CALLBACKS(2)
CALLBACKS(4)
CALLBACKS(8)
CALLBACKS(16)

void __tsan_init() {}
void __tsan_func_exit() {}
void __tsan_func_entry(void*) {
    // A kernel's own table of constants may be set up before any block runs; there is no fiber then, but no instrumented function either.
    simulator::fiber& me = simulator::self(simulator::here());
    if (static_cast<char*>(__builtin_frame_address(0)) - me.stack < 8 * 1024)
        simulator::report("its local variables and calls need more than the 64 KiB of stack that the simulator gives a thread", PLACE);
}

void __tsan_read_range(void* address, uintptr_t bytes) {
    if (bytes > 0)
        simulator::seen<access::read>(address, static_cast<int64_t>(bytes), PLACE);
}
void __tsan_write_range(void* address, uintptr_t bytes) {
    if (bytes > 0)
        simulator::seen<access::write>(address, static_cast<int64_t>(bytes), PLACE);
}

// memcpy, memmove and memset of kernels: cuda.h gives them these names.
void* simulator_memcpy(void* to, const void* from, size_t bytes) {
    if (bytes > 0) {
        simulator::seen<access::read>(from, static_cast<int64_t>(bytes), PLACE);
        simulator::seen<access::write>(to, static_cast<int64_t>(bytes), PLACE);
    }
    return memcpy(to, from, bytes);
}
void* simulator_memmove(void* to, const void* from, size_t bytes) {
    if (bytes > 0) {
        simulator::seen<access::read>(from, static_cast<int64_t>(bytes), PLACE);
        simulator::seen<access::write>(to, static_cast<int64_t>(bytes), PLACE);
    }
    return memmove(to, from, bytes);
}
void* simulator_memset(void* to, int value, size_t bytes) {
    if (bytes > 0)
        simulator::seen<access::write>(to, static_cast<int64_t>(bytes), PLACE);
    return memset(to, value, bytes);
}
void* __tsan_memcpy(void* to, const void* from, size_t bytes) __attribute__((alias("simulator_memcpy")));
void* __tsan_memmove(void* to, const void* from, size_t bytes) __attribute__((alias("simulator_memmove")));
void* __tsan_memset(void* to, int value, size_t bytes) __attribute__((alias("simulator_memset")));

}  // extern "C"
