// Elements that move and are not computed with: filling, copying along strides, transposing, moving images, labels turned into rows.
#include "movement.cuh"

// ---- Filling ----------------------------------------------------------------------------------------------------------------------------

// y[i] = value for count elements of four bytes.
// Launch: any grid and block of one dimension. vectors is count / 4 where y lies on 16 bytes, else 0.
extern "C" __global__ void movement_fill_4(uint32* __restrict__ y, int64 count, int64 vectors, uint32 value) {
    uint4* const y4 = reinterpret_cast<uint4*>(y);
    for (int64 i = first_index(); i < vectors; i += index_step())
        y4[i] = make_uint4(value, value, value, value);
    for (int64 i = 4 * vectors + first_index(); i < count; i += index_step())
        y[i] = value;
}

// y[i] = value for count elements of eight bytes. Launch: any grid and block of one dimension.
extern "C" __global__ void movement_fill_8(uint64* __restrict__ y, int64 count, uint64 value) {
    for (int64 i = first_index(); i < count; i += index_step())
        y[i] = value;
}

// ---- Copying along strides --------------------------------------------------------------------------------------------------------------

// Version 1, for every geometry: y at strides_out = x at strides_a. Threads in x walk the innermost axis, threads in y the rows.
// Launch: any grid and block of two dimensions. Elements have 4, 8 or 16 bytes; 16 are four floats whose rows all begin on 16 bytes.
extern "C" __global__ void movement_copy_4(strided_geometry geometry, const uint32* __restrict__ x,
    uint32* __restrict__ y) { walk(geometry, x, y); }
extern "C" __global__ void movement_copy_8(strided_geometry geometry, const uint64* __restrict__ x,
    uint64* __restrict__ y) { walk(geometry, x, y); }
extern "C" __global__ void movement_copy_16(strided_geometry geometry, const uint4* __restrict__ x,
    uint4* __restrict__ y) { walk(geometry, x, y); }

// ---- Transposing ------------------------------------------------------------------------------------------------------------------------

// Version 2, for a geometry whose last axis but one is contiguous in x and whose last is contiguous in y: a tile of 32 by 32 goes through
// shared memory. What it gains: reads and writes of whole cache lines on both sides, where version 1 reads one element of each line.
// Launch: block 32 by 8; a grid with tiles in x and the outer axes' rows in y, any numbers.
extern "C" __global__ void movement_transpose_4(strided_geometry geometry, const uint32* __restrict__ x, uint32* __restrict__ y) {
    transpose(geometry, x, y);
}

extern "C" __global__ void movement_transpose_8(strided_geometry geometry, const uint64* __restrict__ x, uint64* __restrict__ y) {
    transpose(geometry, x, y);
}

// ---- Moving images ----------------------------------------------------------------------------------------------------------------------

// y[b, row, column, c] = x[b, row - dy, column - dx, c], zero where that lies outside; (dy, dx) = offsets[b], rounded to the nearest whole
// number, halves away from zero. x and y are [batch, height, width, channels] and not the same. Threads in x walk a row of pixels with its
// channels, threads in y the rows. Launch: any grid and block of two dimensions.
extern "C" __global__ void movement_shift(
    const float* __restrict__ x, const float* __restrict__ offsets, float* __restrict__ y, int batch, int height, int width, int channels) {
    const int count = width * channels;
    const int64 rows = static_cast<int64>(batch) * height;
    const int64 step = index_step(), row_step = static_cast<int64>(gridDim.y) * blockDim.y;
    for (int64 line = static_cast<int64>(blockIdx.y) * blockDim.y + threadIdx.y; line < rows; line += row_step) {
        const int64 image = line / height;
        const float down = roundf(offsets[2 * image]), right = roundf(offsets[2 * image + 1]);

        // Compared as they are: a NaN reaches nothing, and what fits no integer is never made one.
        const bool reaches = fabsf(down) < static_cast<float>(height) && fabsf(right) < static_cast<float>(width);
        const int row = reaches ? static_cast<int>(line - image * height) - static_cast<int>(down) : -1;
        const int64 moved = reaches ? static_cast<int64>(static_cast<int>(right)) * channels : 0;
        const bool inside = row >= 0 && row < height;
        for (int64 i = first_index(); i < count; i += step) {
            const int64 from = i - moved;
            y[line * count + i] = inside && from >= 0 && from < count ? x[(image * height + row) * count + from] : 0.0f;
        }
    }
}

// ---- Labels -----------------------------------------------------------------------------------------------------------------------------

// y[i, c] = 1 where labels[i] = c, else 0, for count = rows * classes elements. Launch: any grid and block of one dimension.
extern "C" __global__ void movement_one_hot(const int* __restrict__ labels, float* __restrict__ y, int64 count, int classes) {
    for (int64 i = first_index(); i < count; i += index_step()) {
        const int64 row = i <= 0xffffffffLL ? static_cast<int64>(static_cast<uint32>(i) / static_cast<uint32>(classes)) : i / classes;
        y[i] = labels[row] == static_cast<int>(i - row * classes) ? 1.0f : 0.0f;
    }
}
