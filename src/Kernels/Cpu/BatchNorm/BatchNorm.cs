using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Batch normalization, bound by memory: statistics read x once, apply reads and writes once, the gradient reads its two inputs twice. Each
/// group is cut into blocks of rows that fit the second cache; a block's results go to scratch memory and are joined in float64, in order.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance)
    {
        if (x.Type == ElementType.BFloat16)
            BatchNormStatistics(geometry, Elements<BFloat16Element>(x), Output(mean), Output(variance));
        else
            BatchNormStatistics(geometry, Elements<Float32Element>(x), Output(mean), Output(variance));
    }

    private void BatchNormStatistics<T>(in BatchNormGeometry geometry, T* x, float* mean, float* variance)
        where T : unmanaged, ILaneElement<T>
    {
        var plan = new NormPlan(geometry);
        var scratch = Memory.Allocate(plan.Tasks * 3L * plan.Channels * sizeof(float), "batch norm");
        var partial = (float*)scratch.Address;
        _workers.Run(new StatisticsBody<T>(plan, x, partial), plan.Tasks, 1);
        _workers.Run(new JoinStatisticsBody(plan, partial, mean, variance), plan.Groups * plan.Channels,
            Math.Max(1, Lanes.HeavyGrain / Math.Max(plan.Blocks, 1)));
        Memory.Release(scratch);
    }

    /// <inheritdoc/>
    /// <remarks>A few hundred numbers: one thread is done before others are awake.</remarks>
    public override void BatchNormRunning(double momentum, double correction, in RunningStatistics statistics)
    {
        var (mean, variance, runningMean, runningVariance) = statistics;
        var (stay, groups) = ((float)(1 - momentum), mean.Count / Math.Max(1, runningMean.Count));
        var channels = (int)runningMean.Count;
        Move(mean.Float32, Output(runningMean), (float)(1.0 / groups));
        Move(variance.Float32, Output(runningVariance), (float)(correction / groups));

        void Move(float* of, float* running, float factor)
        {
            for (var c = 0; c < channels; c++)
            {
                var sum = of[c];
                for (var group = 1L; group < groups; group++)
                    sum += of[group * channels + c];
                running[c] = MathF.FusedMultiplyAdd(running[c], stay, sum * factor * (float)momentum);
            }
        }
    }

    public override void BatchNormApply(in BatchNormGeometry geometry, in BatchNormArrays arrays, DeviceArray y)
    {
        if (y.Type == ElementType.BFloat16)
            BatchNormApply<BFloat16Element>(geometry, arrays, y);
        else
            BatchNormApply<Float32Element>(geometry, arrays, y);
    }

    private void BatchNormApply<T>(in BatchNormGeometry geometry, in BatchNormArrays arrays, DeviceArray y)
        where T : unmanaged, ILaneElement<T>
    {
        var (x, mean, variance, scale, shift) = arrays;
        var plan = new NormPlan(geometry);
        var scratch = Memory.Allocate((long)plan.Groups * NormTables.Count * plan.TablePeriod * sizeof(float), "batch norm");
        var tables = new NormTables((float*)scratch.Address, plan.TablePeriod);
        tables.Fill(plan, geometry.Epsilon, mean.Float32, variance.Float32, scale.Float32, shift.Float32);
        _workers.Run(new NormApplyBody<T>(plan, tables, geometry.NegativeSlope, Elements<T>(x), Output<T>(y)), plan.Tasks, 1);
        Memory.Release(scratch);
    }

    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients)
    {
        if (outputGradient.Type == ElementType.BFloat16)
            BatchNormGradient<BFloat16Element>(geometry, outputGradient, arrays, gradients);
        else
            BatchNormGradient<Float32Element>(geometry, outputGradient, arrays, gradients);
    }

    private void BatchNormGradient<T>(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients) where T : unmanaged, ILaneElement<T>
    {
        var (x, mean, variance, scale, shift) = arrays;
        var (inputGradient, scaleGradient, shiftGradient) = gradients;
        var plan = new NormPlan(geometry);
        var tableBytes = (long)plan.Groups * NormTables.Count * plan.TablePeriod * sizeof(float);
        var scratch = Memory.Allocate(tableBytes + plan.Tasks * 2L * plan.Channels * sizeof(float), "batch norm");
        var tables = new NormTables((float*)scratch.Address, plan.TablePeriod);
        var partial = (float*)(scratch.Address + (nint)tableBytes);
        tables.Fill(plan, geometry.Epsilon, mean.Float32, variance.Float32, scale.Float32, shift.Float32);
        T* g = Elements<T>(outputGradient), input = Elements<T>(x);
        _workers.Run(new NormSumsBody<T>(plan, tables, geometry.NegativeSlope, g, input, partial), plan.Tasks, 1);
        var join = new JoinSumsBody(plan, tables, geometry.Epsilon, partial, variance.Float32,
            scaleGradient.IsNone ? null : Output(scaleGradient), shiftGradient.IsNone ? null : Output(shiftGradient));
        _workers.Run(join, plan.Channels, Math.Max(1, Lanes.HeavyGrain / Math.Max(plan.Blocks * plan.Groups, 1)));
        if (!inputGradient.IsNone)
            _workers.Run(new NormGradientBody<T>(plan, tables, geometry.NegativeSlope, g, input, Output<T>(inputGradient)), plan.Tasks, 1);
        Memory.Release(scratch);
    }

    /// <summary>
    /// How the rows are cut. <see cref="AtOnce"/> rows are handled as one line of <see cref="Period"/> elements (see
    /// <see cref="Lanes.RowsAtOnce"/>); a task is a block of whole lines of one group.
    /// </summary>
    private readonly struct NormPlan
    {
        private const int FewestRows = 16;

        public NormPlan(in BatchNormGeometry geometry)
        {
            (Groups, Rows, Channels) = (geometry.Groups, geometry.Rows, geometry.Channels);
            AtOnce = Lanes.RowsAtOnce(Channels, Lanes.SumLine);
            Period = AtOnce * Channels;
            TableRows = Lanes.RowsAtOnce(Channels, Lanes.MapLine);
            TablePeriod = TableRows * Channels;
            RowsPerBlock = (Math.Max(FewestRows, Lanes.Grain / Channels) + AtOnce - 1) / AtOnce * AtOnce;
            Blocks = (Rows + RowsPerBlock - 1) / RowsPerBlock;
        }

        public int Groups { get; }

        public int Rows { get; }

        public int Channels { get; }

        public int AtOnce { get; }

        public int Period { get; }

        /// <summary>Rows of a line, and its length, where nothing is summed: the tables are as long.</summary>
        public int TableRows { get; }

        public int TablePeriod { get; }

        public int RowsPerBlock { get; }

        /// <summary>Blocks of each group.</summary>
        public int Blocks { get; }

        public int Tasks => checked(Groups * Blocks);

        /// <summary>Rows of the block number <paramref name="block"/> of a group.</summary>
        public int RowsOf(int block) => Math.Min(RowsPerBlock, Rows - block * RowsPerBlock);

        /// <summary>The first element of a task, and how many it has.</summary>
        public (long Start, int Count) Elements(int task) =>
            (((long)(task / Blocks) * Rows + (long)(task % Blocks) * RowsPerBlock) * Channels, RowsOf(task % Blocks) * Channels);
    }

    /// <summary>For each group, coefficients by position in a line: the row of each channel's value, repeated to a whole line.</summary>
    private readonly struct NormTables(float* address, int period)
    {
        public const int Count = 5;

        public float* Mean(int group) => Table(group, 0);

        /// <summary>scale / √(variance + ε).</summary>
        public float* Factor(int group) => Table(group, 1);

        public float* Shift(int group) => Table(group, 2);

        /// <summary>Σ g / N: what the gradient through the mean takes away.</summary>
        public float* Offset(int group) => Table(group, 3);

        /// <summary>Σ(g · x̂) / (N · √(variance + ε)): what the gradient through the variance takes away, times x − mean.</summary>
        public float* Tilt(int group) => Table(group, 4);

        public void Fill(in NormPlan plan, float epsilon, float* mean, float* variance, float* scale, float* shift)
        {
            for (var group = 0; group < plan.Groups; group++)
            {
                var factor = Factor(group);
                for (var c = 0; c < plan.Channels; c++)
                    factor[c] = (float)(scale[c] / Math.Sqrt((double)variance[(long)group * plan.Channels + c] + epsilon));
                Lanes.Repeat(factor, plan.Channels, plan.TableRows, factor);
                Lanes.Repeat(mean + (long)group * plan.Channels, plan.Channels, plan.TableRows, Mean(group));
                Lanes.Repeat(shift, plan.Channels, plan.TableRows, Shift(group));
            }
        }

        private float* Table(int group, int kind) => address + ((long)group * Count + kind) * period;
    }

    private readonly struct NormApplyBody<T>(NormPlan plan, NormTables tables, float slope, T* x, T* y) : IRangeBody
        where T : unmanaged, ILaneElement<T>
    {
        private readonly LeakySlope _slope = new(slope);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            for (var task = first; task < end; task++)
            {
                var group = task / plan.Blocks;
                float* mean = tables.Mean(group), factor = tables.Factor(group), shift = tables.Shift(group);
                var (start, count) = plan.Elements(task);
                for (var line = 0; line < count; line += plan.TablePeriod)
                {
                    T* input = x + start + line, output = y + start + line;
                    var length = Math.Min(plan.TablePeriod, count - line);
                    var j = 0;
                    for (; j + Lanes.Width <= length; j += Lanes.Width)
                    {
                        var value = Lanes.MultiplyAdd(T.Load(input + j) - Vector512.Load(mean + j), Vector512.Load(factor + j),
                            Vector512.Load(shift + j));
                        T.Store(Activate(value), output + j);
                    }

                    if (j == length)
                        continue;
                    var rest = length - j;
                    var last = Lanes.MultiplyAdd(T.LoadPart(input + j, rest) - Lanes.LoadPart(mean + j, rest),
                        Lanes.LoadPart(factor + j, rest), Lanes.LoadPart(shift + j, rest));
                    T.StorePart(Activate(last), output + j, rest);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector512<float> Activate(Vector512<float> value) =>
            _slope.Apply(Vector512.GreaterThan(value, Vector512<float>.Zero), value);
    }
}
