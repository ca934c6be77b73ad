// In place of async_checks.cpp where nothing is checked.
#include "runtime.h"

namespace simulator {

void check_store(const void*, int64_t, const void*) {}
void check_arrival_begins(char*, int, const void*) {}
void check_arrival_ends(char*, int) {}
void check_proxy_read(const void*, int, const char*, const char*, int) {}

}  // namespace simulator
