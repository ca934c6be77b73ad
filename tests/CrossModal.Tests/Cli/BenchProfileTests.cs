using System.Text.Json;

namespace CrossModal.Tests.Cli;

/// <summary><c>--profile</c> of <c>bench step</c> and <c>bench kernels</c>.</summary>
[Collection("cache")]
public sealed class BenchProfileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-profile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The mean of 64 losses: one launch that reads them and writes one number.</summary>
    [Fact]
    public void CountsTheKernelsOfAPrimitive()
    {
        var file = Path.Combine(_folder, "profile.json");
        var bench = Invocation.InProcess("bench", "kernels", "--device", "cuda-sim", "--profile", "--card", "A100", "--filter", "loss mean",
            "--json", file);
        Assert.Equal(("", 0), (bench.Error, bench.ExitCode));
        Assert.Contains("reduction: loss mean", bench.Output);
        Assert.Contains("modelled for A100 in float32, batch 64; nothing was timed, no answer was checked", bench.Output);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        var profile = Assert.Single(json.RootElement.GetProperty("rows").EnumerateArray()).GetProperty("profile");
        Assert.Equal(profile.GetProperty("launches").GetArrayLength(), profile.GetProperty("nodes").GetInt32());
        var sum = profile.GetProperty("launches").EnumerateArray().First();
        Assert.Equal(("reduction", 64 * 4), (sum.GetProperty("family").GetString(), ReadFrom(sum, "x")));
        Assert.True(sum.GetProperty("microseconds").GetDouble() > 1);
        Assert.True(sum.GetProperty("limit_microseconds").GetProperty("latency").GetDouble() > 0);
    }

    [Fact]
    public void CountsAWholeStep()
    {
        var file = Path.Combine(_folder, "profile.json");
        var bench = Invocation.InProcess("bench", "step", "--device", "cuda-sim", "--profile", "--batch", "2", "--json", file);
        Assert.Equal(("", 0), (bench.Error, bench.ExitCode));
        Assert.Matches(@"step of s2i in float32, batch 2: \d+ nodes, \d+ MB moved at least, \d+\.\d GFLOP; modelled \d+\.\d\d ms on H200",
            bench.Output);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        var profile = json.RootElement.GetProperty("profile");
        var launches = profile.GetProperty("launches").EnumerateArray().ToList();
        Assert.InRange(launches.Count, 100, 400);
        Assert.Equal(launches.Sum(launch => launch.GetProperty("microseconds").GetDouble()) / 1000,
            profile.GetProperty("milliseconds").GetDouble(), 6);

        // The kernel that takes longest is the first, and kernels share the whole.
        var kernels = profile.GetProperty("kernels").EnumerateArray().Select(kernel => kernel.GetProperty("share").GetDouble()).ToList();
        Assert.Equal(kernels.OrderDescending(), kernels);
        Assert.Equal(1, kernels.Sum(), 6);

        // Adam reads gradient, parameter and two moments of each weight and writes three of them.
        var adam = launches.Where(launch => launch.GetProperty("kernel").GetString() == "optimizer_adam_2").ToList();
        Assert.Equal(2, adam.Count);
        Assert.All(adam, launch => Assert.InRange(launch.GetProperty("distinct_bytes").GetDouble() / Parameters(launch), 27.5, 28.5));
    }

    [Fact]
    public void SaysInOneLineWhatDoesNotGoTogether()
    {
        Assert.Contains("add --device cuda-sim", Invocation.InProcess("bench", "step", "--device", "cpu", "--profile").Failure());
        Assert.Contains("add --profile", Invocation.InProcess("bench", "kernels", "--card", "T4").Failure());
        string[] profile = ["bench", "step", "--device", "cuda-sim", "--profile", "--card"];
        Assert.Contains("card T4 do not multiply in bf16", Invocation.InProcess([.. profile, "T4", "--precision", "bf16"]).Failure());
        Assert.Contains("--card", Invocation.InProcess([.. profile, "B300"]).WrongUsage());
    }

    private static double ReadFrom(JsonElement launch, string array) => launch.GetProperty("arrays").EnumerateArray()
        .First(one => one.GetProperty("name").GetString() == array).GetProperty("distinct_read").GetDouble();

    /// <summary>Of the arrays that Adam writes, a third is parameters, of four bytes each.</summary>
    private static double Parameters(JsonElement adam) => adam.GetProperty("arrays").EnumerateArray()
        .Sum(array => array.GetProperty("distinct_written").GetDouble()) / 3 / 4;
}
