// The product of two matrices in float32 arithmetic, tile by tile: version 2 of the convolutions. It takes loaders as tensor_core.cuh does,
// and walks along the summed index k as it does (staged_product.cuh).
//
// A thread holds thread_rows by thread_columns sums and reads both operands four neighbors at a time: sixteen products and more for each
// read. Its lines go in fours: four together, the next four half a tile further, so that neighboring threads read neighboring places.
#pragma once

#include "staged_product.cuh"

// Values of k in a step.
constexpr int float_step_depth = 16;

// A stage whose neighbors are neighbors in k. Four floats are left out after every four lines: eight lanes that read four lines apart then
// cover all 32 banks.
template <int lines_>
struct float_depth_fastest {
    static constexpr int lines = lines_;

    static __device__ __forceinline__ int at(int line, int k) { return line * float_step_depth + line / 4 * 4 + k; }

    // values[i][j] = the element of line + i and k + j; line and k multiples of 4.
    static __device__ __forceinline__ void read(const float* stage, int line, int k, float (*values)[4]) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const float4 four = *reinterpret_cast<const float4*>(stage + at(line + i, k));
            values[i][0] = four.x;
            values[i][1] = four.y;
            values[i][2] = four.z;
            values[i][3] = four.w;
        }
    }
};

// A stage whose neighbors are neighboring lines of the same k.
template <int lines_>
struct float_lines_fastest {
    static constexpr int lines = lines_;

    static __device__ __forceinline__ int at(int line, int k) { return k * lines + line; }

    static __device__ __forceinline__ void read(const float* stage, int line, int k, float (*values)[4]) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const float4 four = *reinterpret_cast<const float4*>(stage + at(line, k + j));
            values[0][j] = four.x;
            values[1][j] = four.y;
            values[2][j] = four.z;
            values[3][j] = four.w;
        }
    }
};

// The sizes of a block's tile and of a thread's share (each 4 or 8), how many steps have room in shared memory, and how many blocks shall
// be resident on a multiprocessor (which bounds the registers of a thread).
template <int rows_, int columns_, int thread_rows, int thread_columns, int stages, int resident_blocks_>
struct float_tile {
    static constexpr int rows = rows_, columns = columns_, depth = float_step_depth, resident_blocks = resident_blocks_;
    static constexpr int threads_across = columns / thread_columns, threads = rows / thread_rows * threads_across;
    static constexpr int row_distance = rows / (thread_rows / 4), column_distance = columns / (thread_columns / 4);
    static constexpr int a_floats = rows * (depth + 1), stage_floats = a_floats + columns * (depth + 1),
        shared_bytes = stages * stage_floats * 4;
    static_assert(thread_rows % 4 == 0 && thread_columns % 4 == 0 && stages >= 2, "fours of lines; a stage to multiply and one to copy to");

    using element = float;
    static constexpr bool joins_slices = false, says_statistics = false;

    template <int lines>
    using depth_fastest = float_depth_fastest<lines>;
    template <int lines>
    using lines_fastest = float_lines_fastest<lines>;

    using sums = float[thread_rows][thread_columns];

    static __device__ __forceinline__ int first_row() { return static_cast<int>(threadIdx.x) / threads_across * 4; }
    static __device__ __forceinline__ int first_column() { return static_cast<int>(threadIdx.x) % threads_across * 4; }

    // Calls store(row, column, float4) for all that the thread holds: column to column + 3 of a row of the tile; column is a multiple of 4.
    template <typename Store>
    static __device__ __forceinline__ void for_each(const sums& d, float*, Store store) {
#pragma unroll
        for (int i = 0; i < thread_rows; i++) {
#pragma unroll
            for (int j = 0; j < thread_columns; j += 4)
                store(first_row() + i / 4 * row_distance + i % 4, first_column() + j / 4 * column_distance,
                      make_float4(d[i][j], d[i][j + 1], d[i][j + 2], d[i][j + 3]));
        }
    }

    // d = A times B over `steps` steps (0 gives zeros), summed in the order of k. Every thread of the block calls it; `shared` holds
    // shared_bytes. Ends with a barrier.
    template <typename A, typename B>
    static __device__ __forceinline__ void product(const A& a, const B& b, int steps, float* shared, sums& d) {
        static_assert(A::layout::lines == rows && B::layout::lines == columns, "loaders of another tile");
        clear_sums(d);
        staged_product<stages, stage_floats, a_floats>(a, b, steps, shared,
            [&](const float* stage) { multiply<typename A::layout, typename B::layout>(stage, d); });
    }

    // Blocks of four by four: the rows' values are read again for each four columns, which costs little (all lanes of a row share them) and
    // saves registers.
    template <typename ALayout, typename BLayout>
    static __device__ __forceinline__ void multiply(const float* stage, sums& d) {
#pragma unroll
        for (int k = 0; k < depth; k += 4) {
#pragma unroll
            for (int j = 0; j < thread_columns; j += 4) {
                float right[4][4];
                BLayout::read(stage + a_floats, first_column() + j / 4 * column_distance, k, right);
#pragma unroll
                for (int i = 0; i < thread_rows; i += 4) {
                    float left[4][4];
                    ALayout::read(stage, first_row() + i / 4 * row_distance, k, left);
#pragma unroll
                    for (int inner = 0; inner < 4; inner++) {
#pragma unroll
                        for (int row = 0; row < 4; row++) {
#pragma unroll
                            for (int column = 0; column < 4; column++)
                                d[i + row][j + column] = fmaf(left[row][inner], right[column][inner], d[i + row][j + column]);
                        }
                    }
                }
            }
        }
    }
};
