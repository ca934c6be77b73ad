using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace CrossModal.Benchmarks;

/// <summary>A benchmark case that knows its work.</summary>
public interface ICountedWork
{
    /// <summary>Floating-point operations, a multiplication and an addition counted as two; 0 where moving bytes is the work.</summary>
    long Operations { get; }

    /// <summary>Bytes that must be read or written whatever the kernel.</summary>
    long Bytes { get; }
}

/// <summary>Work by the shortest time: what the machine was seen to reach.</summary>
/// <param name="name">Of the unit: 10⁹ of what <paramref name="count"/> counts, a second.</param>
public sealed class RateColumn(string name, Func<ICountedWork, long> count) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => $"{name}, by the shortest time";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        // Operations by nanoseconds are 10⁹ a second.
        var work = benchmarkCase.Parameters.Items.Select(item => item.Value).OfType<ICountedWork>().FirstOrDefault();
        return work is not null && count(work) > 0 && summary[benchmarkCase]?.ResultStatistics is { } statistics
            ? $"{count(work) / statistics.Min:0.0}" : "-";
    }

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
