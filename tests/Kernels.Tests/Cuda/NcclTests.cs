using System.Runtime.InteropServices;
using CrossModal.Kernels.Communication;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Libraries;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// Sums over ranks by NCCL, without a GPU: StandInNccl.cpp is found as NCCL would be, and ranks are threads, each with a simulated GPU.
/// What this cannot show is how the real library behaves on cards.
/// </summary>
public sealed unsafe class NcclTests(NcclTests.Library library) : IClassFixture<NcclTests.Library>
{
    private const int InternalError = 3, InvalidArgument = 4, RemoteError = 6;

    [Fact]
    public void ArraysAreSummedWhereTheyLieAndInOneGroup()
    {
        OnRanks(2, (backend, ranks) =>
        {
            // The long one does not fit into what the stand-in moves at once.
            var (few, many) = (ArrayOf(backend, 3), ArrayOf(backend, 300_000));
            backend.Upload<float>([1, 2, ranks.Rank], few);
            backend.Fill(many, ranks.Rank + 1);
            backend.SumOverRanks(ranks, few, many);
            Assert.Equal([2, 4, 1], Read(backend, few));
            Assert.All(Read(backend, many), value => Assert.Equal(3, value));
            backend.SumOverRanks(ranks, few);
            Assert.Equal([4, 8, 2], Read(backend, few));
            Assert.Equal((3, 2), library.Counts(ranks));
            Assert.Equal("threads, NCCL 2.27.5", ranks.Description);
            Assert.Contains("sums over ranks: NCCL 2.27.5", backend.ComputedBy);
        });
        Assert.Equal(0, library.Live());
    }

    [Fact]
    public void DoublePrecisionIsSummedAsSuch() => OnRanks(2, (backend, ranks) =>
    {
        var array = new DeviceArray(backend.Memory.Allocate(16, "test").Address, 2, ElementType.Float64);
        backend.Upload<double>([1e-12, 1], array);
        backend.SumOverRanks(ranks, array);
        var sums = new double[2];
        backend.Download<double>(array, sums);
        Assert.Equal([2e-12, 2], sums);
    });

    [Fact]
    public void ASumIsPartOfACapturedGraph() => OnRanks(2, (backend, ranks) =>
    {
        var array = ArrayOf(backend, 2);
        backend.Upload<float>([1, 3], array);
        backend.SumOverRanks(ranks, array);
        using var graph = backend.CaptureGraph(() => backend.SumOverRanks(ranks, array))!;
        Assert.Equal([2, 6], Read(backend, array));
        graph.Launch();
        graph.Launch();
        Assert.Equal([8, 24], Read(backend, array));
    });

    /// <summary>Rank 0 decides for all; the others' libraries are not asked.</summary>
    [Fact]
    public void WithoutNcclOnRank0SumsGoThroughTheHost() => OnRanks(2, (backend, ranks) =>
    {
        var nccl = new NcclCommunicator(ranks, 1, ranks.IsFirst ? "NCCL was not found" : null);
        Assert.False(nccl.Join());
        Assert.False(nccl.TakesDeviceMemory);
        var array = ArrayOf(backend, 2);
        backend.Upload<float>([1, ranks.Rank], array);
        backend.SumOverRanks(nccl, array);
        Assert.Equal([2, 1], Read(backend, array));
        Assert.Equal("threads", nccl.Description);
    }, connect: false);

    [Fact]
    public void ARankWithoutNcclSaysSoWhereRank0HasIt()
    {
        var error = Assert.Throws<CudaException>(() => OnRanks(2, (_, ranks) =>
        {
            var nccl = new NcclCommunicator(ranks, 1, ranks.IsFirst ? null : "NCCL was not found");
            if (ranks.IsFirst)
                ranks.Share(new byte[NcclUniqueId.Size]);
            else
                nccl.Join();
        }, connect: false));
        Assert.Equal("rank 0 sums with NCCL, and here: NCCL was not found", error.Message);
    }

