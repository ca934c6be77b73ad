using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda;

/// <summary>The kernels' <c>result_statistics</c> (kernels/result_statistics.cuh): the same fields in the same order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ResultStatisticsArguments(nint parts, nint counters, in ResultStatistics asked, in StatisticsTiling tiling)
{
    public readonly nint Parts = parts, Counters = counters;
    public readonly nint Mean = asked.Arrays.Mean.Address, Variance = asked.Arrays.Variance.Address;
    public readonly nint RunningMean = asked.Arrays.RunningMean.Address, RunningVariance = asked.Arrays.RunningVariance.Address;
    public readonly float Momentum = (float)asked.Momentum, Correction = (float)asked.Correction;
    public readonly int Columns = asked.Geometry.Channels, Groups = asked.Geometry.Groups, Tiles = tiling.Tiles, Run = tiling.Run;
}

/// <summary>How the rows of each group are cut into tiles, and which neighbors are joined first.</summary>
/// <param name="Tiles">Of a group.</param>
/// <param name="Run">Tiles of a run, which divides them; 1 where all are joined at once.</param>
internal readonly record struct StatisticsTiling(int Tiles, int Run)
{
    /// <summary>As many tiles are joined by one block that all others wait for.</summary>
    private const int JoinedAtOnce = 32, LongestRun = 16;

    /// <summary>Runs of a group; none where all its tiles are joined at once.</summary>
    public int Runs => Run > 1 ? Tiles / Run : 0;

    /// <summary>
    /// The tiling of a convolution's result into tiles of so many rows; null where a group does not consist of whole ones.
    /// </summary>
    public static StatisticsTiling? Of(ConvolutionForm form, in ConvolutionGeometry g, in BatchNormGeometry norm, int tileRows)
    {
        // The tiles of an input gradient are each of one phase.
        var phases = form == ConvolutionForm.InputGradient ? g.StrideHeight * g.StrideWidth : 1;
        if (form == ConvolutionForm.InputGradient && (g.InputHeight % g.StrideHeight != 0 || g.InputWidth % g.StrideWidth != 0))
            return null;
        if (g.Batch % norm.Groups != 0 || norm.Rows % phases != 0 || norm.Rows / phases % tileRows != 0)
            return null;
        var tiles = norm.Rows / tileRows;
        var run = 1;
        if (tiles > JoinedAtOnce)
        {
            for (var length = 2; length <= LongestRun && length * length <= 2 * tiles; length++)
                run = tiles % length == 0 ? length : run;
        }

        return new StatisticsTiling(tiles, run);
    }
}

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>
    /// Our kernels for bfloat16 say statistics of what they write where a group's rows are whole tiles; after others it is a pass of its
    /// own.
    /// </remarks>
    public override void ConvolutionStatistics(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output,
        in ResultStatistics statistics) =>
        ConvolveForStatistics(ConvolutionForm.Value, geometry, new(input, weight, output), statistics);

    /// <inheritdoc cref="ConvolutionStatistics"/>
    public override void ConvolutionInputGradientStatistics(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient, in ResultStatistics statistics) =>
        ConvolveForStatistics(ConvolutionForm.InputGradient, geometry, new(outputGradient, weight, inputGradient), statistics);

    private void ConvolveForStatistics(ConvolutionForm form, in ConvolutionGeometry geometry, in ProductArrays arrays,
        in ResultStatistics statistics)
    {
        // What is converted afterwards is not what the statistics are of.
        if (arrays.Result.Type == ElementType.BFloat16 && ConvolutionPlan.Serves(form, geometry))
            Convolve(form, geometry, arrays, new Epilogue { Statistics = statistics });
        else
        {
            Convolve(form, geometry, arrays.A, arrays.B, arrays.Result);
            Statistics(arrays.Result, statistics);
        }
    }

    /// <summary>
    /// Whether the kernel that <paramref name="convolve"/> launches says the statistics of its result; they are there either way.
    /// </summary>
    internal bool ConvolveForStatistics(in ConvolutionGeometry geometry, DeviceArray result, in ResultStatistics statistics,
        Action convolve)
    {
        _epilogue = new Epilogue { Statistics = statistics };
        try
        {
            convolve();
            var says = _epilogue.Applied;
            FinishConvolution(geometry, result);
            return says;
        }
        finally
        {
            _epilogue = default;
        }
    }

    /// <summary>What a launch is given to say the statistics that are asked of its result, if it can.</summary>
    private readonly ref struct StatisticsLaunch(CudaBackend backend, DeviceBuffer? room, DeviceArray parts, DeviceArray counters,
        ResultStatisticsArguments arguments) : IDisposable
    {
        public bool Says => room is not null;

        /// <summary>Adds the parameter and what the kernel may touch by it.</summary>
        public void AddTo(KernelLaunch launch)
        {
            launch.Value(arguments);
            if (room is null)
                return;
            var (mean, variance, runningMean, runningVariance) = backend._epilogue.Statistics.Arrays;
            launch.MayTouch(parts).MayTouch(counters).MayTouch(mean).MayTouch(variance).MayTouch(runningMean).MayTouch(runningVariance);
        }

        public void Dispose()
        {
            if (room is not null)
                backend.Scratch.Release(room);
        }
    }

    /// <param name="tileRows">Of a block's tile.</param>
    /// <param name="strips">Tiles that lie side by side.</param>
    /// <param name="counted">How many of the counters the launch has for something else.</param>
    private StatisticsLaunch StatisticsOf(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray result, int tileRows,
        int strips, int counted = 0)
    {
        var asked = _epilogue.Statistics;
        if (asked.Arrays.Mean.IsNone || form == ConvolutionForm.WeightGradient || asked.Geometry.Channels % 4 != 0 || !InVectors(result)
            || StatisticsTiling.Of(form, geometry, asked.Geometry, tileRows) is not { } tiling)
            return default;
        var (groups, channels) = (asked.Geometry.Groups, asked.Geometry.Channels);
        var parts = 2L * groups * (tiling.Tiles + tiling.Runs) * channels;
        var room = Scratch.Allocate(parts * sizeof(float), "statistics of a convolution");
        var count = checked(strips * (groups * (tiling.Runs + 1) + 1));
        var counters = ZeroCounters(counted + count).Slice(counted, count);
        return new(this, room, new(room.Address, parts, ElementType.Float32), counters,
            new(room.Address, counters.Address, asked, tiling));
    }
}
