using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Tests.Models;

public sealed class CodeSpheringTests
{
    private const int Size = 3, Each = 200, Classes = 2;

    /// <summary>
    /// Within its class each code goes ten times as far along (1, 1, 0) as across it: behind the sphering it goes as far, the two are
    /// uncorrelated, and all numbers have mean square 1.
    /// </summary>
    [Fact]
    public void WithinClassesCodesGoEquallyFarEverywhere()
    {
        using var device = Device.Open("cpu", 1);
        using var sphering = new CodeSphering(device, Size);
        var (codes, classes) = Draw();
        sphering.Fit(codes, classes);
        var sphered = Sphered(sphering, codes);
        var covariance = CovarianceWithin(sphered, classes);
        for (var i = 0; i < Size; i++)
        {
            for (var k = 0; k < Size; k++)
                Assert.Equal(i == k ? 1 : 0, covariance[i, k] / covariance[0, 0], 0.02);
        }

        Assert.Equal(1, sphered.Average(value => (double)value * value), 1e-4);
        var before = CovarianceWithin(codes, classes);
        Assert.True(before[0, 1] > 0.9 * before[0, 0], "the codes were to be correlated");
    }

    [Fact]
    public void WithoutAFitCodesStayAsTheyAre()
    {
        using var device = Device.Open("cpu", 1);
        using var sphering = new CodeSphering(device, Size);
        var (codes, _) = Draw();
        Assert.Equal(codes, Sphered(sphering, codes));
    }

    [Fact]
    public void ADirectionInWhichNothingChangesStaysSmall()
    {
        using var device = Device.Open("cpu", 1);
        using var sphering = new CodeSphering(device, Size);
        var (codes, classes) = Draw();
        for (var i = 2; i < codes.Length; i += Size)
            codes[i] = 0.4f;
        sphering.Fit(codes, classes);
        var sphered = Sphered(sphering, codes);
        Assert.All(sphered, value => Assert.True(float.IsFinite(value)));
        Assert.All(Enumerable.Range(0, classes.Length), i => Assert.Equal(0, sphered[i * Size + 2], 1e-4f));
    }

    [Fact]
    public void ACheckpointKeepsIt()
    {
        using var device = Device.Open("cpu", 1);
        using CodeSphering sphering = new(device, Size), loaded = new(device, Size);
        var (codes, classes) = Draw();
        sphering.Fit(codes, classes);
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-sphering-{Guid.NewGuid():N}.safetensors");
        try
        {
            new Checkpoint().Add("sphering", sphering).Save(path);
            new Checkpoint().Add("sphering", loaded).Load(path);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Equal(Sphered(sphering, codes), Sphered(loaded, codes));
    }

    [Fact]
    public void CodesThatDoNotFitAreRefused()
    {
        using var device = Device.Open("cpu", 1);
        using var sphering = new CodeSphering(device, Size);
        Assert.Throws<ArgumentException>(() => sphering.Fit(new float[Size * 2 + 1], [0, 1]));
        Assert.Throws<ArgumentException>(() => sphering.Fit([], []));
    }

    private static float[] Sphered(CodeSphering sphering, float[] codes)
    {
        using var scope = new Scope();
        return sphering.Forward(Tensor.From(sphering.Device, new Shape(codes.Length / Size, Size), codes)).ToArray();
    }

    private static (float[] Codes, int[] Classes) Draw()
    {
        var random = new CountedRandom(4, 4);
        var (codes, classes) = (new float[Classes * Each * Size], new int[Classes * Each]);
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = i % Classes;
            var (along, across, rest) = (5 * random.NextNormal(), 0.5f * random.NextNormal(), random.NextNormal());
            var center = classes[i] * 8f;
            (codes[i * Size], codes[i * Size + 1], codes[i * Size + 2]) = (center + along + across, center + along - across, rest - center);
        }

        return (codes, classes);
    }

    private static double[,] CovarianceWithin(float[] codes, int[] classes)
    {
        var result = new double[Size, Size];
        foreach (var members in Enumerable.Range(0, classes.Length).GroupBy(i => classes[i]).Select(members => members.ToArray()))
        {
            double[] means = [.. Enumerable.Range(0, Size).Select(k => members.Average(i => (double)codes[i * Size + k]))];
            foreach (var i in members)
            {
                for (var a = 0; a < Size; a++)
                {
                    for (var b = 0; b < Size; b++)
                        result[a, b] += (codes[i * Size + a] - means[a]) * (codes[i * Size + b] - means[b]) / classes.Length;
                }
            }
        }

        return result;
    }
}
