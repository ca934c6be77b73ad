// How the operands of a tile's product come from global into shared memory: what its loaders are made of, and those of plain matrices.
//
// A loader knows for each element (line, k) of a tile where it lies in its array, and starts an asynchronous copy of it: 16 bytes of
// neighbors at once where `vector` says that they lie together and aligned, else one at a time. Places outside are zeros, for which nothing
// is read; their address means nothing.
#pragma once

#include "result_statistics.cuh"

// Neighbors that lie in 16 bytes.
template <typename Element>
constexpr int vector_size = 16 / static_cast<int>(sizeof(Element));

// Calls copy(fast, slow, further) for each item of a step: `size` neighbors from `fast` on in memory's direction (k where along_depth, else
// lines), at slow + further in the other. Neighboring threads get neighboring items, and a thread its items one behind the other: `further`
// is a constant after unrolling, and the rest is computed once. at_once of a thread's items are in flight together.
template <typename Layout, bool along_depth, int size, int depth, int threads, int at_once, typename Copy>
static __device__ __forceinline__ void for_each_item(const Copy& copy) {
    constexpr int across = (along_depth ? depth : Layout::lines) / size, down = along_depth ? Layout::lines : depth;
    const int thread = static_cast<int>(threadIdx.x);
    if constexpr (threads % across == 0 && down % (threads / across) == 0) {
        const int fast = thread % across * size, slow = thread / across;
#pragma unroll at_once
        for (int further = 0; further < down; further += threads / across)
            copy(fast, slow, further);
    } else {
#pragma unroll at_once
        for (int item = thread; item < across * down; item += threads)
            copy(item % across * size, item / across, 0);
    }
}

// Starts a step's copies, 16 bytes each. from(fast, slow, further, valid) says where they lie, and whether they are there; where they are
// not, nothing is read.
template <typename Layout, bool along_depth, int depth, int threads, typename Element, typename From>
static __device__ __forceinline__ void copy_vectors(Element* stage, const From& from) {
    const shared_address to = address_of(stage);
    for_each_item<Layout, along_depth, vector_size<Element>, depth, threads, 32>([&](int fast, int slow, int further) {
        bool valid = true;
        const void* const global = from(fast, slow, further, valid);
        const int at = along_depth ? Layout::at(slow + further, fast) : Layout::at(fast, slow + further);
        cp_async_16(to + at * static_cast<int>(sizeof(Element)), global, valid);
    });
}

// The same one element at a time: find(line, k within the step, place).
template <typename Layout, bool along_depth, int depth, int threads, typename Find>
static __device__ __forceinline__ void copy_elements(const float* array, float* stage, const Find& find) {
    const shared_address to = address_of(stage);
    for_each_item<Layout, along_depth, 1, depth, threads, 1>([&](int fast, int slow, int further) {
        const int line = along_depth ? slow + further : fast, k = along_depth ? fast : slow + further;
        int64 place;
        const bool valid = find(line, k, place);
        cp_async_4(to + 4 * Layout::at(line, k), array + place, valid);
    });
}

// Two of two bytes are a word of shared memory, which one thread writes. Nothing copies less than four bytes asynchronously, so several
// are loaded before the first is stored.
template <typename Layout, bool along_depth, int depth, int threads, typename Find>
static __device__ __forceinline__ void copy_elements(const bfloat16* array, bfloat16* stage, const Find& find) {
    for_each_item<Layout, along_depth, 2, depth, threads, 8>([&](int fast, int slow, int further) {
        const int line = along_depth ? slow + further : fast, k = along_depth ? fast : slow + further;
        int64 first, second;
        const uint32 low = find(line, k, first) ? array[first].bits : 0u;
        const uint32 high = find(line + (along_depth ? 0 : 1), k + (along_depth ? 1 : 0), second) ? array[second].bits : 0u;
        *reinterpret_cast<uint32*>(stage + Layout::at(line, k)) = low | high << 16;
    });
}

// A matrix whose rows lie `leading` elements apart: its lines are those rows and neighbors in memory are neighbors in k (along_depth), or
// each row is a k and neighbors are lines.
template <typename Layout, typename Element, bool along_depth, int depth, int threads>
struct matrix_loader {
    using layout = Layout;
    const Element* array;  // At the tile's first line.
    int lines_left;        // Lines from there to the matrix's end.
    int leading;
    int first, end;  // The part of k that this block sums.
    bool vector;     // Elements may be copied 16 bytes at a time; rows are shorter than 2 GiB then.

    __device__ __forceinline__ bool straight() const { return vector; }

