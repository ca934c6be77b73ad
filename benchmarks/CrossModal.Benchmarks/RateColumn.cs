using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace CrossModal.Benchmarks;

/// <summary>A benchmark case that knows its work.</summary>
public interface ICountedWork
{
    /// <summary>Floating-point operations, a multiplication and an addition counted as two.</summary>
    long Operations { get; }
}

/// <summary>Floating-point operations by the shortest time: what the machine was seen to reach.</summary>
public sealed class GigaflopsColumn : IColumn
{
    public string Id => nameof(GigaflopsColumn);

    public string ColumnName => "GFLOP/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "10^9 floating-point operations per second, by the shortest time";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        var work = benchmarkCase.Parameters.Items.Select(item => item.Value).OfType<ICountedWork>().FirstOrDefault();
        return work is not null && summary[benchmarkCase]?.ResultStatistics is { } statistics ? $"{work.Operations / statistics.Min:0.0}" : "-";
    }

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
