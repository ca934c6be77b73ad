// One number of each image of float32; see convolution_dot.cuh.
#include "convolution_dot.cuh"

CONVOLUTION_DOT(convolution_dot_4, float)
