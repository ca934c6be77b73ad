// Two matrices side by side (Backend.JoinRows defines it). join_rows.cu makes a kernel of this for float32, join_rows_bf16.cu two for
// bfloat16. It gains a launch over two copies, and where rows of b are repeated the memory that would hold them.
#pragma once

#include "bfloat16.cuh"

namespace {

template <typename A, typename B>
__device__ __forceinline__ void join_rows(int rows, int repeat, int left, int right, bool fours, const A* __restrict__ a,
    const B* __restrict__ b, A* __restrict__ y) {
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.y, lane = threadIdx.x, lanes = blockDim.x;
    for (int64 row = static_cast<int64>(blockIdx.x) * blockDim.y + threadIdx.y; row < rows; row += step) {
        const A* const from_a = a + row * left;
        const B* const from_b = b + row / repeat * right;
        A* const to = y + row * (left + right);
        if (fours) {
            for (int64 column = 4 * lane; column < left; column += 4 * lanes)
                store_four(to + column, load_four(from_a + column));
            for (int64 column = 4 * lane; column < right; column += 4 * lanes)
                store_four(to + left + column, load_four(from_b + column));
        } else {
            for (int64 column = lane; column < left; column += lanes)
                to[column] = from_a[column];
            for (int64 column = lane; column < right; column += lanes)
                to[left + column] = from_float<A>(to_float(from_b[column]));
        }
    }
}

}  // namespace

// join_rows_*: y[i] = a[i] with b[i / repeat] behind it, for `rows` rows of a[rows, left] and b[rows / repeat, right].
//   Bytes: those of a and y, and b once. Launch: block (32, 8), any grid of one dimension. fours: left and right are multiples of 4, and
//   all arrays lie at multiples of four elements.
#define JOIN_ROWS(name, A, B)                                                                                                           \
    extern "C" __global__ void name(int rows, int repeat, int left, int right, int fours, const A* __restrict__ a,                      \
        const B* __restrict__ b, A* __restrict__ y) {                                                                                   \
        join_rows(rows, repeat, left, right, fours != 0, a, b, y);                                                                      \
    }
