// The product of two matrices on tensor cores, operands rounded to TF32, tile by tile: what matrix_product_tf32.cu and convolution_tf32.cu
// share.
//
// A block computes one tile [rows, columns] of D = A · B. It walks along the depth (the summed index k) in steps of 32. For each step a
// *loader* copies 32 columns of A, and another 32 rows of B, from global memory to shared memory by cp.async, as float32; several steps
// (stages) are under way while the block multiplies an earlier one (staged_product.cuh). Operands are rounded to TF32 when a fragment is
// read from shared memory. Sums are float32.
//
// A kernel uses it so:
//
//     using tile = tf32_tile<128, 128, 64, 64, 3, 2>;          // rows, columns; rows and columns of a warp; stages; blocks at once
//
//     struct my_loader {                                        // one for A ("lines" are rows of the tile), one for B (its columns)
//         using layout = tile::depth_fastest<128>;              // how a stage lies in shared memory; or tile::lines_fastest<128>
//         __device__ void load(float* stage, int step) const;   // starts the copies of a step, see below
//     };
//     extern "C" __global__ void __launch_bounds__(tile::threads) my_kernel(...) {
//         DYNAMIC_SHARED(float, shared);                        // tile::shared_bytes
//         tile::sums sums;
//         tile::product(my_a, my_b, steps, shared, sums);       // steps >= 0, the same in all threads
//         tile::for_each(sums, shared, [&](int row, int column, float4 values) { ... });  // every thread: four neighbors of a row
//     }
//
// `load` is called by all threads of the block, which together start the copies (cp_async_16 or cp_async_4, no commit) of the elements
// (line, k), line < lines and 32 * step <= k < 32 * step + 32, each exactly once, to stage + layout::at(line, k % 32); zeros where the
// matrix has ended. for_each counts rows and columns from the tile's corner. The other tiles (convolution_tile.cuh, bfloat16_tile.cuh) have
// the same members.
//
// `layout::at(line, k)` keeps four neighbors, aligned, together: four k with depth_fastest, four lines with lines_fastest. So cp_async_16
// copies four of them where the array in memory has them together too, aligned to 16 bytes; else use cp_async_4. Loop so that neighboring
// threads copy neighboring memory.
//
// Why it is fast. All fragments are read as float4, and no two lanes of a quarter warp meet in a bank, without padding, because
//   - the order of k inside a product does not matter as long as A and B agree: lane member t takes k = 4t … 4t + 3 of sixteen, four
//     neighbors, instead of t and t + 4;
//   - the order of rows and columns does not matter as long as the results are stored accordingly: group g takes lines 4g … 4g + 3 of 32
//     as its lines of four fragments;
//   - `at` flips bits of the position (an exclusive or) so that the eight lanes of a quarter warp cover all 32 banks.
#pragma once

#include "staged_product.cuh"

// Values of k in a step.
constexpr int tf32_depth = 32;

// A stage in shared memory whose neighbors are neighbors in k: for a matrix in memory whose rows (for A) or columns (for B) run along k.
template <int lines_>
struct tf32_depth_fastest {
    static constexpr int lines = lines_;

    static __device__ __forceinline__ int at(int line, int k) { return line * tf32_depth + (k ^ (line >> 2 & 1) << 4); }

    // values[slot][j] = the element of line first + 4 group + slot and k = 16 half + 4 member + j.
    static __device__ __forceinline__ void read(const float* stage, int first, int half, int group, int member, float (&values)[4][4]) {
#pragma unroll
        for (int slot = 0; slot < 4; slot++) {
            const float4 four = *reinterpret_cast<const float4*>(stage + at(first + 4 * group + slot, 16 * half + 4 * member));
            values[slot][0] = four.x;
            values[slot][1] = four.y;
            values[slot][2] = four.z;
            values[slot][3] = four.w;
        }
    }
};

// A stage in shared memory whose neighbors are neighboring lines of the same k: for a transposed A, or a B that is not.
template <int lines_>
struct tf32_lines_fastest {
    static constexpr int lines = lines_;

    static __device__ __forceinline__ int at(int line, int k) { return k * lines + (line ^ (k >> 2 & 3) << 3); }

    static __device__ __forceinline__ void read(const float* stage, int first, int half, int group, int member, float (&values)[4][4]) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const float4 four = *reinterpret_cast<const float4*>(stage + at(first + 4 * group, 16 * half + 4 * member + j));
            values[0][j] = four.x;
            values[1][j] = four.y;
            values[2][j] = four.z;
            values[3][j] = four.w;
        }
    }
};

#if HAS_TENSOR_CORES

