// Matrices of bfloat16 side by side, and one of bfloat16 beside one of float32; see join_rows.cuh.
#include "join_rows.cuh"

JOIN_ROWS(join_rows_2, bfloat16, bfloat16)
JOIN_ROWS(join_rows_narrow, bfloat16, float)
