// The product of two matrices of bfloat16 on Hopper's tensor cores, tile by tile: what matrix_product_wgmma.cu and convolution_wgmma.cu
// share.
//
// A block computes one tile [128, columns] of D = A · B, summed in float32, with two kinds of threads. Producers copy: of each step of 64
// values along the depth (the summed index k) they bring the tile's part of A and of B into one of several stages of shared memory. Two
// warpgroups consume: each multiplies its 64 rows of the stage, and gives the stage back. They meet at two barriers a stage, `full` and
// `empty`, and never at a barrier of the whole block, so copies run ahead by as many stages as there are.
//
// A stage is two tiles of rows of 128 bytes, swizzled as wgmma and TMA have it (hopper_ptx.cuh). An operand that lies along the depth in
// memory has a row for each line, 64 values of k in it. One that lies across has, for each 64 lines, a piece of 64 rows, one for each k.
//
// What it gains over bfloat16_tile.cuh: operands go from shared memory straight into the tensor cores, so no instruction loads or
// moves them; one instruction multiplies 64 by 256 by 16; and copying whole tiles costs one thread one instruction.
//
// A kernel uses it so:
//
//     using tile = wgmma_tile<256, 4, 32, 1>;                 // columns, stages, producers, blocks on a multiprocessor
//     extern "C" __global__ void __launch_bounds__(tile::threads, tile::resident_blocks) my_kernel(...) {
//         WGMMA_RING(tile, ring, arrivals);                   // every thread; launch with tile::shared_bytes
//         if (tile::is_producer()) {
//             tile::produce(ring, steps, [&](int step, unsigned char* a, unsigned char* b, uint64* full) { ... });
//         } else {
//             tile::sums sums;
//             tile::consume<a_across, b_across, gathered>(ring, steps, sums);     // gathered: whether cp_async wrote a stage
//             tile::for_each(sums, [&](int row, int column, float4 values) { ... });
//         }
//     }
//
// Every thread of a phase's `arrivals` arrives once at `full` in each step, after its copies.
#pragma once

#include "bfloat16.cuh"
#include "hopper_ptx.cuh"

#if HAS_WGMMA

// Values of k in a step, and lines in a piece of an operand that lies across: as many as fill a row of 128 bytes.
constexpr int wgmma_depth = 64, wgmma_row_bytes = 128, wgmma_piece_bytes = 64 * wgmma_row_bytes;

// The stages and their barriers.
struct wgmma_ring {
    unsigned char* stages;
    uint64* full;
    uint64* empty;
};

// Eight rows repeat the swizzle, so stages begin at a multiple of 1024; the launch gives as much more.
constexpr int wgmma_alignment = 8 * wgmma_row_bytes;

template <int columns_, int stages_, int producers_, int resident_blocks_>
struct wgmma_tile {
    static constexpr int rows = 128, columns = columns_, stages = stages_, resident_blocks = resident_blocks_;
    static constexpr int consumers = 256, producers = producers_, threads = consumers + producers;
    static constexpr int a_bytes = rows * wgmma_row_bytes, stage_bytes = a_bytes + columns * wgmma_row_bytes;
    static constexpr int shared_bytes = stages * stage_bytes + wgmma_alignment;

    // A consumer's share of the tile: see hopper_ptx.cuh.
    using sums = float[columns / 2];

    // Consumers come first, because a warpgroup begins at a warp that four divides.
    static __device__ __forceinline__ bool is_producer() { return threadIdx.x >= consumers; }
    static __device__ __forceinline__ int producer() { return static_cast<int>(threadIdx.x) - consumers; }

    // Every thread calls it. `arrivals` come to `full` in a step; every warp of consumers comes to `empty`.
    static __device__ __forceinline__ wgmma_ring make_ring(unsigned char* shared, uint64* barriers, int arrivals) {
        const wgmma_ring ring = {shared + (0u - shared_offset(shared)) % wgmma_alignment, barriers, barriers + stages};
        if (threadIdx.x == 0) {
            for (int stage = 0; stage < stages; stage++) {
                mbarrier_init(ring.full + stage, arrivals);
                mbarrier_init(ring.empty + stage, consumers / warp_size);
            }
            fence_async_proxy();
        }
        __syncthreads();
        return ring;
    }

    // Calls load(step, a, b, full) for each step when its stage is free.
    template <typename Load>
    static __device__ __forceinline__ void produce(const wgmma_ring& ring, int steps, Load load) {
        int stage = 0;
        uint32 parity = 1;
#pragma unroll 1
        for (int step = 0; step < steps; step++) {
            mbarrier_wait(ring.empty + stage, parity);
            unsigned char* const a = ring.stages + stage * stage_bytes;
            load(step, a, a + a_bytes, ring.full + stage);
            if (++stage == stages) {
                stage = 0;
                parity ^= 1;
            }
        }
    }

    // sums = A · B over `steps` steps; 0 gives zeros.
    template <bool a_across, bool b_across, bool gathered>
    static __device__ __forceinline__ void consume(const wgmma_ring& ring, int steps, sums& d) {
#pragma unroll
        for (int i = 0; i < columns / 2; i++)
            d[i] = 0.0f;
        const uint32 first = shared_offset(ring.stages);
        const int group = threadIdx.x / (4 * warp_size);
        int stage = 0, before = 0;
        uint32 parity = 0;
#pragma unroll 1
        for (int step = 0; step < steps; step++) {
            mbarrier_wait(ring.full + stage, parity);
            if (gathered)
                fence_async_proxy();
            const uint32 a = first + stage * stage_bytes, b = a + a_bytes;
            wgmma_fence();
#pragma unroll
            for (int k = 0; k < wgmma_depth; k += 16) {
                wgmma_bf16<columns, a_across, b_across>(d, descriptor<a_across>(a + group * wgmma_piece_bytes, k),
                    descriptor<b_across>(b, k));
            }
            wgmma_commit();
            // The tensor cores go on with this step while the one before is done for certain, and its stage free.
            wgmma_wait<1>();
            if (step > 0 && threadIdx.x % warp_size == 0)
                mbarrier_arrive(ring.empty + before);
            before = stage;
            if (++stage == stages) {
                stage = 0;
                parity ^= 1;
            }
        }
        wgmma_wait<0>();
        wgmma_sums_are_there(d);
    }

