// Elements of two bytes that move, and floats that become bfloat16 and back.
#include "bfloat16.cuh"
#include "movement.cuh"

using uint16 = unsigned short;

// y[i] = value for count elements. Launch: any grid and block of one dimension.
extern "C" __global__ void movement_fill_2(uint16* __restrict__ y, int64 count, int value) {
    for (int64 i = first_index(); i < count; i += index_step())
        y[i] = static_cast<uint16>(value);
}

// As movement_copy_4 of movement.cu, for rows that are not made of whole words of four bytes.
extern "C" __global__ void movement_copy_2(strided_geometry geometry, const uint16* __restrict__ x, uint16* __restrict__ y) {
    walk(geometry, x, y);
}

// As movement_transpose_4 of movement.cu.
extern "C" __global__ void movement_transpose_2(strided_geometry geometry, const uint16* __restrict__ x, uint16* __restrict__ y) {
    transpose(geometry, x, y);
}

template <typename From, typename To>
static __device__ __forceinline__ void convert(const From* __restrict__ x, To* __restrict__ y, int64 count, int64 vectors) {
    for (int64 i = first_index(); i < vectors; i += index_step())
        store_four(y + 4 * i, load_four(x + 4 * i));
    for (int64 i = 4 * vectors + first_index(); i < count; i += index_step())
        y[i] = from_float<To>(to_float(x[i]));
}

// y = x rounded to bfloat16, and y = x widened to float32, for count elements. Bytes: 6 * count.
// Launch: any grid and block of one dimension. vectors is count / 4 where x and y lie on 16 bytes, else 0.
extern "C" __global__ void movement_narrow(const float* __restrict__ x, bfloat16* __restrict__ y, int64 count, int64 vectors) {
    convert(x, y, count, vectors);
}

extern "C" __global__ void movement_widen(const bfloat16* __restrict__ x, float* __restrict__ y, int64 count, int64 vectors) {
    convert(x, y, count, vectors);
}
