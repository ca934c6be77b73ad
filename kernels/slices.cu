// Sums over the slices of a product, in float32.
#include "slices.cuh"

SLICES_KERNELS(float, float)
