using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>The logarithm of the softmax of each row.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y) =>
        _workers.Run(new LogSoftmaxBody(columns, x.Float32, Output(y)), rows, Math.Max(1, Lanes.HeavyGrain / Math.Max(columns, 1)));

    private readonly struct LogSoftmaxBody(int columns, float* x, float* y) : IRangeBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            for (var row = first; row < end; row++)
            {
                float* input = x + (long)row * columns, output = y + (long)row * columns;
                var largest = Largest(input);
                var logarithm = Math.Log(SumOfExponentials(input, (float)largest));

                // The largest is taken away first: both differences are then small numbers, whatever the size of the logits.
                var (shift, log) = (Vector512.Create((float)largest), Vector512.Create((float)logarithm));
                var j = 0;
                for (; j + Lanes.Width <= columns; j += Lanes.Width)
                    (Vector512.Load(input + j) - shift - log).Store(output + j);
                if (j < columns)
                    Lanes.StorePart(Lanes.LoadPart(input + j, columns - j) - shift - log, output + j, columns - j);
            }
        }

        private double Largest(float* input) => ReduceRow(new MaximumReducer(), (Float32Element*)input, columns);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private double SumOfExponentials(float* input, float largest)
        {
            var shift = Vector512.Create(largest);
            var sums = Vector512<float>.Zero;
            var j = 0;
            for (; j + Lanes.Width <= columns; j += Lanes.Width)
                sums += VectorFunctions.Exp(Vector512.Load(input + j) - shift);
            if (j < columns)
                sums += VectorFunctions.Exp(Lanes.LoadPart(input + j, columns - j, float.NegativeInfinity) - shift);
            return JoinLanes(new SumReducer(), sums);
        }
    }
}
