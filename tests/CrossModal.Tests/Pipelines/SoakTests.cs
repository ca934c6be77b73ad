using System.Diagnostics;
using System.Globalization;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>
/// Trains, resumes, generates and measures over and over in one process; memory stays as it was. <c>CROSSMODAL_SOAK=60</c> does so for
/// sixty minutes.
/// </summary>
public sealed class SoakTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>Rounds until the pools and the code that the runtime compiles are as large as they get.</summary>
    private const int Settled = 5;

    /// <summary>What the heap of a process of this size wanders by.</summary>
    private const long MostManaged = 16L << 20, MostResident = 128L << 20;

    [Fact]
    public void MemoryStaysFlat()
    {
        var asked = Environment.GetEnvironmentVariable("CROSSMODAL_SOAK");
        Assert.SkipWhen(asked is null, "takes as many minutes as CROSSMODAL_SOAK says");
        var minutes = double.Parse(asked!, CultureInfo.InvariantCulture);
        var cancel = TestContext.Current.CancellationToken;
        var (began, rounds) = (Stopwatch.GetTimestamp(), 0);
        (long Managed, long Resident) settled = default, last = default;
        while (rounds <= Settled || Stopwatch.GetElapsedTime(began).TotalMinutes < minutes)
        {
            Round(cancel);
            last = Memory();
            if (++rounds == Settled)
                settled = last;
            if (rounds > Settled)
                Assert.True(last.Managed - settled.Managed < MostManaged && last.Resident - settled.Resident < MostResident,
                    $"round {rounds}: {last.Managed >> 20} MiB on the heap and {last.Resident >> 20} in memory, after {Settled} rounds "
                        + $"{settled.Managed >> 20} and {settled.Resident >> 20}");
        }

        TestContext.Current.SendDiagnosticMessage(
            $"{rounds} rounds; heap {settled.Managed >> 20} to {last.Managed >> 20} MiB, memory {settled.Resident >> 20} to "
                + $"{last.Resident >> 20} MiB");
    }

    private void Round(CancellationToken cancel)
    {
        var folder = NewFolder();
        TinyRun.Train(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 1 } }, folder, cancel: cancel);
        TinyRun.Resume(folder, options => options with { Epochs = 2 }, cancel: cancel);
        using (var run = TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1)))
        {
            run.Generate(new AudioClip(TinyData.Tone(1, 0.5, 77), 44100));
            run.Evaluate(cancel: cancel);
        }

        Directory.Delete(folder.Path, recursive: true);
    }

    private static (long Managed, long Resident) Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        return (managed, process.WorkingSet64);
    }
}
