// In place of checks.cpp where nothing is checked.
#include "runtime.h"

namespace simulator {

void begin_block_checks(workspace&) {}
void check_atomic(const void*, int, const void*) {}
void check_copy_begins(char*, const char*, int, int, const void*) {}
void check_copy_ends(char*, int, const void*) {}
void check_load(const void*, int64_t, const void*) {}

}  // namespace simulator
