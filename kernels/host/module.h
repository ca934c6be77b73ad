// For the generated file of a module: from a kernel to its row in the table.
#pragma once

#include <utility>

#include "runtime.h"

namespace simulator {

template <auto function>
struct caller;

template <class... A, void (*function)(A...)>
struct caller<function> {
    // The description of each parameter's type; its name is the generated file's.
    static constexpr int sizes[sizeof...(A) + 1] = {static_cast<int>(sizeof(A))..., 0};
    static constexpr bool pointers[sizeof...(A) + 1] = {std::is_pointer<A>::value..., false};

    template <size_t... I>
    __attribute__((no_sanitize("thread"))) static void call(void** arguments, std::index_sequence<I...>) {
        (void)arguments;
        function(*static_cast<A*>(arguments[I])...);
    }
    __attribute__((no_sanitize("thread"))) static void call(void** arguments) { call(arguments, std::index_sequence_for<A...>()); }
};

template <auto function>
constexpr kernel describe(const char* name, const char* const* parameters, int parameter_count, int threads_bound) {
    return {name, caller<function>::call, parameters, caller<function>::sizes, caller<function>::pointers, parameter_count, threads_bound};
}

}  // namespace simulator
