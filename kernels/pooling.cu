// Max pooling of x[batch, input_height, input_width, channels] with square windows, its derivative, and the derivative of that. Threads in
// x take channels, which lie together, threads in y pixels.
#include "kernel.cuh"

// PoolingArguments in Cuda/Pooling.cs.
struct pooling_geometry {
    int batch;
    int input_height, input_width, channels;
    int output_height, output_width;
    int kernel, stride;
};

// A pixel's image, row and column.
struct pixel_place {
    int image, row, column;
};

static __device__ __forceinline__ pixel_place place_of(int64 pixel, int height, int width) {
    const int64 line = pixel <= 0xffffffffLL ? static_cast<int64>(static_cast<uint32>(pixel) / static_cast<uint32>(width)) : pixel / width;
    const int64 image = line / height;
    return {static_cast<int>(image), static_cast<int>(line - image * height), static_cast<int>(pixel - line * width)};
}

static __device__ __forceinline__ int64 first_pixel() { return static_cast<int64>(blockIdx.y) * blockDim.y + threadIdx.y; }
static __device__ __forceinline__ int64 pixel_step() { return static_cast<int64>(gridDim.y) * blockDim.y; }

// y[pixel, c] = the largest value of the window, indices[pixel, c] = its place within the image, (row * width + column) * channels + c: the
// first of equals, the first NaN before all. Launch: any grid and block of two dimensions.
extern "C" __global__ void pooling_max(pooling_geometry g, const float* __restrict__ x, float* __restrict__ y, int* __restrict__ indices) {
    const int64 pixels = static_cast<int64>(g.batch) * g.output_height * g.output_width;
    const int64 image_size = static_cast<int64>(g.input_height) * g.input_width * g.channels;
    for (int64 pixel = first_pixel(); pixel < pixels; pixel += pixel_step()) {
        const pixel_place p = place_of(pixel, g.output_height, g.output_width);
        const float* const image = x + p.image * image_size;
        const int corner = (p.row * g.stride * g.input_width + p.column * g.stride) * g.channels;
        for (int c = static_cast<int>(first_index()); c < g.channels; c += static_cast<int>(index_step())) {
            int place = corner + c;
            float largest = image[place];
            for (int row = 0; row < g.kernel; row++) {
                for (int column = row == 0 ? 1 : 0; column < g.kernel; column++) {
                    const int candidate = corner + (row * g.input_width + column) * g.channels + c;
                    const float value = image[candidate];

                    // Greater, or the first NaN: a NaN differs from itself, and nothing is greater than it afterwards.
                    if (value > largest || (value != value && largest == largest)) {
                        largest = value;
                        place = candidate;
                    }
                }
            }

            y[pixel * g.channels + c] = largest;
            indices[pixel * g.channels + c] = place;
        }
    }
}

// input_gradient[pixel, c] = the sum of output_gradient over the windows whose index names this place. Each input looks at the windows that
// cover it, in the order of the outputs: no atomics, and the same sum every time. indices must be those that pooling_max gave for the same
// geometry. Launch: any grid and block of two dimensions.
extern "C" __global__ void pooling_max_scatter(
    pooling_geometry g, const float* __restrict__ output_gradient, const int* __restrict__ indices, float* __restrict__ input_gradient) {
    const int64 pixels = static_cast<int64>(g.batch) * g.input_height * g.input_width;
    for (int64 pixel = first_pixel(); pixel < pixels; pixel += pixel_step()) {
        const pixel_place p = place_of(pixel, g.input_height, g.input_width);

        // Windows start at multiples of the stride; those that reach this pixel start no more than kernel - 1 before it.
        const int top = p.row < g.kernel ? 0 : (p.row - g.kernel) / g.stride + 1;
        const int left = p.column < g.kernel ? 0 : (p.column - g.kernel) / g.stride + 1;
        const int bottom = min(p.row / g.stride, g.output_height - 1), right = min(p.column / g.stride, g.output_width - 1);
        const int64 first_line = static_cast<int64>(p.image) * g.output_height;
        for (int c = static_cast<int>(first_index()); c < g.channels; c += static_cast<int>(index_step())) {
            const int place = (p.row * g.input_width + p.column) * g.channels + c;
            float sum = 0.0f;
            for (int row = top; row <= bottom; row++) {
                for (int column = left; column <= right; column++) {
                    const int64 at = ((first_line + row) * g.output_width + column) * g.channels + c;
                    if (indices[at] == place)
                        sum += output_gradient[at];
                }
            }

            input_gradient[pixel * g.channels + c] = sum;
        }
    }
}

// y[pixel, c] = x at the place within the pixel's image that indices[pixel, c] names. Launch: any grid and block of two dimensions.
extern "C" __global__ void pooling_max_gather(pooling_geometry g, const float* __restrict__ x, const int* __restrict__ indices,
    float* __restrict__ y) {
    const int64 pixels = static_cast<int64>(g.batch) * g.output_height * g.output_width;
    const int64 image_size = static_cast<int64>(g.input_height) * g.input_width * g.channels;
    for (int64 pixel = first_pixel(); pixel < pixels; pixel += pixel_step()) {
        const float* const image = x + place_of(pixel, g.output_height, g.output_width).image * image_size;
        for (int c = static_cast<int>(first_index()); c < g.channels; c += static_cast<int>(index_step())) {
            const int64 at = pixel * g.channels + c;
            y[at] = image[indices[at]];
        }
    }
}