    template <bool is_straight>
    __device__ __forceinline__ void load(Element* stage, int step) const {
        const int begin = first + step * depth;
        if (is_straight || vector) {
            const uint32 row = static_cast<uint32>(leading) * static_cast<uint32>(sizeof(Element));
            copy_vectors<Layout, along_depth, depth, threads>(stage, [&](int fast, int slow, int further, bool& valid) {
                const int line = along_depth ? slow + further : fast, k = along_depth ? fast : slow + further;
                valid = line < lines_left && begin + k < end;
                const Element* const mine = array + (along_depth ? begin : 0) + fast;
                return reinterpret_cast<const char*>(mine) + static_cast<int64>(row) * ((along_depth ? 0 : begin) + slow)
                    + static_cast<uint64>(row) * static_cast<uint32>(further);
            });
        } else {
            copy_elements<Layout, along_depth, depth, threads>(array, stage, [&](int line, int within, int64& place) {
                const int k = begin + within;
                place = along_depth ? static_cast<int64>(line) * leading + k : static_cast<int64>(k) * leading + line;
                return line < lines_left && k < end;
            });
        }
    }
};

// A loader that always goes one way: the straight one, or whichever each step needs. So the loop over the steps of large products holds
// nothing of what they never need.
template <typename Loader, bool is_straight>
struct loader_way {
    using layout = typename Loader::layout;
    const Loader& loader;

    template <typename Element>
    __device__ __forceinline__ void load(Element* stage, int step) const {
        loader.template load<is_straight>(stage, step);
    }
};

// The product of what two loaders bring.
template <typename Tile, typename A, typename B>
static __device__ __forceinline__ void multiply_tile(const A& a, const B& b, int steps, typename Tile::element* shared,
    typename Tile::sums& sums) {
    if (a.straight() && b.straight())
        Tile::product(loader_way<A, true>{a}, loader_way<B, true>{b}, steps, shared, sums);
    else
        Tile::product(loader_way<A, false>{a}, loader_way<B, false>{b}, steps, shared, sums);
}

// Writes four neighbors of a row, of which `left` are within the matrix; at once where the array lies for it.
template <typename Element>
static __device__ __forceinline__ void store_row(Element* to, float4 values, int left, bool vector) {
    if (left <= 0)
        return;
    if (vector) {
        store_four(to, values);
        return;
    }
    to[0] = from_float<Element>(values.x);
    if (left > 1)
        to[1] = from_float<Element>(values.y);
    if (left > 2)
        to[2] = from_float<Element>(values.z);
    if (left > 3)
        to[3] = from_float<Element>(values.w);
}

// Reads as many; zeros beyond the end.
static __device__ __forceinline__ float4 load_row(const float* from, int left, bool vector) {
    if (vector)
        return load_four(from);
    return make_float4(from[0], left > 1 ? from[1] : 0.0f, left > 2 ? from[2] : 0.0f, left > 3 ? from[3] : 0.0f);
}

// Where a product's sums go: an array of float32, or, of products of bfloat16, one of bfloat16 where `narrow` says so. `vector` says that
// rows may be written four elements at a time.
template <typename Element>
struct product_result;

template <>
struct product_result<float> {
    float* array;
    bool vector, narrow;

    __device__ __forceinline__ void store(int64 place, int, float4 values, int left) const {
        store_row(array + place, values, left, vector);
    }

    __device__ __forceinline__ void store_one(int64 place, float value) const { array[place] = value; }
};

// A bias and the LeakyReLU behind it are added on the way, where there is a bias. `parts` and `counters` are for sums that were cut into
// slices and are joined by the same launch (finish_tile); else null. `statistics` are asked of results without a bias.
template <>
struct product_result<bfloat16> {
    void* array;
    bool vector, narrow;
    const float* bias;
    float slope;
    float* parts;
    uint32* counters;
    result_statistics statistics;

    __device__ __forceinline__ void store(int64 place, int column, float4 values, int left) const {
        if (bias != nullptr)
            values = activated(values, column, left);
        if (narrow)
            store_row(static_cast<bfloat16*>(array) + place, values, left, vector);
        else
            store_row(static_cast<float*>(array) + place, values, left, vector);
    }

    __device__ __forceinline__ void store_one(int64 place, float value) const {
        if (narrow)
            static_cast<bfloat16*>(array)[place] = from_float<bfloat16>(value);
        else
            static_cast<float*>(array)[place] = value;
    }

    // As they will be read.
    __device__ __forceinline__ float4 stored(float4 values) const { return narrow ? rounded(values) : values; }

    __device__ __forceinline__ float4 activated(float4 values, int column, int left) const {
        float each[4] = {values.x, values.y, values.z, values.w};
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const float sum = each[i] + (i < left ? bias[column + i] : 0.0f);
            each[i] = sum > 0.0f ? sum : sloped(slope, sum);
        }
        return make_float4(each[0], each[1], each[2], each[3]);
    }
};

