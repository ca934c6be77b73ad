using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Functions of two arrays with broadcasting. The innermost axis is cut into vectors, each operand of it contiguous, one number, or
/// gathered; the outer axes are counted through. A short row that is broadcast over many (a bias) is repeated first, see
/// <see cref="Lanes.RowsAtOnce"/>.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    private void Combine<TOperator>(TOperator f, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y)
        where TOperator : struct, IBinaryOperator
    {
        if (geometry.Count == 0)
            return;
        if (y.Type != ElementType.BFloat16)
            Combine<TOperator, Float32Element, Float32Element>(f, geometry, a, b, y);
        else if (b.Type != ElementType.BFloat16)
            Combine<TOperator, BFloat16Element, Float32Element>(f, geometry, a, b, y);
        else
            Combine<TOperator, BFloat16Element, BFloat16Element>(f, geometry, a, b, y);
    }

    /// <typeparam name="T">What a and y are made of.</typeparam>
    /// <typeparam name="TB">What b is made of.</typeparam>
    private void Combine<TOperator, T, TB>(TOperator f, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y)
        where TOperator : struct, IBinaryOperator where T : unmanaged, ILaneElement<T> where TB : unmanaged, ILaneElement<TB>
    {
        T* left = Elements<T>(a), output = Output<T>(y);
        var right = Elements<TB>(b);
        var inner = geometry.Extents[geometry.Rank - 1];
        if (geometry.Rank == 2 && inner < Lanes.Width * Lanes.Width && IsRowBroadcast(geometry))
        {
            // Longest for 255 columns, sixteen rows of them.
            var atOnce = Lanes.RowsAtOnce(inner, Lanes.MapLine);
            var repeated = stackalloc float[atOnce * inner];
            var shape = new RowBroadcast(geometry.StridesB[0] == 0, atOnce * inner, (long)geometry.Extents[0] * inner);
            if (shape.OfB)
                Lanes.Widen(right, repeated, inner);
            else
                Lanes.Widen(left, repeated, inner);
            Lanes.Repeat(repeated, inner, atOnce, repeated);
            var row = (Float32Element*)repeated;
            if (shape.OfB)
                _workers.Run(new RowBroadcastBody<TOperator, T, Float32Element, T>(f, left, row, output, shape),
                    Blocks(shape.Count, shape.Grain), 1);
            else
                _workers.Run(new RowBroadcastBody<TOperator, Float32Element, TB, T>(f, row, right, output, shape),
                    Blocks(shape.Count, shape.Grain), 1);
            return;
        }

        var rows = geometry.Count / inner;
        var segments = Blocks(inner, Lanes.Grain);
        var rest = new CombineBody<TOperator, T, TB>(f, geometry, left, right, output, segments);
        _workers.Run(rest, checked((int)(rows * segments)), Math.Max(1, Lanes.Grain / inner));
    }

    /// <summary>Whether one operand is a row that repeats, the other and the output contiguous.</summary>
    private static bool IsRowBroadcast(in StridedGeometry geometry)
    {
        var inner = geometry.Extents[1];
        return geometry.StridesOut[1] == 1 && geometry.StridesOut[0] == inner && geometry.StridesA[1] == 1 && geometry.StridesB[1] == 1
            && ((geometry.StridesA[0] == inner && geometry.StridesB[0] == 0)
                || (geometry.StridesA[0] == 0 && geometry.StridesB[0] == inner));
    }

    /// <summary>Which operand is the row, repeated to <c>Period</c> elements, and how many elements the other one has.</summary>
    private readonly record struct RowBroadcast(bool OfB, int Period, long Count)
    {
        /// <summary>Elements of a task.</summary>
        public int Grain => Math.Max(1, Lanes.Grain / Period) * Period;
    }

    /// <summary>One operand a row, of whole vectors, the other the long array.</summary>
    private readonly struct RowBroadcastBody<TOperator, TA, TB, TY>(TOperator f, TA* a, TB* b, TY* y, RowBroadcast shape) : IRangeBody
        where TOperator : struct, IBinaryOperator where TA : unmanaged, ILaneElement<TA> where TB : unmanaged, ILaneElement<TB>
        where TY : unmanaged, ILaneElement<TY>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var (ofB, period, count) = shape;
            var stop = Math.Min((long)end * shape.Grain, count);
            var function = f;
            for (var i = (long)first * shape.Grain; i < stop; i += period)
            {
                var left = ofB ? a + i : a;
                var right = ofB ? b : b + i;
                var output = y + i;
                var length = (int)Math.Min(period, stop - i);
                var j = 0;
                for (; j + Lanes.Width <= length; j += Lanes.Width)
                    TY.Store(function.Apply(TA.Load(left + j), TB.Load(right + j)), output + j);
                if (j < length)
                    TY.StorePart(function.Apply(TA.LoadPart(left + j, length - j), TB.LoadPart(right + j, length - j)), output + j,
                        length - j);
            }
        }
    }

    /// <summary>Any geometry: a task is a segment of one innermost row.</summary>
    private readonly struct CombineBody<TOperator, T, TB>(TOperator f, StridedGeometry geometry, T* a, TB* b, T* y, int segments)
        : IRangeBody
        where TOperator : struct, IBinaryOperator where T : unmanaged, ILaneElement<T> where TB : unmanaged, ILaneElement<TB>
    {
        public void Run(int first, int end)
        {
            var axis = geometry.Rank - 1;
            var inner = geometry.Extents[axis];
            long strideA = geometry.StridesA[axis], strideB = geometry.StridesB[axis], strideOut = geometry.StridesOut[axis];
            var walk = new OuterWalk(geometry, first / segments);
            var segment = first % segments;
            for (var task = first; task < end; task++)
            {
                var start = segment * Lanes.Grain;
                var length = Math.Min(Lanes.Grain, inner - start);
                var left = a + walk.A + start * strideA;
                var right = b + walk.B + start * strideB;
                var output = y + walk.Out + start * strideOut;
                if (strideOut == 1 && strideA is 0 or 1 && strideB is 0 or 1)
                    Row(left, strideA != 0, right, strideB != 0, output, length);
                else
                    Gathered(left, strideA, right, strideB, output, strideOut, length);
                if (++segment == segments)
                {
                    segment = 0;
                    walk.Next(geometry);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Row(T* left, bool vectorA, TB* right, bool vectorB, T* output, int length)
        {
            var function = f;
            var oneA = Vector512.Create(T.Load(*left));
            var oneB = Vector512.Create(TB.Load(*right));
            var i = 0;
            if (vectorA && vectorB)
            {
                for (; i + Lanes.Width <= length; i += Lanes.Width)
                    T.Store(function.Apply(T.Load(left + i), TB.Load(right + i)), output + i);
            }
            else if (vectorA)
            {
                for (; i + Lanes.Width <= length; i += Lanes.Width)
                    T.Store(function.Apply(T.Load(left + i), oneB), output + i);
            }
            else if (vectorB)
            {
                for (; i + Lanes.Width <= length; i += Lanes.Width)
                    T.Store(function.Apply(oneA, TB.Load(right + i)), output + i);
            }
            else
            {
                for (; i + Lanes.Width <= length; i += Lanes.Width)
                    T.Store(function.Apply(oneA, oneB), output + i);
            }

            if (i == length)
                return;
            var rest = length - i;
            var lastA = vectorA ? T.LoadPart(left + i, rest) : oneA;
            var lastB = vectorB ? TB.LoadPart(right + i, rest) : oneB;
            T.StorePart(function.Apply(lastA, lastB), output + i, rest);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Gathered(T* left, long strideA, TB* right, long strideB, T* output, long strideOut, int length)
        {
            var function = f;
            for (var i = 0; i < length; i += Lanes.Width)
            {
                var count = Math.Min(Lanes.Width, length - i);
                var result = function.Apply(T.LoadStrided(left + i * strideA, strideA, count),
                    TB.LoadStrided(right + i * strideB, strideB, count));
                T.StoreStrided(result, output + i * strideOut, strideOut, count);
            }
        }
    }

    /// <summary>
    /// Counts through all axes of a geometry but the innermost, and keeps the offset of the current row in each of the three arrays.
    /// </summary>
    private struct OuterWalk
    {
        public long A, B, Out;
        private fixed int _index[StridedGeometry.MaximumRank];

        public OuterWalk(in StridedGeometry geometry, long row)
        {
            for (var axis = geometry.Rank - 2; axis >= 0; axis--)
            {
                _index[axis] = (int)(row % geometry.Extents[axis]);
                row /= geometry.Extents[axis];
                A += _index[axis] * geometry.StridesA[axis];
                B += _index[axis] * geometry.StridesB[axis];
                Out += _index[axis] * geometry.StridesOut[axis];
            }
        }

        public void Next(in StridedGeometry geometry)
        {
            for (var axis = geometry.Rank - 2; axis >= 0; axis--)
            {
                A += geometry.StridesA[axis];
                B += geometry.StridesB[axis];
                Out += geometry.StridesOut[axis];
                if (++_index[axis] < geometry.Extents[axis])
                    return;
                A -= geometry.Extents[axis] * geometry.StridesA[axis];
                B -= geometry.Extents[axis] * geometry.StridesB[axis];
                Out -= geometry.Extents[axis] * geometry.StridesOut[axis];
                _index[axis] = 0;
            }
        }
    }
}
