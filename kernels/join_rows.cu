// Matrices of float32 side by side; see join_rows.cuh.
#include "join_rows.cuh"

JOIN_ROWS(join_rows_4, float, float)
