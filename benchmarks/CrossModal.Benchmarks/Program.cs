using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using CrossModal.Benchmarks;

// dotnet run --project benchmarks/CrossModal.Benchmarks -- --filter '*Convolution*'
// dotnet run --project benchmarks/CrossModal.Benchmarks -- --filter '*' runs them all: every kernel of a step, convolutions by both algorithms, products.
var threads = Environment.ProcessorCount;
Console.WriteLine($"the machine's limit: {PeakRate.Measure(1):0} GFLOP/s on one thread, {PeakRate.Measure(threads):0} on {threads}");
var config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(200)).WithToolchain(InProcessEmitToolchain.Instance))
    .AddColumn(StatisticColumn.Min)
    .AddColumn(new RateColumn("GFLOP/s", work => work.Operations))
    .AddColumn(new RateColumn("GB/s", work => work.Bytes))
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40));
BenchmarkSwitcher.FromAssembly(typeof(RateColumn).Assembly).Run(args, config);
