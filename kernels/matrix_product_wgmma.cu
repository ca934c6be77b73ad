// Version 5 of the matrix product: arrays of bfloat16, multiplied by warpgroups out of tiles that the copy engine brings (wgmma.cuh). For
// compute capability 9.0 alone. The result is bfloat16 or float32.
//
// matrix_product_wgmma_<rows>x<columns>_<ab>: a and b are n or t as the operand is transposed. Launch, from MatrixProductWgmma.cs:
// batch * slices * ceil(m / 128) * ceil(n / columns) blocks of tile::threads threads with tile::shared_bytes of dynamic shared memory. The
// maps are of A and B as [batch, rows, columns] of the arrays as they lie, columns innermost, with boxes of 64 columns by 64 rows where the
// operand lies across the depth (A transposed, B not), else 64 columns by the tile's lines. Innermost extents and n are multiples of 8, all
// arrays are aligned to 16 bytes; slice_depth is a multiple of 64. With slices the result is float32 scratch for slices.cuh.
#include "matrix_product.cuh"
#include "wgmma.cuh"

#if HAS_WGMMA

template <typename Tile, bool transpose_a, bool transpose_b>
static __device__ __forceinline__ void matrix_product_wgmma(const matrix_product_geometry& g, const tensor_map& a_map,
    const tensor_map& b_map, void* c) {
    WGMMA_RING(Tile, ring, 1);
    const matrix_product_tile at(g, Tile::rows, Tile::columns);
    const int steps = (at.end_k - at.first_k + wgmma_depth - 1) / wgmma_depth, product = static_cast<int>(at.product);
    if (Tile::is_producer()) {
        if (Tile::producer() != 0)
            return;
        Tile::produce(ring, steps, [&](int step, unsigned char* a, unsigned char* b, uint64* full) {
            const int k = at.first_k + step * wgmma_depth;
            mbarrier_arrive_expecting(full, Tile::stage_bytes);
            wgmma_load<Tile::rows, transpose_a>(a, &a_map, at.row, k, product, full);
            wgmma_load<Tile::columns, !transpose_b>(b, &b_map, at.column, k, product, full);
        });
        return;
    }
    typename Tile::sums sums;
    Tile::template consume<transpose_a, !transpose_b, false>(ring, steps, sums);
    const int64 corner = ((at.slice * static_cast<int64>(g.batch) + at.product) * g.m + at.row) * g.n + at.column;
    const int rows_left = g.m - at.row, columns_left = g.n - at.column;
    Tile::for_each(sums, [&](int row, int column, float4 values) {
        if (row < rows_left && column < columns_left)
            store_four(c, g.narrow_c != 0, corner + static_cast<int64>(row) * g.n + column, values);
    });
}

#define MATRIX_PRODUCT_WGMMA_KERNEL(name, tile, transpose_a, transpose_b)                                                            \
    extern "C" __global__ void __launch_bounds__(tile::threads, tile::resident_blocks) name(const __grid_constant__ tensor_map a,    \
        const __grid_constant__ tensor_map b, void* __restrict__ c, const __grid_constant__ matrix_product_geometry g) {             \
        matrix_product_wgmma<tile, transpose_a, transpose_b>(g, a, b, c);                                                            \
    }

#define MATRIX_PRODUCT_WGMMA_KERNELS(size, tile)                                            \
    MATRIX_PRODUCT_WGMMA_KERNEL(matrix_product_wgmma_##size##_nn, tile, false, false)       \
    MATRIX_PRODUCT_WGMMA_KERNEL(matrix_product_wgmma_##size##_nt, tile, false, true)        \
    MATRIX_PRODUCT_WGMMA_KERNEL(matrix_product_wgmma_##size##_tn, tile, true, false)        \
    MATRIX_PRODUCT_WGMMA_KERNEL(matrix_product_wgmma_##size##_tt, tile, true, true)

using product_128x256 = wgmma_tile<256, 4, 32, 1>;  // 288 threads, 197632 bytes of shared memory
using product_128x128 = wgmma_tile<128, 3, 32, 2>;  // 288 threads, 99328 bytes
using product_128x64 = wgmma_tile<64, 4, 32, 2>;    // 288 threads, 99328 bytes

MATRIX_PRODUCT_WGMMA_KERNELS(128x256, product_128x256)
MATRIX_PRODUCT_WGMMA_KERNELS(128x128, product_128x128)
MATRIX_PRODUCT_WGMMA_KERNELS(128x64, product_128x64)

#endif
