using System.Text.Json;
using System.Text.Json.Nodes;
using CrossModal.Evaluation;
using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class MetricsReportTests
{
    private const int Classes = 4, Count = 80, Features = 6;

    [Fact]
    public void EveryPartIsWhatItsMetricSays()
    {
        var set = Set(Modality.Image);
        var parts = new List<int>();
        var report = MetricsReport.Measure(set, 5, parts.Add, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, MetricsReport.Parts), parts);
        Assert.Equal(60 / 80.0, report.Accuracy.Value, 1e-12);
        var macro = set.TrueClass.Distinct()
            .Average(c => Enumerable.Range(0, Count).Where(i => set.TrueClass[i] == c).Average(i => set.Named[i] == c ? 1.0 : 0));
        Assert.Equal(macro, report.MacroAccuracy.Value, 1e-12);
        Assert.Equal(FrechetDistance.Between(set.Features, set.RealFeatures), report.Fid!.Value, 1e-9);
        Assert.Equal(KernelDistance.Between(set.Features, set.RealFeatures), report.Kid!.Value, 1e-9);
        Assert.Equal(InceptionScore.Of(set.Probabilities, Classes), report.InceptionScore.Value, 1e-12);
        Assert.NotNull(report.Retrieval!.Instance);
        Assert.Equal(report.Accuracy, report.Mismatch!.Matched);
        Assert.NotNull(report.Diversity);
        Assert.Equal(new SampleCounts(Count, Count, 16, Bootstrap.Resamples, Bootstrap.DistanceResamples), report.Counts);
        Assert.Null(report.Fad);
        Assert.All([report.Accuracy, report.MacroAccuracy, report.InceptionScore], interval =>
            Assert.InRange(interval.Value, interval.Low, interval.High));
    }

    [Fact]
    public void TheSameSeedGivesTheSameReport()
    {
        Assert.Equal(Json(MetricsReport.Measure(Set(Modality.Image), 5, cancel: TestContext.Current.CancellationToken)).ToJsonString(),
            Json(MetricsReport.Measure(Set(Modality.Image), 5, cancel: TestContext.Current.CancellationToken)).ToJsonString());
    }

    [Fact]
    public void NamesInTheFile()
    {
        var image = Json(MetricsReport.Measure(Set(Modality.Image), 5, cancel: TestContext.Current.CancellationToken));
        Assert.Equal(["accuracy", "macro_accuracy", "fid", "kid", "inception_score", "retrieval", "mismatch", "diversity", "counts",
            "precision", "recall", "density", "coverage", "kid_by_class"], Names(image));
        Assert.Equal(["value", "low", "high", "real_halves", "count"], Names(image["precision"]!));
        Assert.Equal(["value", "low", "high", "real_halves", "worst", "classes"], Names(image["kid_by_class"]!));
        Assert.Equal(["oboe", "1", "2", "3"], Names(image["kid_by_class"]!["classes"]!));
        Assert.Equal(Names(image["kid"]!), Names(image["kid_by_class"]!["classes"]!["oboe"]!));
        Assert.Equal(["value", "low", "high"], Names(image["accuracy"]!));
        Assert.Equal(["value", "low", "high", "real_halves", "generated", "real"], Names(image["fid"]!));
        Assert.Equal(["value", "low", "high", "standard_error", "real_halves", "generated", "real"], Names(image["kid"]!));
        Assert.Equal(["class", "instance"], Names(image["retrieval"]!));
        Assert.Equal(["k", "recall", "chance"], Names(image["retrieval"]!["class"]![0]!));
        Assert.Equal(["matched", "mismatched", "chance", "difference"], Names(image["mismatch"]!));
        Assert.Equal(["pixels", "features", "conditions", "per_condition"], Names(image["diversity"]!));
        Assert.Equal(["same_condition", "real_of_one_class", "different_conditions", "share_of_real", "share_of_different"],
            Names(image["diversity"]!["pixels"]!));
        Assert.Equal(["generated", "real", "songs", "resamples", "distance_resamples"], Names(image["counts"]!));

        var sound = Json(MetricsReport.Measure(Set(Modality.Sound) with { MismatchedNamed = null, Diversity = null }, 5,
            cancel: TestContext.Current.CancellationToken));
        Assert.Equal(["accuracy", "macro_accuracy", "fad", "kid", "inception_score", "retrieval", "counts", "precision", "recall",
            "density", "coverage", "kid_by_class"], Names(sound));
        Assert.Equal(image["fid"]!.ToJsonString(), sound["fad"]!.ToJsonString());
    }

    /// <summary>Generated samples once more as training samples: every figure has to be that of the generated ones.</summary>
    [Fact]
    public void TrainingSamplesStandInThePlaceOfGeneratedOnes()
    {
        var set = Set(Modality.Image);
        var report = MetricsReport.Measure(set with { Training = new RealSamples(set.Features, set.TrueClass, set.Song) }, 5,
            cancel: TestContext.Current.CancellationToken);
        var training = report.TrainingSamples!;
        Assert.Equal(report.Fid!.Value, training.Frechet, 1e-9);
        Assert.Equal(report.KidByClass!.Value, training.KidByClass!.Value, 1e-9);
        Assert.Equal((report.Precision!.Value, report.Recall!.Value), (training.Precision, training.Recall));
        Assert.Equal((report.Density!.Value, report.Coverage!.Value), (training.Density, training.Coverage));
        Assert.Equal(Count, training.Count);
        Assert.EndsWith($", halves of the real ones {report.Fid.RealHalves:0.00}, training ones {training.Frechet:0.00}",
            MetricsTable.Rows(report).Single(row => row.Name.Contains("FID")).Value);
        var written = Json(report);
        Assert.Equal(["frechet", "kid_by_class", "precision", "recall", "density", "coverage", "count"],
            Names(written["training_samples"]!));
        Assert.Equal(training, written.Deserialize(EvaluationJson.Default.MetricsReport)!.TrainingSamples);
    }

    /// <summary>A file of before these figures, and one with them, read as they were written.</summary>
    [Fact]
    public void FiguresThatCameLaterMayBeMissing()
    {
        var told = new TwoSampleFigure(0.75, 0.7, 0.8, [0.74, 0.76],
            [new TwoSampleAt(32, new Interval(0.6, 0.5, 0.7))], Count, Count);
        var written = Json(MetricsReport.Measure(Set(Modality.Image), 5, cancel: TestContext.Current.CancellationToken) with
        {
            TwoSample = told,
        });
        Assert.Equal(["value", "low", "high", "halves", "smaller", "generated", "real"], Names(written["two_sample"]!));
        var read = written.Deserialize(EvaluationJson.Default.MetricsReport)!;
        Assert.Equal(told.High, read.TwoSample!.High);
        Assert.Equal(4, read.KidByClass!.Classes.Count);
        Assert.Contains(MetricsTable.Rows(read), row => row.Value == "75.0% [70.0%, 80.0%], chance 50.0%");
        Assert.Contains(("  made smaller, 32 × 32", "60.0% [50.0%, 70.0%]"), MetricsTable.Rows(read));
        foreach (var name in new[] { "two_sample", "precision", "recall", "density", "coverage", "kid_by_class" })
            written.AsObject().Remove(name);
        var old = written.Deserialize(EvaluationJson.Default.MetricsReport)!;
        Assert.Null(old.TwoSample);
        Assert.Null(old.Precision);
        Assert.Equal(read.Fid, old.Fid);
        Assert.True(MetricsTable.Rows(old).Count < MetricsTable.Rows(read).Count - 5);
    }

    [Fact]
    public void RowsHaveValueAndInterval()
    {
        var report = MetricsReport.Measure(Set(Modality.Image), 5, cancel: TestContext.Current.CancellationToken);
        var rows = MetricsTable.Rows(report);
        Assert.Equal($"75.0% [{report.Accuracy.Low:0.0%}, {report.Accuracy.High:0.0%}]", rows[0].Value);
        var fid = report.Fid!;
        Assert.Equal($"{fid.Value:0.00} [{fid.Low:0.00}, {fid.High:0.00}], halves of the real ones {fid.RealHalves:0.00}",
            rows.Single(row => row.Name.Contains("FID")).Value);
        Assert.EndsWith("chance 25.0%", rows.Single(row => row.Name.Contains("another class")).Value);
        Assert.Equal(3, rows.Count(row => row.Name.StartsWith("finds a real one of its class", StringComparison.Ordinal)));
        Assert.Contains("of other conditions", rows.Single(row => row.Name.EndsWith("condition, pixels", StringComparison.Ordinal)).Value);
        Assert.Equal(("based on", "80 generated, 80 real, 16 songs"), rows[^1]);
        Assert.Contains(MetricsTable.Rows(MetricsReport.Measure(Set(Modality.Sound), 5, cancel: TestContext.Current.CancellationToken)),
            row => row.Name == "Fréchet audio distance (FAD)");
    }

    [Fact]
    public void OneSampleIsMeasuredAsFarAsItGoes()
    {
        var one = new SampleSet(Modality.Image, 3, [1], [1], [0.1f, 0.8f, 0.1f], Rows.Of(2, 1, 2), new FeatureRows(0, 2, []),
            [])
        { Song = [4] };
        var report = MetricsReport.Measure(one, 1, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(new Interval(1, 1, 1), report.Accuracy);
        Assert.Equal((null, null, null, null), (report.Fid, report.Kid, report.Retrieval, report.Mismatch));
        Assert.Equal(["accuracy", "macro_accuracy", "inception_score", "counts"], Names(Json(report)));
        Assert.Equal(["100.0%", "100.0%", "1.00", "1 generated, 0 real, of one song: no intervals"], MetricsTable.Rows(report)
            .Select(row => row.Value));
    }

    [Fact]
    public void WhatCannotBeMeasuredIsRefused()
    {
        var set = Set(Modality.Image);
        var none = new FeatureRows(0, 1, []);
        var broken = Rows.Normal(Count, Features, 1);
        broken.Values[13] = float.NaN;
        Assert.Contains("row 2 of 80 holds NaN", Assert.Throws<BadInputException>(() => Measure(set with { Features = broken })).Message);
        Assert.Contains("no generated samples",
            Assert.Throws<BadInputException>(() => Measure(new SampleSet(Modality.Image, 2, [], [], [], none, none, []))).Message);
        Assert.Contains("no class 4",
            Assert.Throws<ArgumentException>(() => Measure(set with { Named = [.. set.Named.Select(_ => 4)] })).Message);
        Assert.Throws<ArgumentException>(() => Measure(set with { Song = [1] }));
        Assert.Throws<ArgumentException>(() => Measure(set with { Probabilities = [1] }));
        Assert.Throws<OperationCanceledException>(() => MetricsReport.Measure(set, 1, cancel: new CancellationToken(canceled: true)));

        static MetricsReport Measure(SampleSet set) => MetricsReport.Measure(set, 1, cancel: TestContext.Current.CancellationToken);
    }

    /// <summary>Paired samples of 16 songs and 4 classes, three quarters of them named right.</summary>
    private static SampleSet Set(Modality modality)
    {
        var song = Enumerable.Range(0, Count).Select(i => i / 5).ToArray();
        int[] trueClass = [.. song.Select(s => s % Classes)];
        int[] named = [.. trueClass.Select((c, i) => c == 0 || i % 3 > 0 ? c : (c + 1) % Classes)];
        var random = new CountedRandom(11);
        var probabilities = new float[Count * Classes];
        for (var i = 0; i < Count; i++)
        {
            var rest = random.NextUniform(0.01f, 0.1f);
            for (var c = 0; c < Classes; c++)
                probabilities[i * Classes + c] = c == named[i] ? 1 - 3 * rest : rest;
        }

        var permutation = MismatchSensitivity.Derangement(trueClass, 1);
        var pixels = Rows.Normal(12, 20, 21);
        return new SampleSet(modality, Classes, trueClass, named, probabilities, Rows.Normal(Count, Features, 22),
            Rows.Normal(Count, Features, 23, mean: _ => 0.3), trueClass)
        {
            Song = song,
            ClassNames = ["oboe"],
            Paired = true,
            MismatchedNamed = [.. permutation.Select(p => named[p])],
            Diversity = new DiversitySamples(3, pixels, Rows.Normal(12, Features, 24), pixels, Rows.Normal(12, Features, 25),
                [.. Enumerable.Range(0, 12).Select(i => i / 3)], [0, 0, 1, 1]),
        };
    }

    private static JsonNode Json(MetricsReport report) =>
        JsonNode.Parse(JsonSerializer.Serialize(report, EvaluationJson.Default.MetricsReport))!;

    private static string[] Names(JsonNode node) => [.. node.AsObject().Select(property => property.Key)];
}
