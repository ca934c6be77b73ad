// Sums and maxima of float32: reduction.cuh.
#include "reduction.cuh"

REDUCTIONS(sum, float, sum_operation)
REDUCTIONS(maximum, float, maximum_operation)
