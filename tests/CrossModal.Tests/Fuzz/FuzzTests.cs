using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using CrossModal.Kernels;

namespace CrossModal.Tests.Fuzz;

/// <summary>
/// Whatever the bytes of a file: its reader takes it or refuses it with one line, in little time and memory. Some hundred changed inputs a
/// reader here; <c>CROSSMODAL_FUZZ=1000000</c> tries so many over all readers.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    private const int InAll = 20_000, Seed = 2017;

    /// <summary>An input of 64 KiB may say that it is a picture of 100 million pixels, and nothing larger.</summary>
    private const long MostBytes = 1L << 30;

    /// <summary>Far more than a reader needs on any machine; what waits without end is found.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>In memory where the system has such a place: a million files are written.</summary>
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
        $"crossmodal-fuzz-{Guid.NewGuid():N}")).FullName;

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    private static int PerReader =>
        (int.TryParse(Environment.GetEnvironmentVariable("CROSSMODAL_FUZZ"), CultureInfo.InvariantCulture, out var asked) ? asked : InAll)
            / FuzzTargets.All.Count;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void AReaderTakesAnInputOrRefusesItInOneLine(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var seeds = target.Seeds();
        using var reader = target.Open();
        var path = Path.Combine(_folder, target.FileName);

        // What is changed is valid, or the changes would find nothing.
        foreach (var valid in seeds)
        {
            File.WriteAllBytes(path, valid);
            reader.Read(path);
        }

        var mutator = new Mutator(Seed, seeds);
        for (var i = 0; i < PerReader; i++)
        {
            var input = mutator.Next();
            File.WriteAllBytes(path, input);
            if (FaultOf(() => reader.Read(path)) is { } fault)
                Assert.Fail($"{name}, input {i} ({Keep(name, input)}): {fault}");
        }
    }

    private static string? FaultOf(Action read)
    {
        var (allocated, began) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        try
        {
            read();
        }
        catch (BadInputException error)
        {
            if (error.Message.Length == 0 || error.Message.Any(char.IsControl))
                return $"the message is not one line: {error.Message}";
        }
        catch (Exception error)
        {
            return $"{error}";
        }

        var taken = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return taken > MostBytes ? $"{taken >> 20} MiB were allocated"
            : Stopwatch.GetElapsedTime(began) is var time && time > Longest ? $"it took {time.TotalSeconds:0} s" : null;
    }

    /// <summary>Keeps an input for whoever mends its reader; returns where.</summary>
    private static string Keep(string name, byte[] input)
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "fuzz")).FullName;
        var path = Path.Combine(folder, $"{name}-{Convert.ToHexStringLower(SHA256.HashData(input))[..8]}.bin");
        File.WriteAllBytes(path, input);
        return path;
    }
}
