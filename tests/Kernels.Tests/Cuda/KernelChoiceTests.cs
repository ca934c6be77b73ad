using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>Choosing by measurement, with a clock that the test sets instead of a GPU's.</summary>
public sealed class KernelChoiceTests
{
    private readonly KernelChoiceFile _nowhere = new(null, "test");
    private readonly FakeCandidates _candidates = new();
    private readonly FakeTimer _timer;

    public KernelChoiceTests() => _timer = new FakeTimer(_candidates);

    [Fact]
    public void TheFastestIsChosenAndStaysChosen()
    {
        _candidates.Milliseconds = [3, 1, 2];
        var choice = Choice(_nowhere);
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal(1, _candidates.Last);
        _candidates.Milliseconds = [1, 3, 2];
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal(1, _candidates.Last);
        Assert.Equal(3, _timer.Measurements);
        choice.Run(new Shape(5), A, B, Output);
        Assert.Equal(0, _candidates.Last);
    }

    [Fact]
    public void OfEquallyFastOnesTheFirstIsChosen()
    {
        _candidates.Milliseconds = [2, 1, 1];
        Choice(_nowhere).Run(new Shape(4), A, B, Output);
        Assert.Equal(1, _candidates.Last);
    }

    [Fact]
    public void WhatFailsOrDeclinesOrHasNoTimeIsNeverChosen()
    {
        _candidates.Milliseconds = [5, 1, 2];
        _candidates.Refuses = 1;
        _candidates.Declines = 2;
        Choice(_nowhere).Run(new Shape(4), A, B, Output);
        Assert.Equal(0, _candidates.Last);

        (_candidates.Refuses, _candidates.Declines) = (-1, -1);
        _candidates.Milliseconds = [double.NaN, -1, 7];
        Choice(_nowhere).Run(new Shape(5), A, B, Output);
        Assert.Equal(2, _candidates.Last);
    }

    [Fact]
    public void WithoutAnyTimeTheDefaultServes()
    {
        _candidates.Milliseconds = [double.NaN, double.NaN, double.NaN];
        var choice = Choice(_nowhere);
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal(FakeCandidates.DefaultCandidate, _candidates.Last);
    }

    [Fact]
    public void ARememberedOneThatDeclinesIsReplacedForTheCall()
    {
        _candidates.Milliseconds = [3, 1, 2];
        var choice = Choice(_nowhere);
        choice.Run(new Shape(4), A, B, Output);
        _candidates.Declines = 1;
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal(0, _candidates.Last);
    }

    [Fact]
    public void NobodyForAShapeIsAnErrorThatNamesTheCandidates()
    {
        _candidates.Milliseconds = [1, 1, 1];
        var choice = Choice(_nowhere);
        _candidates.DeclinesAll = true;
        var error = Assert.Throws<CudaException>(() => choice.Run(new Shape(4), A, B, Output));
        Assert.Contains("fake product", error.Message);
        Assert.Contains("slow, fast, other", error.Message);
    }

    [Fact]
    public void NothingIsMeasuredWhileAStreamIsCaptured()
    {
        _candidates.Milliseconds = [1, 2, 3];
        _timer.Capturing = true;
        var choice = Choice(_nowhere);
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal((FakeCandidates.DefaultCandidate, 0), (_candidates.Last, _timer.Measurements));

        // The makeshift is not kept.
        _timer.Capturing = false;
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal((0, 3), (_candidates.Last, _timer.Measurements));
    }

    [Fact]
    public void ADeviceWithoutTimesTakesTheDefaultAndAllocatesNothing()
    {
        _timer.Measures = false;
        var choice = Choice(_nowhere);
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal((FakeCandidates.DefaultCandidate, 0), (_candidates.Last, _timer.Measurements));
        AssertAllocatesNothing(choice);
    }

    [Fact]
    public void ANewCallOfAKnownShapeAllocatesNothing()
    {
        _candidates.Milliseconds = [3, 1, 2];
        var choice = Choice(_nowhere);
        choice.Run(new Shape(4), A, B, Output);
        AssertAllocatesNothing(choice);
    }

