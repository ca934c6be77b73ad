// Version 3 of the three convolutions: the same matrix products as version 2 on tensor cores, operands rounded to TF32 on their way into
// them (10 bits of mantissa), sums in float32: some eight times as fast as version 2's float32 arithmetic. Needs sm_80. Contract and
// launch: convolution_product.cuh.
#include "convolution_product.cuh"
#include "tf32_tile.cuh"

#if HAS_TENSOR_CORES

// Tiles by how many columns there are; the narrow one wastes most of its products at three channels, but what it waits for there is memory.
using tf32_128x128 = tf32_tile<128, 128, 64, 64, 3, 2>;  // 128 threads, 98304 bytes of shared memory
using tf32_64x64 = tf32_tile<64, 64, 32, 32, 4, 3>;      // 128 threads, 65536 bytes
using tf32_128x32 = tf32_tile<128, 32, 32, 32, 3, 3>;    // 128 threads, 61440 bytes

CONVOLUTION_KERNELS(3_tf32_128x128, tf32_128x128, CONVOLUTION_FLOATS)
CONVOLUTION_KERNELS(3_tf32_64x64, tf32_64x64, CONVOLUTION_FLOATS)
CONVOLUTION_KERNELS(3_tf32_128x32, tf32_128x32, CONVOLUTION_FLOATS)
CONVOLUTION_TURNED_KERNEL(3_tf32_128x32, tf32_128x32, CONVOLUTION_FLOATS)

#endif
