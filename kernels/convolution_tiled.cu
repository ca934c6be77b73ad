// Version 2 of the three convolutions, in float32: matrix products whose operands are gathered on their way into shared memory. Each value
// fetched serves a whole row or column of a block's tile, and in registers four or eight products; gathering costs no memory. Contract and
// launch: convolution_product.cuh.
#include "convolution_product.cuh"
#include "convolution_tile.cuh"

// Tiles by how many columns there are: a wide one for big problems, a square one that makes more blocks, and two narrow ones for a few
// channels (an image's three, a logit's one).
using tile_128x128 = float_tile<128, 128, 8, 8, 3, 2>;  // 256 threads, 52224 bytes of shared memory
using tile_64x64 = float_tile<64, 64, 8, 4, 3, 4>;      // 128 threads, 26112 bytes
using tile_128x16 = float_tile<128, 16, 4, 4, 3, 4>;    // 128 threads, 29376 bytes
using tile_256x4 = float_tile<256, 4, 4, 4, 3, 4>;      // 64 threads, 53040 bytes

CONVOLUTION_KERNELS(2_128x128, tile_128x128, CONVOLUTION_FLOATS)
CONVOLUTION_KERNELS(2_64x64, tile_64x64, CONVOLUTION_FLOATS)
CONVOLUTION_KERNELS(2_128x16, tile_128x16, CONVOLUTION_FLOATS)
CONVOLUTION_KERNELS(2_256x4, tile_256x4, CONVOLUTION_FLOATS)
CONVOLUTION_TURNED_KERNEL(2_128x16, tile_128x16, CONVOLUTION_FLOATS)
CONVOLUTION_TURNED_KERNEL(2_256x4, tile_256x4, CONVOLUTION_FLOATS)