// The sizes of a block's tile and of its warps' parts, all multiples of 32, and how many steps have room in shared memory.
template <int rows_, int columns_, int warp_rows, int warp_columns, int stages, int resident_blocks_>
struct tf32_tile {
    static constexpr int rows = rows_, columns = columns_, depth = tf32_depth, resident_blocks = resident_blocks_;
    static constexpr int warps_across = columns / warp_columns, threads = rows / warp_rows * warps_across * warp_size;
    static constexpr int stage_floats = (rows + columns) * depth, shared_bytes = stages * stage_floats * 4;
    static_assert(warp_rows % 32 == 0 && warp_columns % 32 == 0, "warps compute squares of 32");
    static_assert(rows % warp_rows == 0 && columns % warp_columns == 0, "warps must cover the tile");
    static_assert(stages >= 2, "a stage to multiply and one to copy to");

    using element = float;
    static constexpr bool joins_slices = false, says_statistics = false;

    template <int lines>
    using depth_fastest = tf32_depth_fastest<lines>;
    template <int lines>
    using lines_fastest = tf32_lines_fastest<lines>;

    // A thread's share of the tile: [fragment of 16 rows][fragment of 8 columns][the four elements of mma's D].
    using sums = float[warp_rows / 16][warp_columns / 8][4];

    static __device__ __forceinline__ int first_row() { return static_cast<int>(threadIdx.x) / warp_size / warps_across * warp_rows; }
    static __device__ __forceinline__ int first_column() { return static_cast<int>(threadIdx.x) / warp_size % warps_across * warp_columns; }

    // Calls store(row, column, float4) for all that the thread holds: column to column + 3 of a row of the tile; column is a multiple of 4.
    template <typename Store>
    static __device__ __forceinline__ void for_each(const sums& d, float*, Store store) {
        const int group = threadIdx.x % warp_size / 4, member = threadIdx.x % 4;
#pragma unroll
        for (int slot = 0; slot < warp_rows / 8; slot++) {
            const int row = first_row() + slot / 4 * 32 + 4 * group + slot % 4;
#pragma unroll
            for (int first = 0; first < warp_columns / 8; first += 4) {
#pragma unroll
                for (int second = 0; second < 2; second++) {
                    // Of four fragments the lane holds columns 2 member and 2 member + 1, which stand for four neighbors each.
                    const int element = slot % 2 * 2 + second;
                    const auto& of = d[slot / 2];
                    store(row, first_column() + first * 8 + 8 * member + 4 * second,
                          make_float4(of[first][element], of[first + 1][element], of[first + 2][element], of[first + 3][element]));
                }
            }
        }
    }

    // d = A times B over `steps` steps (0 gives zeros). Every thread of the block calls it; `shared` holds shared_bytes, aligned to 16
    // bytes. Ends with a barrier.
    template <typename A, typename B>
    static __device__ __forceinline__ void product(const A& a, const B& b, int steps, float* shared, sums& d) {
        static_assert(A::layout::lines == rows && B::layout::lines == columns, "loaders of another tile");
        clear_sums(d);
        staged_product<stages, stage_floats, rows * depth>(a, b, steps, shared, [&](const float* stage) {
            multiply<typename A::layout, typename B::layout>(stage, stage + rows * depth, d);
        });
    }

    static __device__ __forceinline__ void round(const float (&values)[4], uint32 (&rounded)[4]) {
#pragma unroll
        for (int j = 0; j < 4; j++)
            rounded[j] = to_tf32(values[j]);
    }

    // One step: the warp's part of the tile from one stage in shared memory. Sixteen values of k are two products: k = 4t and 4t + 1 of
    // each four, then 4t + 2 and 4t + 3.
    template <typename ALayout, typename BLayout>
    static __device__ __forceinline__ void multiply(const float* a, const float* b, sums& d) {
        const int group = threadIdx.x % warp_size / 4, member = threadIdx.x % 4;
#pragma unroll
        for (int half = 0; half < depth / 16; half++) {
            uint32 left[warp_rows / 8][4];
#pragma unroll
            for (int first = 0; first < warp_rows; first += 32) {
                float values[4][4];
                ALayout::read(a, first_row() + first, half, group, member, values);
#pragma unroll
                for (int slot = 0; slot < 4; slot++)
                    round(values[slot], left[first / 8 + slot]);
            }
#pragma unroll
            for (int first = 0; first < warp_columns; first += 32) {
                float values[4][4];
                uint32 right[4][4];
                BLayout::read(b, first_column() + first, half, group, member, values);
#pragma unroll
                for (int slot = 0; slot < 4; slot++)
                    round(values[slot], right[slot]);
#pragma unroll
                for (int row = 0; row < warp_rows / 16; row++) {
#pragma unroll
                    for (int column = 0; column < 4; column++) {
                        float(&sum)[4] = d[row][first / 8 + column];
                        const uint32(&upper)[4] = left[2 * row], (&lower)[4] = left[2 * row + 1], (&of)[4] = right[column];
                        mma_tf32(sum, {upper[0], lower[0], upper[1], lower[1]}, {of[0], of[1]});
                        mma_tf32(sum, {upper[2], lower[2], upper[3], lower[3]}, {of[2], of[3]});
                    }
                }
            }
        }
    }
};

#endif
