// Matrix products on tensor cores with operands rounded to TF32 (10 bits of mantissa) and sums in float32. Contract: matrix_product.cuh.
// Launch: batch * slices * ceil(m / rows) * ceil(n / columns) blocks; threads and shared bytes stand at each tile. Needs sm_80.
#include "matrix_product_tensor.cuh"
#include "tf32_tile.cuh"

#if HAS_TENSOR_CORES

// The larger the tile, the more often each value fetched from the L2 cache is used (256 by 128: 85 products a float of both operands); the
// smaller, the more multiprocessors a small C keeps busy. MatrixProductVersion.cs knows them.
using tf32_256x128 = tf32_tile<256, 128, 64, 64, 3, 1>;  // 256 threads, 147456 bytes
using tf32_128x128 = tf32_tile<128, 128, 64, 64, 3, 2>;  // 128 threads,  98304 bytes
using tf32_64x64 = tf32_tile<64, 64, 32, 32, 4, 3>;      // 128 threads,  65536 bytes

MATRIX_PRODUCT_TENSOR_ALL(matrix_product_tf32_256x128, tf32_256x128, float, float)
MATRIX_PRODUCT_TENSOR_ALL(matrix_product_tf32_128x128, tf32_128x128, float, float)
MATRIX_PRODUCT_TENSOR_ALL(matrix_product_tf32_64x64, tf32_64x64, float, float)

#endif
