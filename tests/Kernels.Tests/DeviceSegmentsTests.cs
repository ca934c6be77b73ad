using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

/// <summary>Large blocks of the pool are cut out of segments and joined again.</summary>
public class DeviceSegmentsTests
{
    private const long MiB = 1 << 20;

    /// <summary>Memory that is only counted, from one address on.</summary>
    private sealed class Counted(long limit) : IDeviceAllocator
    {
        private readonly Dictionary<nint, long> _given = [];
        private nint _next = 1 << 30;

        public long Given => _given.Values.Sum();

        public long? FreeBytes => limit - Given;

        public nint Allocate(long bytes)
        {
            if (Given + bytes > limit)
                return 0;
            var address = _next;
            _next += (nint)bytes + 4096;
            _given.Add(address, bytes);
            return address;
        }

        public void Free(nint address) => Assert.True(_given.Remove(address), "freed what was never given");
    }

    [Fact]
    public void SizesThatTakeTurnsShareMemory()
    {
        var device = new Counted(1 << 30);
        using var pool = new DeviceMemoryPool(device, "test");
        for (var size = 5; size < 16; size++)
            pool.Release(pool.Allocate(size * MiB, "test"));
        Assert.Equal(16 * MiB, device.Given);
        Assert.Equal(0, pool.LiveBytes);
        Assert.Equal(device.Given, pool.CachedBytes);
    }

    /// <summary>Blocks of random sizes come and go: none overlaps another, and when all are back each segment is whole.</summary>
    [Fact]
    public void BlocksNeverOverlapAndJoinAgain()
    {
        var device = new Counted(4L << 30);
        using var pool = new DeviceMemoryPool(device, "test");
        var random = new CountedRandom(5);
        var live = new List<(DeviceBuffer Block, long Bytes)>();
        for (var round = 0; round < 4000; round++)
        {
            if (live.Count > 40 || (live.Count > 0 && random.NextInt(2) == 0))
            {
                var i = random.NextInt(live.Count);
                pool.Release(live[i].Block);
                live.RemoveAt(i);
                continue;
            }

            var bytes = MiB + random.NextInt(12 << 20);
            var block = pool.Allocate(bytes, "test");
            Assert.True(block.Capacity >= bytes && block.Capacity < bytes + (70 << 10));
            foreach (var (other, _) in live)
                Assert.True(block.Address + (nint)block.Capacity <= other.Address
                    || other.Address + (nint)other.Capacity <= block.Address, "two blocks overlap");
            live.Add((block, bytes));
            Assert.Equal(live.Sum(one => one.Block.Capacity), pool.LiveBytes);
            Assert.Equal(device.Given, pool.LiveBytes + pool.CachedBytes);
        }

        foreach (var (block, _) in live)
            pool.Release(block);
        Assert.True(device.Given < 1 << 30, $"{device.Given / MiB} MiB for 40 blocks of 7 MiB");
        pool.ReleaseCache();
        Assert.Equal((0, 0, 0), (device.Given, pool.LiveBytes, pool.CachedBytes));
    }

    [Fact]
    public void ALoopAsksTheDeviceForNothingOnceItIsWarm()
    {
        using var pool = new DeviceMemoryPool(new Counted(1 << 30), "test");
        void Step()
        {
            DeviceBuffer a = pool.Allocate(9 * MiB, "test"), b = pool.Allocate(30 * MiB, "test");
            pool.Release(a);
            var c = pool.Allocate(4 * MiB, "test");
            pool.Release(b);
            pool.Release(pool.Allocate(33 * MiB, "test"));
            pool.Release(c);
        }

        Step();
        var blocks = pool.DeviceAllocations;
        Allocations.NoneBy(() =>
        {
            for (var i = 0; i < 10; i++)
                Step();
        });
        Assert.Equal(blocks, pool.DeviceAllocations);
    }

    /// <summary>
    /// What a recording uses comes from a private pool, as partial sums do: it keeps every block until its end, and when the device has no
    /// room it is the shared pool that gives back.
    /// </summary>
    [Fact]
    public void APrivatePoolKeepsWhatItHasAndTheSharedOneGivesBack()
    {
        var device = new Counted(100 * MiB);
        using var pool = new DeviceMemoryPool(device, "test");
        var kept = pool.CreatePrivate();
        pool.Release(pool.Allocate(40 * MiB, "test"));
        kept.Allocate(38 * MiB, "test");
        kept.Release(kept.Allocate(100, "test"));
        var block = kept.Allocate(50 * MiB, "test");
        Assert.Equal(0, pool.CachedBytes);
        kept.Release(block);
        Assert.Throws<DeviceOutOfMemoryException>(() => kept.Allocate(55 * MiB, "test"));
        Assert.Throws<DeviceOutOfMemoryException>(() => pool.Allocate(20 * MiB, "test"));
        Assert.Equal(block.Address, kept.Allocate(50 * MiB, "test").Address);
        kept.Dispose();
        Assert.Equal(0, device.Given);
        kept.Release(block);
    }

    [Fact]
    public void ADeviceWithoutRoomForARoomySegmentGivesWhatIsNeeded()
    {
        var device = new Counted(10 * MiB);
        using var pool = new DeviceMemoryPool(device, "test");
        var first = pool.Allocate(6 * MiB, "test");
        Assert.Equal(6 * MiB, device.Given);
        var error = Assert.Throws<DeviceOutOfMemoryException>(() => pool.Allocate(5 * MiB, "an op"));
        Assert.Equal("out of memory on test in an op: asked 5.0 MiB, live 6.0 MiB, cached 0.0 MiB, free 4.0 MiB", error.Message);
        Assert.Equal(("test", "an op", DeviceProblem.OutOfMemory), (error.Device, error.Op, error.Problem));
        Assert.Equal((5 * MiB, 6 * MiB, 0L, 4 * MiB), (error.RequestedBytes, error.LiveBytes, error.CachedBytes, error.FreeBytes));
        pool.Release(first);
        Assert.Throws<InvalidOperationException>(() => pool.Release(first));
        pool.Allocate(9 * MiB, "test");
        Assert.Equal(9 * MiB, device.Given);
    }
}
