// What the checked build finds out at each access to memory.
#include "runtime.h"

namespace simulator {

void begin_block_checks(workspace&) {}
void check_atomic(const void*, int, const void*) {}
void check_copy_begins(char*, const char*, int, int, const void*) {}
void check_copy_ends(char*, int, const void*) {}

}  // namespace simulator
