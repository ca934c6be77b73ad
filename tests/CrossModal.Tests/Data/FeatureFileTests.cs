using CrossModal.Data;

namespace CrossModal.Tests.Data;

public sealed class FeatureFileTests : DatasetFixture
{
    [Fact]
    public void FeaturesAreComputedOnceForAKeyAndShape()
    {
        var rows = 0;
        var steps = new List<int>();
        void Compute(int first, int n, Span<float> destination)
        {
            Assert.Equal(n * 7, destination.Length);
            for (var i = 0; i < destination.Length; i++)
                destination[i] = first * 7 + i;
            rows += n;
        }

        FeatureFile Features(string key, int count, Action<int, int>? progress = null) =>
            FeatureFile.OpenOrCompute(key, count, 7, Compute, progress, TestContext.Current.CancellationToken);
        using (var features = Features("mel 64 abc", 600, (done, _) => steps.Add(done)))
        {
            Assert.Equal((600, 7), (features.Count, features.Length));
            Assert.Equal([599 * 7f, 599 * 7 + 1, 599 * 7 + 2, 599 * 7 + 3, 599 * 7 + 4, 599 * 7 + 5, 599 * 7 + 6], Row(features, 599));
            Assert.Throws<ArgumentOutOfRangeException>(() => Row(features, 600));
            Assert.Throws<ArgumentOutOfRangeException>(() => Row(features, -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => features.Read(0, new float[6]));
        }

        Assert.Equal(600, rows);
        Assert.Equal([0, 256, 512, 600], steps);
        using (var again = Features("mel 64 abc", 600))
            Assert.Equal(7f, Row(again, 1)[0]);
        Assert.Equal(600, rows);
        Features("mel 64 abd", 600).Dispose();
        Features("mel 64 abc", 601).Dispose();
        Assert.Equal(1801, rows);
        Assert.Equal(3, Directory.GetFileSystemEntries(Path.Combine(Cache, "features")).Length);
    }

    [Fact]
    public void AStoppedOrDamagedComputationIsRepeated()
    {
        static void Compute(int first, int n, Span<float> destination) => destination.Fill(first);
        var cancel = TestContext.Current.CancellationToken;
        Assert.Throws<InvalidOperationException>(() => FeatureFile.OpenOrCompute("a", 1000, 2, (first, n, destination) =>
        {
            if (first > 0)
                throw new InvalidOperationException("killed");
        }, null, cancel));
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            FeatureFile.OpenOrCompute("a", 1000, 2, (first, n, destination) => stop.Cancel(), null, stop.Token));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Cache, "features")));

        FeatureFile.OpenOrCompute("a", 1000, 2, Compute, null, cancel).Dispose();
        var path = Assert.Single(Directory.GetFiles(Path.Combine(Cache, "features")));
        var bytes = File.ReadAllBytes(path);
        bytes[20] ^= 1;
        File.WriteAllBytes(path, bytes);
        using (var repaired = FeatureFile.OpenOrCompute("a", 1000, 2, Compute, null, cancel))
            Assert.Equal(768f, Row(repaired, 999)[1]);
        bytes[20] ^= 1;
        bytes[5000] ^= 1;
        File.WriteAllBytes(path, bytes);
        using (var repaired = FeatureFile.OpenOrCompute("a", 1000, 2, Compute, null, cancel))
            Assert.Equal(512f, Row(repaired, 617)[0]);
        File.WriteAllBytes(path, bytes[..^4]);
        using (var repaired = FeatureFile.OpenOrCompute("a", 1000, 2, Compute, null, cancel))
            Assert.Equal(768f, Row(repaired, 999)[1]);
    }

    private static float[] Row(FeatureFile features, int row)
    {
        var values = new float[features.Length];
        features.Read(row, values);
        return values;
    }
}
