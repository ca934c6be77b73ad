using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Evaluation;

public sealed class PoseTargetsTests(TinyRun tiny) : RunTests(tiny)
{
    private static readonly string[] Instruments = ["horn", "trombone", "viola"];

    /// <summary>The hand of a trombone is its slide; only strings have a bow, and only other winds are raised.</summary>
    [Fact]
    public void EachInstrumentHasItsOwnComponents()
    {
        var (targets, _) = Read();
        for (var i = 0; i < targets.Count; i++)
        {
            var instrument = Instruments[targets.Classes[i]];
            float Value(int component) => targets.Values[PoseTargets.At(i, component)];
            bool Known(int component) => targets.Known[PoseTargets.At(i, component)];
            var at = i % 8;
            Assert.Equal(instrument == "trombone" ? 0.01f * at : 0.1f * at, Value(PoseTargets.Hand), 1e-6f);
            Assert.Equal(0.05f * at, Value(PoseTargets.Dynamics), 1e-6f);
            Assert.Equal((true, true, true), (Known(PoseTargets.Hand), Known(PoseTargets.Dynamics), Known(PoseTargets.Sway)));
            Assert.Equal((instrument == "horn", instrument == "viola"), (Known(PoseTargets.Raised), Known(PoseTargets.Bow)));
        }

        Assert.Equal(6, targets.Songs.Distinct().Count());
        Assert.All(targets.Songs.Zip(targets.Classes).GroupBy(pair => pair.First), song =>
            Assert.Single(song.Select(pair => pair.Second).Distinct()));
    }

    [Fact]
    public void StandardizedWithinEachInstrument()
    {
        var (targets, _) = Read();
        var standard = targets.Standardized(targets);
        for (var c = 0; c < Instruments.Length; c++)
        {
            double[] hands = [.. Enumerable.Range(0, targets.Count).Where(i => targets.Classes[i] == c)
                .Select(i => (double)standard.Values[PoseTargets.At(i, PoseTargets.Hand)])];
            Assert.Equal(0, hands.Average(), 1e-5);
            Assert.Equal(1, hands.Average(hand => hand * hand), 1e-5);
        }

        // The sway never changes here, so nothing can be learned of it.
        Assert.All(Enumerable.Range(0, targets.Count), i => Assert.False(standard.Known[PoseTargets.At(i, PoseTargets.Sway)]));
        var rows = targets.Rows([20, 3]);
        Assert.Equal((targets.Classes[20], targets.Classes[3]), (rows.Classes[0], rows.Classes[1]));
        Assert.Equal(targets.Values[PoseTargets.At(3, PoseTargets.Dynamics)], rows.Values[PoseTargets.At(1, PoseTargets.Dynamics)]);
    }

    private (PoseTargets Targets, PairDataset Pairs) Read()
    {
        var folder = Path.Combine(Tiny.Root, "posed");
        if (!Directory.Exists(folder))
        {
            TinyData.WritePairs(folder, Instruments);
            var lines = Instruments.SelectMany(name => Enumerable.Range(0, 12).Select(i => (name, i)))
                .Select(at =>
                    $"{at.name}{at.i / 4:00}_{500 + 100 * (at.i % 4)},440,{0.1 * at.i},"
                    + $"{(at.name == "viola" ? 2 : -1)},{0.01 * at.i},0.3,{0.05 * at.i}");
            File.WriteAllLines(Path.Combine(folder, "poses.csv"), lines.Prepend("stem,pitch_hz,left_hand,string,stroke,sway,dynamics"));
        }

        using var pairs = PairDataset.Open(folder, new PairSelection(64), cancel: TestContext.Current.CancellationToken);
        return (PoseTargets.Of(pairs.Train, PoseTable.Read(folder)!, pairs.Classes), pairs);
    }
}
