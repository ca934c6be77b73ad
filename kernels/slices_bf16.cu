// Sums over the slices of a product, rounded to bfloat16.
#include "slices.cuh"

SLICES_KERNELS(bf16, bfloat16)
