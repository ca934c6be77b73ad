// What a kernel compiled for the host sees of the simulator: who it is, and the calls that hand over to other threads or are checked. The
// rest is in runtime.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "vector_types.h"

// A function that is part of its caller in every build: the place of what it does in memory is then the kernel's line.
#define SIMULATOR_INLINE static inline __attribute__((always_inline))

namespace simulator {

// Everything that one thread of the machine needs to run blocks lies in one workspace, aligned to its size: the stack pointer of any
// running fiber tells which it is.
constexpr size_t workspace_bytes = size_t{128} << 20;

struct thread_head {
    uint3 thread;
};

struct workspace_head {
    thread_head* current;
    uint3 block_index;
    dim3 block_extents, grid_extents;
    // Fused multiply-adds of float32; written by a build that counts.
    int64_t multiply_adds;
};

static inline __attribute__((always_inline)) workspace_head& head() {
    size_t here;
#if defined(__x86_64__)
    asm("movq %%rsp, %0" : "=r"(here));
#elif defined(__aarch64__)
    asm("mov %0, sp" : "=r"(here));
#else
    here = reinterpret_cast<size_t>(__builtin_frame_address(0));
#endif
    return *reinterpret_cast<workspace_head*>(here & ~(workspace_bytes - 1));
}

// One declaration of shared memory in the source; the size of the dynamic one is the launch's.
struct shared_site {
    const char *name, *type;
    int bytes;
};

void* shared_array(const shared_site& site);
void* dynamic_shared(const shared_site& site);

void block_barrier(const char* file, int line);

// The work of a warp collective, done once by the lane that comes last: mine[lane] and results[lane] are what each lane of the mask gave,
// null for other lanes.
using warp_work = void (*)(const void* const* mine, void* const* results, unsigned mask);

// What a warp has its tensor cores do in a collective: for counting alone. A product of several warps is told by each of them, with its
// share.
struct tensor_work {
    int64_t multiply_adds = 0;
    // Operands that the tensor cores read from shared memory themselves.
    int64_t shared_bytes = 0;
};

// A collective of the lanes named in the mask, all of which must call it from the same line. Faster than an exchange where every lane would
// compute the same: a product of tensor cores is one call. `name` is the CUDA function that it stands for; products are counted by it.
void warp_together(const char* name, unsigned mask, const void* mine, void* result, warp_work work, const char* file, int line,
    tensor_work tensors = {});

// __syncwarp: like an empty collective, and what the lanes wrote to memory before it is seen by the others after it. Alone among
// collectives: CUDA promises no order for shuffles.
void warp_barrier(unsigned mask, const char* file, int line);

// The lanes of a whole warp give `bytes` (at most 128) each; every one receives all 32, in lane order.
void warp_exchange(const void* mine, int bytes, void* all, int line, const char* file = __builtin_FILE());

// cp.async: `source_bytes` from `global` and zeros up to `bytes`, written to shared memory when it is waited for. Until then the target
// counts as never written.
void copy_later(void* shared, const void* global, int bytes, int source_bytes);
// cp.async.commit_group: what was copied later since the last such call is a group.
void commit_copies();
// cp.async.wait_group: all of this thread's groups but the newest `pending_groups` are done.
void wait_copies(int pending_groups);

// A shuffle that reads from a lane outside its mask, or the like: reports the fault of the calling thread and ends the launch.
[[noreturn]] void fault(const char* what, const char* file, int line);

// Read-modify-write of 4 or 8 bytes. The value before.
enum class atomic { add, minimum, maximum, minimum_unsigned, maximum_unsigned, exchange, bit_and, bit_or, bit_xor };
unsigned atomic_update(atomic operation, unsigned* address, unsigned value);
unsigned long long atomic_update(atomic operation, unsigned long long* address, unsigned long long value);
unsigned atomic_swap(unsigned* address, unsigned expected, unsigned value);
unsigned long long atomic_swap(unsigned long long* address, unsigned long long expected, unsigned long long value);

// What this thread wrote before can be seen by whoever sees what it writes afterwards.
void memory_fence();

}  // namespace simulator