    [Fact]
    public void ArraysThatBeginBetweenVectorsAreACaseOfTheirOwn()
    {
        _candidates.Milliseconds = [3, 1, 2];
        var choice = Choice(_nowhere);
        choice.Run(new Shape(4), A, B, Output);
        _candidates.Milliseconds = [1, 2, 3];
        choice.Run(new Shape(4), A, new DeviceArray(B.Address + 4, 4, ElementType.Float32), Output);
        Assert.Equal(0, _candidates.Last);
        choice.Run(new Shape(4), A, B, Output);
        Assert.Equal(1, _candidates.Last);
    }

    [Fact]
    public void TheNextProcessChoosesTheSameWithoutMeasuring()
    {
        using var folder = new TemporaryFile();
        _candidates.Milliseconds = [3, 1, 2];
        Choice(new KernelChoiceFile(folder.Path, "card")).Run(new Shape(4), A, B, Output);
        _candidates.Milliseconds = [1, 3, 2];
        var measured = _timer.Measurements;
        Choice(new KernelChoiceFile(folder.Path, "card")).Run(new Shape(4), A, B, Output);
        Assert.Equal((1, measured), (_candidates.Last, _timer.Measurements));
    }

    [Fact]
    public void AChoiceThatNoLongerExistsIsMeasuredAnew()
    {
        using var folder = new TemporaryFile();
        var file = new KernelChoiceFile(folder.Path, "card");
        file.Remember($"fake product {new Shape(4)}", "a version of long ago", ["a version of long ago"], [1]);
        _candidates.Milliseconds = [3, 1, 2];
        Choice(new KernelChoiceFile(folder.Path, "card")).Run(new Shape(4), A, B, Output);
        Assert.Equal((1, 3), (_candidates.Last, _timer.Measurements));
        Assert.Equal("fast", new KernelChoiceFile(folder.Path, "card").Find($"fake product {new Shape(4)}"));
    }

    private static DeviceArray A => new(0x1000, 4, ElementType.Float32);

    private static DeviceArray B => new(0x2000, 4, ElementType.Float32);

    private static DeviceArray Output => new(0x3000, 4, ElementType.Float32);

    private KernelChoice<Shape> Choice(KernelChoiceFile file) => new(_candidates, _timer, file);

    private void AssertAllocatesNothing(KernelChoice<Shape> choice)
    {
        _candidates.Outputs.Clear();
        _candidates.Outputs.EnsureCapacity(8);

        Allocations.NoneBy(() => choice.Run(new Shape(4), A, B, Output));
    }

    private readonly record struct Shape(int Count);

    /// <summary>Three ways to compute nothing, which note who was run last and into what.</summary>
    private sealed class FakeCandidates : IKernelCandidates<Shape>
    {
        public const int DefaultCandidate = 2;

        public double[] Milliseconds { get; set; } = [];

        public int Refuses { get; set; } = -1;

        public int Declines { get; set; } = -1;

        public bool DeclinesAll { get; set; }

        public int Last { get; private set; } = -1;

        public List<nint> Outputs { get; } = [];

        public string Name => "fake product";

        public IReadOnlyList<string> Names { get; } = ["slow", "fast", "other"];

        public int Default(in Shape shape) => DefaultCandidate;

        public bool Run(int candidate, in Shape shape, DeviceArray first, DeviceArray second, DeviceArray output)
        {
            if (candidate == Refuses)
                throw new CudaException("fake: refused");
            if (candidate == Declines || DeclinesAll)
                return false;
            Last = candidate;
            Outputs.Add(output.Address);
            return true;
        }
    }

    /// <summary>Says the time that the test gave the candidate which was launched.</summary>
    private sealed class FakeTimer(FakeCandidates candidates) : IKernelTimer
    {
        public bool Measures { get; set; } = true;

        public bool OnDevice => true;

        public bool Capturing { get; set; }

        public int Measurements { get; private set; }

        public double Milliseconds(Func<bool> launch)
        {
            Assert.True(Measures && !Capturing);
            Measurements++;
            return launch() ? candidates.Milliseconds[candidates.Last] : double.NaN;
        }
    }
}
