using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Studio;

/// <summary>
/// What looking costs, with and without in alternation: measured, not judged, for a machine with nothing else to do.
/// <c>CROSSMODAL_STUDIO_COST=5</c> makes five rounds.
/// </summary>
public sealed class StudioCostTests(TinyRun tiny)
{
    private const int StepsOfRound = 10;

    /// <summary>Long enough that steps have no details any more after a page was closed.</summary>
    private static readonly TimeSpan DetailsEnd = TimeSpan.FromSeconds(35), Period = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int Rounds
    {
        get
        {
            var asked = Environment.GetEnvironmentVariable("CROSSMODAL_STUDIO_COST");
            Assert.SkipWhen(asked is null, "makes as many rounds as CROSSMODAL_STUDIO_COST says");
            return int.Parse(asked!, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A step of preset quick with scores of each sample and gradient norms, against one without.</summary>
    [Fact]
    public void TheObserversShareOfAStep()
    {
        var rounds = Rounds;
        using var device = Device.Open("cpu");
        var (settings, model) = (new GanSettings { Batch = 64 }, new ModelSettings { Width = 32 });
        using var plain = new ConditionalGan(device, model, settings, 1);
        using var watched = new ConditionalGan(device, model, settings, 1) { Detailed = true };
        Time(plain);
        Time(watched);
        Print("observer: step with details / step without", [.. Enumerable.Range(0, rounds).Select(round =>
        {
            var (first, second) = round % 2 == 0 ? (plain, watched) : (watched, plain);
            var (a, b) = (Time(first), Time(second));
            return round % 2 == 0 ? b / a : a / b;
        })]);

        static double Time(ConditionalGan gan)
        {
            var begin = Stopwatch.GetTimestamp();
            for (var step = 0; step < StepsOfRound; step++)
            {
                gan.Step();
                gan.BeginReadScores();
                gan.FinishReadScores(out _);
            }

            return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }
    }

    /// <summary>A training of preset quick while a browser shows it, against the same training with no page open.</summary>
    [Fact]
    public async Task TrainingBesideAnOpenStudio()
    {
        var rounds = Rounds;
        Assert.SkipWhen(Chromium.Find() is null, "no Chromium on the PATH");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny), threads: 0);
        using var content = new StringContent("""{"model":"s2i","preset":"quick","scenario":"","epochs":1000,"seed":1,"name":"cost"}""",
            Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var begun = await studio.Client.PostAsync(new Uri("/api/train", UriKind.Relative), content, Cancel);
        while (await Step(studio) < 20)
            await Task.Delay(1000, Cancel);
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            double open;
            await using (await StudioBrowser.Open(studio, "train"))
            {
                await Task.Delay(5000, Cancel);
                open = await Rate(studio);
            }

            await Task.Delay(DetailsEnd, Cancel);
            ratios.Add(await Rate(studio) / open);
        }

        Print("studio: step with an open page / step without", ratios);
    }

    /// <summary>Steps a second for a while, epochs' measurements included, as they are in both.</summary>
    private static async Task<double> Rate(StudioFixture studio)
    {
        var (before, begin) = (await Step(studio), Stopwatch.GetTimestamp());
        await Task.Delay(Period, Cancel);
        return (await Step(studio) - before) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    /// <summary>The last step that was made, asked for without looking at it: the first event of what is going on.</summary>
    private static async Task<long> Step(StudioFixture studio)
    {
        using var answer = await studio.Client.GetAsync(new Uri("/api/train/changes", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        return (long?)JsonNode.Parse((await reader.ReadLineAsync(Cancel))!["data: ".Length..])!["step"]?["step"] ?? 0;
    }

    private static void Print(string what, IReadOnlyList<double> ratios)
    {
        var sorted = ratios.Order().ToArray();
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{what}: median {sorted[sorted.Length / 2]:0.0000}, from {sorted[0]:0.0000} to {sorted[^1]:0.0000}, {sorted.Length} rounds");
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        TestContext.Current.SendDiagnosticMessage(line);
    }
}
