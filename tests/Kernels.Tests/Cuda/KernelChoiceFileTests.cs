using System.Text.Json;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>The file in which choices last from run to run.</summary>
public class KernelChoiceFileTests
{
    private static readonly GpuProperties Card = new("NVIDIA H200", 9, 0, 132, 232448, 1L << 37, 1980000, 12080);

    [Fact]
    public void WhatIsRememberedIsFoundByTheNext()
    {
        using var file = new TemporaryFile();
        var first = new KernelChoiceFile(file.Path, "card");
        Assert.Null(first.Find("product of 4"));
        first.Remember("product of 4", "fast", ["slow", "fast", "broken"], [2.5, 0.5, double.NaN]);
        first.Remember("product of 5", "slow", ["slow"], [1]);
        var second = new KernelChoiceFile(file.Path, "card");
        Assert.Equal("fast", second.Find("product of 4"));
        Assert.Equal("slow", second.Find("product of 5"));
        Assert.Null(second.Find("product of 6"));

        // And can be read by others, with the times that led to it.
        using var json = JsonDocument.Parse(File.ReadAllBytes(file.Path));
        var times = json.RootElement.GetProperty("choices").GetProperty("product of 4").GetProperty("milliseconds");
        Assert.Equal(["slow", "fast"], times.EnumerateObject().Select(time => time.Name));
        Assert.Equal(0.5, times.GetProperty("fast").GetDouble());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1, 2]")]
    [InlineData("\0\u0001\u0002 not text")]
    [InlineData("""{"identity": "card"}""")]
    [InlineData("""{"identity": "card", "choices": 3}""")]
    [InlineData("""{"identity": "card", "choices": {"product of 4": "fast"}}""")]
    [InlineData("""{"identity": "card", "choices": {"product of 4": {"chosen": 7, "milliseconds": {}}}}""")]
    [InlineData("""{"identity": "card", "choices": {"product of 4": {"chosen": "fast", "milliseconds": {"fast": "soon"}}}}""")]
    [InlineData("""{"identity": "another card", "choices": {"product of 4": {"chosen": "fast", "milliseconds": {}}}}""")]
    public void ADamagedOrForeignFileCountsAsNoneAndIsReplaced(string text)
    {
        using var file = new TemporaryFile();
        File.WriteAllText(file.Path, text);
        var choices = new KernelChoiceFile(file.Path, "card");
        Assert.Null(choices.Find("product of 4"));
        choices.Remember("product of 5", "slow", ["slow"], [1]);
        var next = new KernelChoiceFile(file.Path, "card");
        Assert.Equal("slow", next.Find("product of 5"));
        Assert.Null(next.Find("product of 4"));
    }

    [Fact]
    public void WhatAnotherProcessWroteMeanwhileStays()
    {
        using var file = new TemporaryFile();
        var (one, other) = (new KernelChoiceFile(file.Path, "card"), new KernelChoiceFile(file.Path, "card"));
        Assert.Null(one.Find("product of 4"));
        Assert.Null(other.Find("product of 4"));
        one.Remember("product of 4", "fast", ["fast"], [1]);
        other.Remember("product of 5", "slow", ["slow"], [1]);
        var next = new KernelChoiceFile(file.Path, "card");
        Assert.Equal(("fast", "slow"), (next.Find("product of 4"), next.Find("product of 5")));
    }

    [Fact]
    public void AFolderThatCannotBeWrittenCostsOnlyTheNextRun()
    {
        using var file = new TemporaryFile();
        File.WriteAllText(file.Path, "a file where a folder should be");
        var choices = new KernelChoiceFile(Path.Combine(file.Path, "choices.json"), "card");
        choices.Remember("product of 4", "fast", ["fast"], [1]);
        choices.Remember("product of 5", "slow", ["slow"], [1]);
        Assert.Equal(("fast", "slow"), (choices.Find("product of 4"), choices.Find("product of 5")));
    }

    [Fact]
    public void TheFileIsNamedByDeviceAndChangesWithWhateverAChoiceDependsOn()
    {
        var identity = KernelChoiceFile.Identity(Card, "matrix products", "cuBLAS 12.8.4");
        Assert.Contains("NVIDIA H200", identity);
        Assert.Contains("cuBLAS 12.8.4", identity);
        var path = KernelChoiceFile.PathIn("/caches", Card, identity);
        Assert.Matches(@"^/caches.cuda.choices-nvidia-h200-[0-9a-f]{16}\.json$", path.Replace('\\', '/'));
        string[] others =
        [
            KernelChoiceFile.Identity(Card with { DriverVersion = 13000 }, "matrix products", "cuBLAS 12.8.4"),
            KernelChoiceFile.Identity(Card with { Multiprocessors = 114 }, "matrix products", "cuBLAS 12.8.4"),
            KernelChoiceFile.Identity(Card, "matrix products", "cuBLAS 12.9.0"),
            KernelChoiceFile.Identity(Card, "convolutions", "cuBLAS 12.8.4"),
        ];
        Assert.Equal(others.Length + 1, others.Append(identity).Select(each => KernelChoiceFile.PathIn("/caches", Card, each)).Distinct()
            .Count());
    }
}

/// <summary>A file of its own in a new folder, both gone at the end.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crossmodal-test-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "file.json");

    public void Dispose() => _folder.Delete(recursive: true);
}
