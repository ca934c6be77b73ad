using CrossModal.Data.Synthetic;

namespace CrossModal.Tests.Data.Synthetic;

/// <summary>One small generated data set that the tests of this folder read; removed after the last of them.</summary>
public sealed class SyntheticFolder : IDisposable
{
    internal static readonly SyntheticOptions Options =
        new() { TrainPairsPerInstrument = 17, ValidationPairsPerInstrument = 8, Threads = 2 };

    public SyntheticFolder() => SyntheticDataset.Generate(Path, Options);

    public string Path { get; } = NewPath();

    /// <summary>A path in the temporary folder at which nothing exists.</summary>
    public static string NewPath() => System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"crossmodal-synthetic-{Guid.NewGuid():N}");

    /// <summary>The rows of <c>poses.csv</c> by column name.</summary>
    public List<Dictionary<string, string>> Poses()
    {
        var lines = File.ReadAllLines(System.IO.Path.Combine(Path, "poses.csv"));
        var header = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => header.Zip(line.Split(',')).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    public string WavOf(Dictionary<string, string> row) =>
        System.IO.Path.Combine(Path, "chunk", row["split"], row["instrument"], row["stem"] + ".wav");

    public string ImageOf(Dictionary<string, string> row) =>
        System.IO.Path.Combine(Path, "img", row["split"], row["instrument"], row["stem"] + ".jpg");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
