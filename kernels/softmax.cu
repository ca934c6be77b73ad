// The logarithm of the softmax of each row: y[i, j] = x[i, j] - log sum_k exp x[i, k] (Reference/Softmax.cs defines it).
//
// The largest is taken out first, so that no exponential overflows: y = (x - largest) - log sum exp(x - largest). A NaN, an infinity or a
// row of -infinity makes the row NaN, as x - largest then does. Bytes: x is read three times, of which the second and third find it in the
// cache; y is written once.
#include "block.cuh"

// A warp a row: y[rows, columns] of x[rows, columns]. x and y may be the same array.
// Launch: block a multiple of 32, grid rows * 32 / block.
extern "C" __global__ void softmax_log_1(const float* x, float* y, int rows, int columns) {
    const int64 row = first_index() / warp_size;
    const int lane = static_cast<int>(threadIdx.x) % warp_size;
    const int own = row < rows ? columns : 0;
    const float* const from = x + row * columns;
    float* const to = y + row * columns;
    float largest = -infinity();
    for (int j = lane; j < own; j += warp_size)
        largest = maximum_operation::join(largest, from[j]);
    largest = warp_reduce<maximum_operation>(largest);
    float sum = 0.0f;
    for (int j = lane; j < own; j += warp_size)
        sum += expf(from[j] - largest);
    const float logarithm = logf(warp_reduce<sum_operation>(sum));
    for (int j = lane; j < own; j += warp_size)
        to[j] = (from[j] - largest) - logarithm;
}

// The same with a block a row: gains threads where rows are long. Launch: block a multiple of 32, grid rows.
extern "C" __global__ void softmax_log_2(const float* x, float* y, int columns) {
    const float* const from = x + static_cast<int64>(blockIdx.x) * columns;
    float* const to = y + static_cast<int64>(blockIdx.x) * columns;
    float largest = -infinity();
    for (int64 j = threadIdx.x; j < columns; j += blockDim.x)
        largest = maximum_operation::join(largest, from[j]);
    largest = block_reduce<maximum_operation>(largest);
    float sum = 0.0f;
    for (int64 j = threadIdx.x; j < columns; j += blockDim.x)
        sum += expf(from[j] - largest);
    const float logarithm = logf(block_reduce<sum_operation>(sum));
    for (int64 j = threadIdx.x; j < columns; j += blockDim.x)
        to[j] = (from[j] - largest) - logarithm;
}
