using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CrossModal.Benchmarks;

// dotnet run --project benchmarks/CrossModal.Benchmarks -- --filter '*Convolution*'
Console.WriteLine($"fused multiply-adds from the first-level cache: {PeakRate.Measure(1):0} GFLOP/s on one thread, {PeakRate.Measure(Environment.ProcessorCount):0} on {Environment.ProcessorCount}");
var config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .AddColumn(StatisticColumn.Min)
    .AddColumn(new GigaflopsColumn())
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40));
BenchmarkSwitcher.FromAssembly(typeof(GigaflopsColumn).Assembly).Run(args, config);