// Visits a tile's sums: visit(row, column, values, place), four neighbors of a row at a time. Slices of the depth lie one behind the other,
// each of `count` elements, and each is visited by its own block; or they are written aside so, and the last block of the tile visits them
// added up in their order: one launch, where a tile has not too many. place(row, column) says where four neighbors lie in the result, or -1
// where the row is none; left(column) is what the matrix has from there on. False in blocks that have nothing more to do.
template <typename Tile, typename Place, typename Left, typename Visit>
static __device__ __forceinline__ bool visit_sums(const typename Tile::sums& sums, typename Tile::element* shared,
    const product_result<typename Tile::element>& result, int slice, int slices, int tile, int64 count, const Place& place,
    const Left& left, const Visit& visit) {
    if constexpr (Tile::joins_slices) {
        if (result.parts != nullptr) {
            Tile::for_each(sums, shared, [&](int row, int column, float4 values) {
                const int64 at = place(row, column);
                if (at >= 0)
                    store_row(result.parts + slice * count + at, values, left(column), result.vector);
            });
            if (!is_last_block(result.counters + tile, slices))
                return false;
            Tile::for_each_four([&](int row, int column) {
                const int64 at = place(row, column);
                if (at < 0 || left(column) <= 0)
                    return;
                float4 sum = load_row(result.parts + at, left(column), result.vector);
                for (int other = 1; other < slices; other++) {
                    const float4 next = load_row(result.parts + other * count + at, left(column), result.vector);
                    sum = make_float4(sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w);
                }
                visit(row, column, sum, at);
            });
            return true;
        }
    }
    Tile::for_each(sums, shared, [&](int row, int column, float4 values) {
        const int64 at = place(row, column);
        if (at >= 0)
            visit(row, column, values, slice * count + at);
    });
    return true;
}

// Writes a tile's sums, see visit_sums. first_column is that of the tile in the whole matrix of `columns`.
template <typename Tile, typename Place>
static __device__ __forceinline__ void finish_tile(const typename Tile::sums& sums, typename Tile::element* shared,
    const product_result<typename Tile::element>& result, int slice, int slices, int tile, int64 count, int first_column, int columns,
    const Place& place) {
    const auto left = [&](int column) { return columns - first_column - column; };
    visit_sums<Tile>(sums, shared, result, slice, slices, tile, count, place, left, [&](int, int column, float4 values, int64 at) {
        result.store(at, first_column + column, values, left(column));
    });
}

// The same, and says statistics of what it writes where they are asked for: then every row of the tile is one, fours of the result are
// vectors, and there is no bias. Phase: see statistics_part.
template <typename Tile, typename Place>
static __device__ __forceinline__ void finish_tile(const typename Tile::sums& sums, typename Tile::element* shared,
    const product_result<typename Tile::element>& result, int slice, int slices, int tile, int64 count, int first_column, int columns,
    int phase, int phases, const Place& place) {
    if constexpr (Tile::says_statistics) {
        if (result.statistics.parts != nullptr) {
            using block = statistics_block<Tile::columns, Tile::threads>;
            const auto left = [&](int column) { return columns - first_column - column; };
            product_result<typename Tile::element> plain = result;
            plain.bias = nullptr;
            plain.vector = true;
            distances own[4];
#pragma unroll
            for (int k = 0; k < 4; k++)
                own[k].clear();

            // A thread visits the same columns in each of its rows.
            const int piece = static_cast<int>(threadIdx.x) / block::across, of_thread = static_cast<int>(threadIdx.x) % block::across * 4;
            if (!visit_sums<Tile>(sums, shared, plain, slice, slices, tile, count, place, left,
                    [&](int row, int column, float4 values, int64 at) {
                        plain.store(at, first_column + column, values, left(column));
                        const float4 stored = plain.stored(values);
                        const float each[4] = {stored.x, stored.y, stored.z, stored.w};
#pragma unroll
                        for (int k = 0; k < 4; k++)
                            own[k].take(each[k], row == piece);
                    }))
                return;
            constexpr float rows = static_cast<float>(Tile::rows / block::pieces);
            const moments four[4] = {own[0].of(rows), own[1].of(rows), own[2].of(rows), own[3].of(rows)};
            float* const room = reinterpret_cast<float*>(shared);
            __syncthreads();
            block::leave(room, block::pieces, piece, of_thread, four);
            __syncthreads();
            block::finish(result.statistics, statistics_part(result.statistics, phase, phases), room, block::pieces, rows);
            return;
        }
    }
    finish_tile<Tile>(sums, shared, result, slice, slices, tile, count, first_column, columns, place);
}
