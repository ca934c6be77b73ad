// Host twins of the instructions in hopper_ptx.cuh. Contracts: there; how they are played: async.h.
#pragma once

#include "cuda.h"

#include <cstdint>

#define CALLED_AT const char *file = __builtin_FILE(), int line = __builtin_LINE()

struct tensor_map;

namespace simulator {

unsigned shared_place(const void* shared);
void barrier_init(unsigned long long* barrier, int arrivals, const char* file, int line);
// Arrives and announces bytes; 0 for none.
void barrier_arrive(unsigned long long* barrier, int bytes, const char* file, int line);
void barrier_arrive_after_copies(unsigned long long* barrier, const char* file, int line);
void barrier_wait(unsigned long long* barrier, unsigned parity, const char* file, int line);
void proxy_fence();
void load_box(void* shared, const void* map, const int (&corner)[3], unsigned long long* barrier, const char* file, int line);

// One lane's share of a warpgroup's product.
struct group_product {
    uint64_t left, right;
    int columns;
    bool a_across, b_across;
    float* sums;
};

void group_fence(const char* file, int line);
void group_multiply(const group_product& product, const char* file, int line);
void group_commit(const char* file, int line);
void group_wait(int pending, const char* file, int line);

}  // namespace simulator

SIMULATOR_INLINE unsigned shared_offset(const void* shared) { return simulator::shared_place(shared); }

SIMULATOR_INLINE void mbarrier_init(unsigned long long* barrier, int arrivals, CALLED_AT) {
    simulator::barrier_init(barrier, arrivals, file, line);
}

SIMULATOR_INLINE void mbarrier_arrive(unsigned long long* barrier, CALLED_AT) { simulator::barrier_arrive(barrier, 0, file, line); }

SIMULATOR_INLINE void mbarrier_arrive_expecting(unsigned long long* barrier, int bytes, CALLED_AT) {
    simulator::barrier_arrive(barrier, bytes, file, line);
}

SIMULATOR_INLINE void mbarrier_arrive_after_copies(unsigned long long* barrier, CALLED_AT) {
    simulator::barrier_arrive_after_copies(barrier, file, line);
}

SIMULATOR_INLINE void mbarrier_wait(unsigned long long* barrier, unsigned parity, CALLED_AT) {
    simulator::barrier_wait(barrier, parity, file, line);
}

SIMULATOR_INLINE void fence_async_proxy() { simulator::proxy_fence(); }

SIMULATOR_INLINE void tma_load(void* shared, const tensor_map* map, int x, int y, int z, unsigned long long* barrier, CALLED_AT) {
    simulator::load_box(shared, map, {x, y, z}, barrier, file, line);
}

SIMULATOR_INLINE void wgmma_fence(CALLED_AT) { simulator::group_fence(file, line); }

SIMULATOR_INLINE void wgmma_commit(CALLED_AT) { simulator::group_commit(file, line); }

template <int pending>
SIMULATOR_INLINE void wgmma_wait(CALLED_AT) {
    simulator::group_wait(pending, file, line);
}

template <int count>
SIMULATOR_INLINE void wgmma_sums_are_there(float (&)[count]) {}

template <int columns, bool a_across, bool b_across>
SIMULATOR_INLINE void wgmma_bf16(float (&d)[columns / 2], unsigned long long left, unsigned long long right, CALLED_AT) {
    simulator::group_multiply({left, right, columns, a_across, b_across, d}, file, line);
}

#undef CALLED_AT
