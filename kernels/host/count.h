// What is counted of some blocks of a launch. The same fields as LaunchCounter.cs has.
#pragma once

#include "runtime.h"

namespace simulator {

// Of one array of the launch. A request is one access of a warp; its sectors are the different pieces of 32 bytes that it touches.
struct array_counts {
    int64_t load_requests, load_bytes, load_sectors;
    int64_t store_requests, store_bytes, store_sectors;
    // Of the loads, those of asynchronous copies to shared memory.
    int64_t copied_sectors;
    // Different sectors that the whole block reads, and writes.
    int64_t read_once, written_once;
};

struct product_counts {
    const char* name;
    int64_t multiply_adds, calls;
};

constexpr int products_at_most = 8;

struct block_counts {
    int64_t block;
    array_counts* arrays;
    // How often a warp asks shared memory, and how many words of a bank it has to wait for: at best, and with conflicts.
    int64_t shared_requests, shared_ideal, shared_wavefronts;
    // Of all requests: lanes that took part, and lanes that the warp has and that did not.
    int64_t lanes, idle_lanes;
    int64_t barriers, collectives, multiply_adds;
    int64_t tensor_shared_bytes;
    int32_t static_shared_bytes, product_kinds;
    product_counts products[products_at_most];
};

struct counting {
    block_counts* blocks;
};

}  // namespace simulator