    // Calls store(row, column, float4) for all that the thread holds: column to column + 3 of a row of the tile; column is a multiple of 4.
    // Neighbors in the warp exchange halves, so that each has four columns side by side instead of twice two.
    template <typename Store>
    static __device__ __forceinline__ void for_each(const sums& d, Store store) {
        const int lane = threadIdx.x % warp_size, member = lane % 4;
        const bool odd = lane % 2 != 0;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int row = static_cast<int>(threadIdx.x) / warp_size * 16 + half * 8 + lane / 4;
#pragma unroll
            for (int j = 0; j < columns / 8; j += 2) {
                const float* const left = d + 4 * j + 2 * half;
                const float* const right = left + 4;
                const float first = __shfl_xor_sync(all_lanes, odd ? left[0] : right[0], 1);
                const float second = __shfl_xor_sync(all_lanes, odd ? left[1] : right[1], 1);
                if (odd)
                    store(row, 8 * j + 8 + 2 * (member - 1), make_float4(first, second, right[0], right[1]));
                else
                    store(row, 8 * j + 2 * member, make_float4(left[0], left[1], first, second));
            }
        }
    }

    // For the statistics of the columns: the moments of each warp's rows, of numbers rounded to bfloat16 first where `narrow`. They lie in
    // `room` as statistics_block has them, a piece a warp. Changes the sums.
    static constexpr int pieces = consumers / warp_size, rows_of_piece = rows / pieces;

    static __device__ __forceinline__ void leave_moments(sums& d, bool narrow, float* room) {
        const int lane = threadIdx.x % warp_size, warp = static_cast<int>(threadIdx.x) / warp_size;

        // Of column c of the thread's, total and squares lie where its two numbers did.
        const auto total = [&](int c) -> float& { return d[c / 2 * 4 + c % 2]; };
        const auto square = [&](int c) -> float& { return d[c / 2 * 4 + c % 2 + 2]; };
#pragma unroll
        for (int j = 0; j < columns / 2; j += 4) {
            const float4 four = make_float4(d[j], d[j + 1], d[j + 2], d[j + 3]), stored = narrow ? rounded(four) : four;
            const float left = stored.x - stored.z, right = stored.y - stored.w;
            d[j] = stored.x + stored.z;
            d[j + 1] = stored.y + stored.w;
            d[j + 2] = 0.5f * left * left;
            d[j + 3] = 0.5f * right * right;
        }

        // Eight lanes have the same columns. Two of them share these out: each gives one half and joins the other, of as many numbers.
#pragma unroll
        for (int level = 0; level < 3; level++) {
            const int distance = 16 >> level, half = columns / 8 >> level;
            const bool upper = (lane & distance) != 0;
            const float share = 0.25f / static_cast<float>(1 << level);
#pragma unroll
            for (int c = 0; c < half; c++) {
                const float other = __shfl_xor_sync(all_lanes, upper ? total(c) : total(c + half), distance),
                    others_square = __shfl_xor_sync(all_lanes, upper ? square(c) : square(c + half), distance);
                const float mine = upper ? total(c + half) : total(c), apart = mine - other;
                square(c) = fmaf(apart * share, apart, (upper ? square(c + half) : square(c)) + others_square);
                total(c) = mine + other;
            }
        }
        const int first = (lane / 16 * 4 + lane / 8 % 2 * 2 + lane / 4 % 2) * (columns / 32);
#pragma unroll
        for (int i = 0; i < columns / 32; i++) {
            const int c = first + i, column = c / 2 * 8 + lane % 4 * 2 + c % 2;
            room[warp * columns + column] = total(i) / static_cast<float>(rows_of_piece);
            room[(pieces + warp) * columns + column] = square(i);
        }
    }

private:
    // An operand in shared memory from its k-th value of the depth on: rows are 128 bytes apart, and eight of them 1024.
    template <bool across>
    static __device__ __forceinline__ uint64 descriptor(uint32 address, int k) {
        const uint32 from = address + (across ? k * wgmma_row_bytes : 2 * k);
        constexpr uint64 leading = across ? wgmma_piece_bytes : 0, stride = 8 * wgmma_row_bytes, swizzle = 1;
        return static_cast<uint64>(from >> 4) | leading >> 4 << 16 | stride >> 4 << 32 | swizzle << 62;
    }
};

#define WGMMA_RING(tile, name, arrivals)                       \
    SHARED(uint64, name##_barriers, 2 * tile::stages);         \
    DYNAMIC_SHARED(unsigned char, name##_memory);              \
    const wgmma_ring name = tile::make_ring(name##_memory, name##_barriers, arrivals)

// Copies the lines of a step by TMA, one thread alone: `lines` lines from `line` on, and the step's k, of an array whose map has the lines
// and k where `across` says, and `outer` besides.
template <int lines, bool across>
static __device__ __forceinline__ void wgmma_load(unsigned char* stage, const tensor_map* map, int line, int k, int outer, uint64* full) {
    if (across) {
#pragma unroll
        for (int piece = 0; piece < lines / 64; piece++)
            tma_load(stage + piece * wgmma_piece_bytes, map, line + 64 * piece, k, outer, full);
    } else {
        tma_load(stage, map, k, line, outer, full);
    }
}

#endif
