// For the generated file of a module: from a kernel to its row in the table.
#pragma once

#include <utility>

#include "runtime.h"

namespace simulator {

template <auto function>
struct caller;

template <class... A, void (*function)(A...)>
struct caller<function> {
    static constexpr int count = static_cast<int>(sizeof...(A));
    // What is known of each parameter by its type; names are the generated file's.
    static constexpr int sizes[sizeof...(A) + 1] = {static_cast<int>(sizeof(A))..., 0};
    static constexpr bool pointers[sizeof...(A) + 1] = {std::is_pointer<A>::value..., false};

    template <size_t... I>
    __attribute__((no_sanitize("thread"))) static void call(void** arguments, std::index_sequence<I...>) {
        (void)arguments;
        function(*static_cast<A*>(arguments[I])...);
    }
    __attribute__((no_sanitize("thread"))) static void call(void** arguments) { call(arguments, std::index_sequence_for<A...>()); }
};

template <auto function, size_t names>
constexpr kernel describe(const char* name, const char* const (&parameters)[names], const char* declarations, int threads_bound) {
    static_assert(names == caller<function>::count + 1, "the scan has found every parameter");
    return {name, caller<function>::call, parameters, caller<function>::sizes, caller<function>::pointers, caller<function>::count,
        threads_bound, declarations};
}

}  // namespace simulator
