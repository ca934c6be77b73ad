// Version 4 of the three convolutions, for arrays of bfloat16: half the bytes of version 3, on the tensor cores as they lie in memory.
// Needs sm_80. Contract and launch: convolution_product.cuh.
#include "bfloat16_tile.cuh"
#include "convolution_product.cuh"

#if HAS_TENSOR_CORES

// Tiles by how many columns there are; the narrow one wastes most of its products at three channels, but what it waits for there is memory.
using bfloat16_128x128 = bfloat16_tile<128, 128, 64, 64, 3, 2>;  // 128 threads, 98304 bytes of shared memory
using bfloat16_128x64 = bfloat16_tile<128, 64, 64, 32, 3, 3>;    // 128 threads, 73728 bytes
using bfloat16_64x64 = bfloat16_tile<64, 64, 32, 32, 4, 3>;      // 128 threads, 65536 bytes
using bfloat16_128x32 = bfloat16_tile<128, 32, 32, 32, 3, 3>;    // 128 threads, 61440 bytes

CONVOLUTION_KERNELS(4_128x128, bfloat16_128x128, CONVOLUTION_BFLOAT16)
CONVOLUTION_KERNELS(4_128x64, bfloat16_128x64, CONVOLUTION_BFLOAT16)
CONVOLUTION_KERNELS(4_64x64, bfloat16_64x64, CONVOLUTION_BFLOAT16)
CONVOLUTION_KERNELS(4_128x32, bfloat16_128x32, CONVOLUTION_BFLOAT16)
CONVOLUTION_TURNED_KERNEL(4_128x32, bfloat16_128x32, CONVOLUTION_BFLOAT16)

#endif
