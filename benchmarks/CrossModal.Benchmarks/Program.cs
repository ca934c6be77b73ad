using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CrossModal.Benchmarks;
using CrossModal.Tensors;
using CrossModal.Verification;
using Perfolizer.Horology;

// dotnet run --project benchmarks/CrossModal.Benchmarks -- --filter '*' every kernel of a step, convolutions by both algorithms
// dotnet run --project benchmarks/CrossModal.Benchmarks -- --filter '*StepKernel*'
using (var device = Device.Open("cpu"))
{
    var limits = MachineLimits.Measure(device);
    Console.WriteLine($"the machine's limits: {limits.ProductGigaflopsPerSecond:0} GFLOP/s of a large product, "
        + $"{limits.CopyGigabytesPerSecond:0} GB/s of a large copy");
}

var config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(200)).WithToolchain(InProcessEmitToolchain.Instance))
    .AddColumn(StatisticColumn.Min)
    .AddColumn(new RateColumn("GFLOP/s", work => work.Operations))
    .AddColumn(new RateColumn("GB/s", work => work.Bytes))
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(64));
BenchmarkSwitcher.FromAssembly(typeof(RateColumn).Assembly).Run(args, config);
