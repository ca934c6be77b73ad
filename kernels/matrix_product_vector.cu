// Matrix products of which one side is a vector (m = 1 or n = 1, as in power iterations): y[batch, lines] = the sum over k of X[batch,
// line, k] * v[batch, k], float32 in every precision mode. Each element of X is used once, so memory is the limit, and tiles would only
// multiply zeros. The depth may be cut into slices as in matrix_product.cuh: then y is [slices, batch, lines].
#include "kernel.cuh"

// MatrixVectorArguments in Cuda/MatrixProductVector.cs.
struct matrix_vector_geometry {
    int batch, lines, depth;
    int vector;  // Whether X and v are aligned to 16 bytes and the depth is a multiple of four.
    int slices, slice_depth;
};

// X lies as [batch, lines, depth]: a warp a line, its lanes side by side along the depth.
// Launch: ceil(slices * batch * lines / 8) blocks of 256 threads.
extern "C" __global__ void __launch_bounds__(256)
    matrix_product_vector_rows(const float* __restrict__ x, const float* __restrict__ v, float* __restrict__ y, matrix_vector_geometry g) {
    const int64 index = static_cast<int64>(blockIdx.x) * 8 + threadIdx.x / warp_size;
    if (index >= static_cast<int64>(g.slices) * g.batch * g.lines)
        return;
    const int lane = threadIdx.x % warp_size;
    const int64 line = index % (static_cast<int64>(g.batch) * g.lines);  // Of all products of the batch.
    const int first = static_cast<int>(index / (static_cast<int64>(g.batch) * g.lines)) * g.slice_depth,
        end = min(g.depth, first + g.slice_depth);
    const float* const left = x + line * g.depth;
    const float* const right = v + line / g.lines * g.depth;
    float sum = 0.0f;
    if (g.vector) {
#pragma unroll 4
        for (int k = first + 4 * lane; k < end; k += 4 * warp_size) {
            const float4 a = *reinterpret_cast<const float4*>(left + k), b = *reinterpret_cast<const float4*>(right + k);
            sum = fmaf(a.x, b.x, sum);
            sum = fmaf(a.y, b.y, sum);
            sum = fmaf(a.z, b.z, sum);
            sum = fmaf(a.w, b.w, sum);
        }
    } else {
#pragma unroll 4
        for (int k = first + lane; k < end; k += warp_size)
            sum = fmaf(left[k], right[k], sum);
    }
#pragma unroll
    for (int distance = warp_size / 2; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(all_lanes, sum, distance);
    if (lane == 0)
        y[index] = sum;
}

// X lies as [batch, depth, lines]: a block takes 32 lines side by side; its eight warps take every eighth k each, and their sums are added
// in order. Launch: slices * batch * ceil(lines / 32) blocks of 256 threads.
extern "C" __global__ void __launch_bounds__(256)
    matrix_product_vector_columns(const float* __restrict__ x, const float* __restrict__ v, float* __restrict__ y,
        matrix_vector_geometry g) {
    constexpr int warps = 8;
    SHARED(float, sums, warps * warp_size);
    const int across = (g.lines + warp_size - 1) / warp_size;
    const int lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size;
    const int line = blockIdx.x % across * warp_size + lane, matrix = blockIdx.x / across;
    const int product = matrix % g.batch;
    const int first = matrix / g.batch * g.slice_depth, end = min(g.depth, first + g.slice_depth);
    const float* const right = v + static_cast<int64>(product) * g.depth;
    float sum = 0.0f;
    if (line < g.lines) {
        const float* const left = x + static_cast<int64>(product) * g.depth * g.lines + line;
#pragma unroll 4
        for (int k = first + warp; k < end; k += warps)
            sum = fmaf(left[static_cast<int64>(k) * g.lines], right[k], sum);
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (warp > 0 || line >= g.lines)
        return;
#pragma unroll
    for (int other = 1; other < warps; other++)
        sum += sums[other * warp_size + lane];
    y[static_cast<int64>(matrix) * g.lines + line] = sum;
}
