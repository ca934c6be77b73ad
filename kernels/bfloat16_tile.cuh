// The product of two matrices of bfloat16 on tensor cores, tile by tile: what convolution_bf16.cu and matrix_product_bf16.cu share. Sums
// are float32. Needs sm_80.
//
// Operands lie in memory, in shared memory and in registers as they are multiplied: nothing is converted on the way. A step is 64 values of
// k, so that a line of it is the 128 bytes that all banks of shared memory give at once; ldmatrix then reads the fragments of a product
// (16 by 16 elements) in one instruction. A chunk of eight elements (16 bytes, what cp.async copies) lies where an exclusive or with bits
// of its line or k puts it, so that the eight rows that ldmatrix reads together cover all banks.
#pragma once

#include "bfloat16.cuh"
#include "staged_product.cuh"

#if HAS_TENSOR_CORES

constexpr int bfloat16_depth = 64;

// A stage whose neighbors are neighbors in k: eight chunks a line.
template <int lines_>
struct bfloat16_depth_fastest {
    static constexpr int lines = lines_;
    static constexpr bool transposed = false;

    static __device__ __forceinline__ int at(int line, int k) { return line * bfloat16_depth + ((k >> 3 ^ (line & 7)) << 3) + (k & 7); }
};

// A stage whose neighbors are neighboring lines of the same k.
template <int lines_>
struct bfloat16_lines_fastest {
    static constexpr int lines = lines_;
    static constexpr bool transposed = true;
    static_assert(lines % 32 == 0, "four chunks at least");

    static __device__ __forceinline__ int at(int line, int k) {
        // Of four chunks a k, two k make up the 128 bytes.
        const int turn = lines == 32 ? k >> 1 & 3 : k & 7;
        return k * lines + ((line >> 3 ^ turn) << 3) + (line & 7);
    }
};

// Two fragments of eight lines by sixteen k: registers 0 and 1 of lines first to first + 7 (k, then k + 8), 2 and 3 of the next eight; or,
// for the first operand of a product, 0 and 1 of both lines for k, 2 and 3 for k + 8.
template <typename Layout, bool is_a>
static __device__ __forceinline__ void read_fragments(shared_address stage, int first, int k, uint32 (&fragments)[4]) {
    const int lane = static_cast<int>(threadIdx.x) % warp_size, matrix = lane / 8, row = lane % 8;
    const int line = first + (is_a ? matrix % 2 : matrix / 2) * 8, depth = k + (is_a ? matrix / 2 : matrix % 2) * 8;
    if constexpr (Layout::transposed)
        load_matrices_transposed(fragments, stage + 2 * Layout::at(line, depth + row));
    else
        load_matrices(fragments, stage + 2 * Layout::at(line + row, depth));
}

// The sizes of a block's tile and of its warps' parts, and how many steps have room in shared memory.
template <int rows_, int columns_, int warp_rows, int warp_columns, int stages, int resident_blocks_>
struct bfloat16_tile {
    static constexpr int rows = rows_, columns = columns_, depth = bfloat16_depth, resident_blocks = resident_blocks_;
    static constexpr int warps_across = columns / warp_columns, threads = rows / warp_rows * warps_across * warp_size;
    static constexpr int stage_elements = (rows + columns) * depth, shared_bytes = stages * stage_elements * 2;
    static_assert(warp_rows % 16 == 0 && warp_columns % 16 == 0 && rows % warp_rows == 0 && columns % warp_columns == 0,
        "warps cover the tile by fragments");

    // Of the sums in shared memory: eight banks further with each row, so that the rows of a fragment do not meet in a bank.
    static constexpr int pitch = columns + 8;
    static_assert(rows * pitch * 4 <= shared_bytes, "the sums have room where the stages were");

    using element = bfloat16;
    static constexpr bool joins_slices = true, says_statistics = true;

    template <int lines>
    using depth_fastest = bfloat16_depth_fastest<lines>;
    template <int lines>
    using lines_fastest = bfloat16_lines_fastest<lines>;