    [Fact]
    public void AnErrorHasFunctionMeaningCodeAndWhatTheLibrarySays() => OnRanks(1, (backend, ranks) =>
    {
        var nccl = new NcclCommunicator(ranks, 1, null);
        Assert.Equal("ncclCommInitRank: invalid argument (ncclResult_t 4): planted by the test; NCCL_DEBUG=INFO says more",
            library.Broken("ncclCommInitRank", InvalidArgument, () => nccl.Join()));

        using var other = new NcclCommunicator(ranks, 1, null);
        Assert.True(other.Join());
        var array = ArrayOf(backend, 2);
        backend.Upload<float>([1, 2], array);
        Assert.StartsWith("ncclAllReduce: something else (ncclResult_t 3)",
            library.Broken("ncclAllReduce", InternalError, () => other.Sum(array)));

        // The group was ended in spite of it.
        other.Sum(array);
        Assert.Equal([1, 2], Read(backend, array));
        Assert.Equal((1, 1), library.Counts(other));
    }, connect: false);

    [Fact]
    public void ARankThatDoesNotComeIsToldAndNotWaitedForForever()
    {
        library.Set("patience", 500);
        try
        {
            var error = Assert.Throws<CudaException>(() => OnRanks(2, (backend, ranks) =>
            {
                var array = ArrayOf(backend, 1);
                backend.Upload<float>([1], array);
                backend.SumOverRanks(ranks, array);
                if (ranks.IsFirst)
                    backend.SumOverRanks(ranks, array);
            }));
            Assert.StartsWith("ncclGroupEnd: remote process exited (ncclResult_t 6): a rank did not come to a sum", error.Message);
        }
        finally
        {
            library.Set("patience", 60_000);
        }
    }

    [Fact]
    public void WhatWentWrongWhileTheGpuWorkedIsToldBeforeTheNextStepAndEndsItsWork() => OnRanks(1, (_, ranks) =>
    {
        var nccl = new NcclCommunicator(ranks, 1, null);
        nccl.Join();
        nccl.RequireHealthy();
        library.Set("asynchronous", RemoteError);
        try
        {
            var error = Assert.Throws<CudaException>(nccl.RequireHealthy);
            Assert.StartsWith("sums over ranks by NCCL: remote process exited (ncclResult_t 6)", error.Message);
            Assert.Equal(0, library.Live());
        }
        finally
        {
            library.Set("asynchronous", 0);
        }
    }, connect: false);

    [Fact]
    public void OneRankAloneTriesTheLibrary() =>
        OnRanks(1, (backend, _) => Assert.Equal("2.27.5", backend.TryNccl()), connect: false);

    [Theory]
    [InlineData(2708, "2.7.8")]
    [InlineData(20906, "2.9.6")]
    public void AnOldVersionIsRefused(int code, string version)
    {
        library.Set("version", code);
        try
        {
            Assert.StartsWith($"NCCL {version} is too old: 2.10 is needed; ", NcclCommunicator.Problem);
        }
        finally
        {
            library.Set("version", 22705);
        }

        Assert.Null(NcclCommunicator.Problem);
    }

    [Theory]
    [InlineData(0, 2, null, 0)]
    [InlineData(1, 2, null, 1)]
    [InlineData(1, 2, "2,3", 1)]
    [InlineData(3, 1, "3", 0)]
    public void EachRankHasTheGpuOfItsNumberOrTheOneThatItIsShown(int rank, int gpus, string? visible, int expected) =>
        Assert.Equal(expected, NativeCudaDriver.DeviceOf(new Threads(4).Member(rank), gpus, visible));

    [Theory]
    [InlineData(2, null)]
    [InlineData(2, "0,1")]
    [InlineData(1, null)]
    public void MoreRanksThanGpusIsToldInOneLine(int gpus, string? visible)
    {
        var error = Assert.Throws<CudaException>(() => NativeCudaDriver.DeviceOf(new Threads(4).Member(3), gpus, visible));
        Assert.Equal($"rank 3 has no GPU: it is number 3 of 4 ranks on its machine, from 0, which shows {gpus} "
            + $"GPU{(gpus == 1 ? "" : "s")}; start as many ranks on a machine as it has GPUs", error.Message);
    }

    [Fact]
    public void TheSimulatorTakesNoLibraryThatNobodyNamed()
    {
        using var backend = new CudaBackend(new SimulatedDriver(1), new DeviceSettings());
        Assert.Same(Communicator.Alone, backend.Connect(Communicator.Alone, out var remark));
        Assert.Null(remark);
    }

