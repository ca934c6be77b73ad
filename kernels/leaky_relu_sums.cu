// The gradient behind a LeakyReLU and its sums, float32; see leaky_relu_sums.cuh.
#include "leaky_relu_sums.cuh"

LEAKY_RELU_SUMS(1, 1, float)
LEAKY_RELU_SUMS(2, 4, float)
