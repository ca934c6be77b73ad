using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary><c>simulator::array_counts</c> of kernels/host/count.h, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ArrayCountRecord
{
    public long LoadRequests, LoadBytes, LoadSectors, StoreRequests, StoreBytes, StoreSectors, CopiedSectors, ReadOnce, WrittenOnce;
}

/// <summary><c>simulator::product_counts</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProductCountRecord
{
    public nint Name;
    public long MultiplyAdds, Calls;
}

[InlineArray(LaunchCounter.ProductsAtMost)]
internal struct ProductCountRecords
{
    private ProductCountRecord _first;
}

/// <summary><c>simulator::block_counts</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BlockCountRecord
{
    public long Block;
    public ArrayCountRecord* Arrays;
    public long SharedRequests, SharedIdeal, SharedWavefronts, Lanes, IdleLanes, Barriers, Collectives, MultiplyAdds, TensorSharedBytes;
    public int StaticSharedBytes, ProductKinds;
    public ProductCountRecords Products;
}

/// <summary><c>simulator::counting</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CountingRecord
{
    public BlockCountRecord* Blocks;
}

/// <summary>The memory that some blocks of a launch are counted in, and how it is read.</summary>
internal sealed unsafe class LaunchCounter : IDisposable
{
    /// <summary><c>simulator::products_at_most</c>.</summary>
    public const int ProductsAtMost = 8;

    /// <summary>Blocks that are counted of a grid with more of them.</summary>
    public const int MostSamples = 8;

    private readonly LaunchRecord* _launch;
    private readonly LaunchShape _shape;
    private readonly (long Block, long Weight)[] _samples;
    private readonly int _arrays;
    private readonly CountingRecord* _record;

    /// <summary>Asks for some blocks of the launch to be counted, and no others to be run.</summary>
    public LaunchCounter(LaunchRecord* launch, in LaunchShape shape)
    {
        _launch = launch;
        _shape = shape;
        _samples = Sample(shape.Grid.Count);
        _arrays = (int)launch->RangeCount;
        _record = (CountingRecord*)NativeMemory.AllocZeroed((nuint)sizeof(CountingRecord));
        _record->Blocks = (BlockCountRecord*)NativeMemory.AllocZeroed((nuint)_samples.Length, (nuint)sizeof(BlockCountRecord));
        for (var i = 0; i < _samples.Length; i++)
        {
            _record->Blocks[i].Block = _samples[i].Block;
            _record->Blocks[i].Arrays =
                (ArrayCountRecord*)NativeMemory.AllocZeroed((nuint)Math.Max(1, _arrays), (nuint)sizeof(ArrayCountRecord));
        }

        launch->Counted = _record;
    }

    /// <summary>How many blocks are run.</summary>
    public int Samples => _samples.Length;

    /// <summary>
    /// Which blocks stand for a grid, and for how many each: the first and the last for themselves, because what is left over of an array
    /// falls to the last; between them one of each of a few equal pieces. Where it lies within its piece differs from piece to piece, so
    /// that the columns of a grid of tiles take turns.
    /// </summary>
    public static (long Block, long Weight)[] Sample(long blocks)
    {
        if (blocks <= MostSamples)
            return [.. Enumerable.Range(0, (int)blocks).Select(block => ((long)block, 1L))];
        var pieces = MostSamples - 2;
        var samples = new (long, long)[MostSamples];
        samples[0] = (0, 1);
        samples[^1] = (blocks - 1, 1);
        for (var i = 0; i < pieces; i++)
        {
            var (start, end) = (1 + (blocks - 2) * i / pieces, 1 + (blocks - 2) * (i + 1) / pieces);
            var share = (i + 0.5) * 0.6180339887 % 1;
            samples[i + 1] = (start + (long)(share * (end - start)), end - start);
        }

        return samples;
    }

    /// <summary>What was counted, as of the whole grid.</summary>
    public LaunchCounts Read(string family)
    {
        var kernel = _launch->Function;
        var arrays = new ArrayTraffic[_arrays];
        for (var i = 0; i < _arrays; i++)
        {
            var range = _launch->Ranges[i];
            double Sum(Func<ArrayCountRecord, long> count)
            {
                var sum = 0.0;
                for (var sample = 0; sample < _samples.Length; sample++)
                    sum += (double)count(_record->Blocks[sample].Arrays[i]) * _samples[sample].Weight;
                return sum;
            }

            arrays[i] = new ArrayTraffic(NameOf(range.Address), range.Bytes, Sum(one => one.LoadRequests), Sum(one => one.LoadBytes),
                Sum(one => one.LoadSectors), Sum(one => one.StoreRequests), Sum(one => one.StoreBytes), Sum(one => one.StoreSectors),
                Sum(one => one.CopiedSectors), Sum(one => one.ReadOnce), Sum(one => one.WrittenOnce));
        }

        double Total(Func<BlockCountRecord, long> count)
        {
            var sum = 0.0;
            for (var sample = 0; sample < _samples.Length; sample++)
                sum += (double)count(_record->Blocks[sample]) * _samples[sample].Weight;
            return sum;
        }

        var staticBytes = Enumerable.Range(0, _samples.Length).Max(sample => _record->Blocks[sample].StaticSharedBytes);
        return new LaunchCounts(family, kernel->NameText, _shape, _samples.Length, kernel->ThreadsBound, staticBytes, arrays, Products())
        {
            SharedRequests = Total(one => one.SharedRequests),
            SharedIdeal = Total(one => one.SharedIdeal),
            SharedWavefronts = Total(one => one.SharedWavefronts),
            Lanes = Total(one => one.Lanes),
            IdleLanes = Total(one => one.IdleLanes),
            Barriers = Total(one => one.Barriers),
            Collectives = Total(one => one.Collectives),
            MultiplyAdds = Total(one => one.MultiplyAdds),
            TensorSharedBytes = Total(one => one.TensorSharedBytes),
        };
    }

    public void Dispose()
    {
        _launch->Counted = null;
        for (var i = 0; i < _samples.Length; i++)
            NativeMemory.Free(_record->Blocks[i].Arrays);
        NativeMemory.Free(_record->Blocks);
        NativeMemory.Free(_record);
    }

    private List<TensorProducts> Products()
    {
        var products = new List<TensorProducts>();
        for (var sample = 0; sample < _samples.Length; sample++)
        {
            var weight = (double)_samples[sample].Weight;
            ReadOnlySpan<ProductCountRecord> counted = _record->Blocks[sample].Products;
            foreach (var one in counted[.._record->Blocks[sample].ProductKinds])
            {
                var name = Marshal.PtrToStringUTF8(one.Name)!;
                var known = products.FindIndex(product => product.Name == name);
                var before = known < 0 ? new TensorProducts(name, 0, 0) : products[known];
                var after = before with
                {
                    MultiplyAdds = before.MultiplyAdds + one.MultiplyAdds * weight,
                    Calls = before.Calls + one.Calls * weight,
                };
                if (known < 0)
                    products.Add(after);
                else
                    products[known] = after;
            }
        }

        return products;
    }

    /// <summary>The parameter that an array was given as.</summary>
    private string NameOf(nint address)
    {
        var kernel = _launch->Function;
        for (var i = 0; i < kernel->ParameterCount; i++)
        {
            if (kernel->Pointers[i] && *(nint*)_launch->Arguments[i] == address)
                return Marshal.PtrToStringUTF8((nint)kernel->Parameters[i])!;
        }

        return "";
    }
}