    // A thread's share of the tile: [fragment of 16 rows][fragment of 8 columns][the four elements of mma's D].
    using sums = float[warp_rows / 16][warp_columns / 8][4];

    static __device__ __forceinline__ int first_row() { return static_cast<int>(threadIdx.x) / warp_size / warps_across * warp_rows; }
    static __device__ __forceinline__ int first_column() { return static_cast<int>(threadIdx.x) / warp_size % warps_across * warp_columns; }

    // d = A times B over `steps` steps (0 gives zeros). Every thread of the block calls it; `shared` holds shared_bytes. Ends with a
    // barrier.
    template <typename A, typename B>
    static __device__ __forceinline__ void product(const A& a, const B& b, int steps, bfloat16* shared, sums& d) {
        static_assert(A::layout::lines == rows && B::layout::lines == columns, "loaders of another tile");
        clear_sums(d);
        staged_product<stages, stage_elements, rows * depth>(a, b, steps, shared, [&](const bfloat16* stage) {
            const shared_address at = address_of(stage);
            multiply<typename A::layout, typename B::layout>(at, at + 2 * rows * depth, d);
        });
    }

    // One step: the warp's part of the tile from one stage.
    template <typename ALayout, typename BLayout>
    static __device__ __forceinline__ void multiply(shared_address a, shared_address b, sums& d) {
#pragma unroll
        for (int k = 0; k < depth; k += 16) {
            uint32 left[warp_rows / 16][4];
#pragma unroll
            for (int row = 0; row < warp_rows / 16; row++)
                read_fragments<ALayout, true>(a, first_row() + 16 * row, k, left[row]);
#pragma unroll
            for (int column = 0; column < warp_columns / 8; column += 2) {
                uint32 right[4];
                read_fragments<BLayout, false>(b, first_column() + 8 * column, k, right);
#pragma unroll
                for (int row = 0; row < warp_rows / 16; row++) {
                    mma_bf16(d[row][column], left[row], {right[0], right[1]});
                    mma_bf16(d[row][column + 1], left[row], {right[2], right[3]});
                }
            }
        }
    }

    // The sums in shared memory, element (row, column) at row * pitch + column. Every thread of the block calls it.
    static __device__ __forceinline__ const float* stage(const sums& d, bfloat16* shared) {
        float* const all = reinterpret_cast<float*>(shared);
        const int group = static_cast<int>(threadIdx.x) % warp_size / 4, member = static_cast<int>(threadIdx.x) % 4;
#pragma unroll
        for (int row = 0; row < warp_rows / 16; row++) {
#pragma unroll
            for (int column = 0; column < warp_columns / 8; column++) {
                float* const to = all + (first_row() + 16 * row + group) * pitch + first_column() + 8 * column + 2 * member;
                const auto& of = d[row][column];
                *reinterpret_cast<float2*>(to) = make_float2(of[0], of[1]);
                *reinterpret_cast<float2*>(to + 8 * pitch) = make_float2(of[2], of[3]);
            }
        }
        __syncthreads();
        return all;
    }

    // Calls store(row, column, float4) for the whole tile, four neighbors of a row at a time, neighboring threads side by side: through
    // shared memory, so that whole lines of memory are written at once. Every thread of the block calls it.
    template <typename Store>
    static __device__ __forceinline__ void for_each(const sums& d, bfloat16* shared, const Store& store) {
        const float* const all = stage(d, shared);
        for_each_four([&](int row, int column) {
            store(row, column, *reinterpret_cast<const float4*>(all + row * pitch + column));
        });
    }

    // visit(row, column) for each four neighbors of a row of the tile, in the same order, neighboring threads side by side.
    template <typename Visit>
    static __device__ __forceinline__ void for_each_four(const Visit& visit) {
        constexpr int across = columns / 4;
#pragma unroll 4
        for (int item = static_cast<int>(threadIdx.x); item < rows * across; item += threads)
            visit(item / across, item % across * 4);
    }
};

#endif
