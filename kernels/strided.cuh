// Walking a strided_geometry: a row is one run of the innermost axis (or of the innermost two), and the axes outside are counted by the
// row's number.
#pragma once

#include "geometry.cuh"

// Where a row begins in each of the three arrays, in elements.
struct row_offsets {
    int64 a, b, out;
};

// How many rows the first `axes` axes have together.
static __device__ __forceinline__ int64 count_rows(const strided_geometry& geometry, int axes) {
    int64 rows = 1;
#pragma unroll 1
    for (int axis = 0; axis < axes; axis++)
        rows *= geometry.extents[axis];
    return rows;
}

// Where row number `row` of the first `axes` axes begins. Divides by 32 bits while the number fits, which is several times faster on a GPU.
// Not unrolled: that would only make the many kernels that use it longer to compile.
static __device__ __forceinline__ row_offsets offsets_of_row(const strided_geometry& geometry, int axes, int64 row) {
    row_offsets offsets = {0, 0, 0};
#pragma unroll 1
    for (int axis = axes - 1; axis >= 0; axis--) {
        const int extent = geometry.extents[axis];
        const int64 next = row <= 0xffffffffLL ? static_cast<int64>(static_cast<uint32>(row) / static_cast<uint32>(extent)) : row / extent;
        const int64 index = row - next * extent;
        offsets.a += index * geometry.strides_a[axis];
        offsets.b += index * geometry.strides_b[axis];
        offsets.out += index * geometry.strides_out[axis];
        row = next;
    }

    return offsets;
}
