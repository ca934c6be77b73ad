// What goes on in a block beside its threads, as compute capability 9.0 has it: copies that count at a barrier in shared memory, and the
// products of warpgroups.
//
// All of it is done as late as it may be: a copy arrives when no thread can go on without it, a product is computed when it is waited for.
// So whoever does not wait reads what was there before, and in a checked build is told.
#pragma once

#include <stdint.h>

namespace simulator {

constexpr int arrivals_under_way = 4096, products_under_way = 64, product_log = 64, warps_of_block = 32;

// The shared address of the first byte of dynamic shared memory. Some multiple of 16: a kernel that needs more must see to it.
constexpr unsigned first_shared_address = 1024 + 16;

// What SimulatedDriver.cs makes of an array for the copy engine, in the place of the driver's tensor map.
struct simulated_map {
    static constexpr uint64_t mark = 0x70616d726f736e74u;
    uint64_t magic;
    const char* array;
    uint64_t extents[3];
    uint64_t strides[2];  // In bytes, of the second and the third axis.
    uint32_t box[3];
    uint32_t swizzle;  // As CUtensorMapSwizzle: 0 none, 3 for 128 bytes.
    uint32_t unused[14];
};
static_assert(sizeof(simulated_map) == 128, "as large as the driver's");

// Something that will come to a barrier: a box of the copy engine, or the arrival that follows a thread's own copies.
struct arrival {
    uint64_t* barrier;
    const char* file;
    const void* place;
    int line, thread;
    // Of an arrival after copies: how many of the thread's copies must be done. -1 for a box.
    int64_t copies;
    simulated_map map;
    int corner[3];
    char* shared;
};

struct pending_product {
    uint64_t left, right;
    int columns, group, line;
    bool a_across, b_across;
    const char* file;
    float* sums[32];
};

// The bytes of the arena that an operand lies in.
struct operand_range {
    int first, end;
};

struct warp_products {
    int count, group;
    uint64_t issued;
    bool fenced;
    pending_product pending[products_under_way];
    operand_range ranges[products_under_way][2];
};

// What the warps of a warpgroup have issued last, to be compared: all four must issue the same.
struct issued_product {
    uint64_t number, left, right;
    int columns, line;
    bool a_across, b_across;
    const char* file;
};

struct async_work {
    int first_arrival, arrival_count;
    arrival arrivals[arrivals_under_way];
    warp_products warps[warps_of_block];
    issued_product log[warps_of_block / 4][product_log];
    // Counts the fences between what threads write and what TMA and wgmma read.
    uint32_t proxy_clock;
};

struct workspace;

void begin_block_async(workspace& w);
// Lets the next thing arrive; false when nothing is on its way.
bool next_arrival(workspace& w);
// All threads have ended; reports what they did not wait for.
void end_block_async(workspace& w);
// Reports a write to what a product may still read. `shared` in the arena.
void refuse_write_to_operands(workspace& w, const char* shared, int bytes, const char* what, const void* place);
// Nobody can go on: reports it where a thread waits at a barrier in shared memory.
void report_missing_arrivals(workspace& w);

}  // namespace simulator