    /// <summary>Does the same on ranks that are threads; the first error of any is thrown.</summary>
    private static void OnRanks(int size, Action<CudaBackend, Communicator> work, bool connect = true)
    {
        var threads = new Threads(size);
        var errors = new Exception?[size];
        var running = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            var ranks = threads.Member(rank);
            try
            {
                using var leave = ranks;
                using var backend = new CudaBackend(new SimulatedDriver(1), new DeviceSettings());
                work(backend, connect ? backend.Connect(ranks, out _) : ranks);
            }
            catch (Exception error)
            {
                errors[rank] = error;
            }
        })).ToList();
        running.ForEach(thread => thread.Start());
        running.ForEach(thread => thread.Join());
        if (errors.FirstOrDefault(error => error is not null) is { } first)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    private static DeviceArray ArrayOf(CudaBackend backend, int count) =>
        new(backend.Memory.Allocate(count * sizeof(float), "test").Address, count, ElementType.Float32);

    private static float[] Read(CudaBackend backend, DeviceArray array)
    {
        var values = new float[array.Count];
        backend.Download<float>(array, values);
        return values;
    }

    /// <summary>The stand-in, compiled and named in the environment before anything asks for NCCL.</summary>
    public sealed class Library : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-nccl-").FullName;

        public Library()
        {
            var path = StandInNccl.Build(_folder);
            Environment.SetEnvironmentVariable(StandInNccl.Variable, path);
            Assert.Equal(new LibraryLookup(CudaLibrary.Nccl.Lookup.Handle, path, null), CudaLibrary.Nccl.Lookup);
        }

        public int Live() => ((delegate* unmanaged<int>)Export("stand_in_live"))();

        public void Set(string what, int value) => ((delegate* unmanaged<int, void>)Export($"stand_in_{what}"))(value);

        /// <summary>Sums and groups that a rank's communicator has done.</summary>
        internal (int Sums, int Groups) Counts(Communicator ranks)
        {
            var communicator = ((NcclCommunicator)ranks).Handle;
            return (((delegate* unmanaged<nint, int>)Export("stand_in_sums"))(communicator),
                ((delegate* unmanaged<nint, int>)Export("stand_in_groups"))(communicator));
        }

        /// <summary>What is said when a function of the library fails.</summary>
        public string Broken(string function, int result, Action work)
        {
            var plant = (delegate* unmanaged<nint, int, void>)Export("stand_in_break");
            var name = Marshal.StringToCoTaskMemUTF8(function);
            try
            {
                plant(name, result);
                return Assert.Throws<CudaException>(work).Message;
            }
            finally
            {
                plant(name, 0);
                Marshal.FreeCoTaskMem(name);
            }
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private static nint Export(string name) => NativeLibrary.GetExport(CudaLibrary.Nccl.Lookup.Handle, name);
    }

    /// <summary>Ranks that are threads of this process.</summary>
    private sealed class Threads(int size)
    {
        private readonly Barrier _barrier = new(size);
        private readonly object?[] _laid = new object?[size];

        public Communicator Member(int rank) => new Mate(this, rank);

        private object?[] Exchange(int rank, object? value)
        {
            _laid[rank] = value;
            Assert.True(_barrier.SignalAndWait(TimeSpan.FromMinutes(1)), "a rank did not come");
            var all = _laid.ToArray();
            Assert.True(_barrier.SignalAndWait(TimeSpan.FromMinutes(1)), "a rank did not come");
            return all;
        }

        private sealed class Mate(Threads threads, int rank) : Communicator
        {
            public override int Rank => rank;

            public override int Size => threads._laid.Length;

            public override int LocalSize => Size;

            public override string Description => "threads";

            protected override void SumOf(DeviceArray array)
            {
                var all = threads.Exchange(rank, array.Span<float>().ToArray()).Cast<float[]>().ToArray();
                for (var i = 0; i < array.Count; i++)
                    array.Span<float>()[i] = all.Sum(values => values[i]);
            }

            public override bool Any(bool value) => threads.Exchange(rank, value).Contains(true);

            public override byte[] Share(byte[] bytes) => (byte[])threads.Exchange(rank, bytes)[0]!;

            public override void Abort(int exitCode) => throw new NotSupportedException();

            public override void Dispose()
            {
                threads.Exchange(rank, null);
                End();
            }
        }
    }
}
