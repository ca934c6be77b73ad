using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Filling, copying along strides, images moved each by its own offset, and labels turned into rows.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void Fill(DeviceArray y, double value)
    {
        // One pattern of eight bytes for every type; Lanes.Grain is even, so a block starts on a whole pattern.
        var pattern = y.Type switch
        {
            ElementType.Float32 => Twice(BitConverter.SingleToUInt32Bits((float)value)),
            ElementType.Float64 => BitConverter.DoubleToUInt64Bits(value),
            ElementType.BFloat16 => Twice(BFloat16.Round((float)value).Bits * 0x0001_0001u),
            ElementType.Int32 => Twice((uint)(int)value),
            _ => (ulong)(long)value,
        };
        var words = y.Bytes / sizeof(uint);
        _kept.Forget(y);
        if (y.Bytes % sizeof(uint) != 0)
            *(ushort*)(y.Address + (nint)words * sizeof(uint)) = (ushort)pattern;
        _workers.Run(new FillBody(pattern, (uint*)y.Address, words), Blocks(words, Lanes.Grain), 1);

        static ulong Twice(uint word) => word | (ulong)word << 32;
    }

    public override void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y)
    {
        if (x.Type != y.Type)
            throw new ArgumentException($"strided copy: {x.Type} cannot be copied to {y.Type}");
        if (geometry.Count == 0)
            return;
        var plan = new CopyPlan(geometry);
        _kept.Forget(y);
        if (y.Type.Size() == sizeof(short))
            Copy(new CopyTile<short>((short*)x.Address, (short*)y.Address), plan);
        else if (y.Type.Size() == sizeof(int))
            Copy(new CopyTile<int>((int*)x.Address, (int*)y.Address), plan);
        else
            Copy(new CopyTile<long>((long*)x.Address, (long*)y.Address), plan);
    }

    public override void OneHot(DeviceArray labels, int classes, DeviceArray y) =>
        _workers.Run(new OneHotBody(labels.Int32, classes, Output(y)), checked((int)labels.Count),
            Math.Max(1, Lanes.Grain / Math.Max(classes, 1)));

    public override void Shift(in ShiftGeometry geometry, DeviceArray x, DeviceArray offsets, DeviceArray y)
    {
        if (geometry.Count > 0)
            _workers.Run(new ShiftBody(geometry, x.Float32, offsets.Float32, Output(y)), checked(geometry.Batch * geometry.Height),
                Math.Max(1, Lanes.Grain / geometry.RowCount));
    }

    private void Copy<T>(CopyTile<T> tile, in CopyPlan plan) where T : unmanaged =>
        _workers.Run(new CopyBody<T>(tile, plan), plan.Tasks, Math.Max(1, Lanes.Grain / plan.ElementsPerTask));

    private readonly struct FillBody(ulong pattern, uint* y, long words) : IRangeBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var i = (long)first * Lanes.Grain;
            var stop = Math.Min((long)end * Lanes.Grain, words);
            var lanes = Vector512.Create(pattern).AsUInt32();
            for (; i + Lanes.Width <= stop; i += Lanes.Width)
                lanes.Store(y + i);
            for (; i < stop; i++)
                y[i] = (i & 1) == 0 ? (uint)pattern : (uint)(pattern >> 32);
        }
    }

    /// <summary>A task is a row of pixels: one copy between two runs of zeros.</summary>
    private readonly struct ShiftBody(ShiftGeometry g, float* x, float* offsets, float* y) : IRangeBody
    {
        public void Run(int first, int end)
        {
            var count = g.RowCount;
            for (var task = first; task < end; task++)
            {
                var (batch, row) = Math.DivRem(task, g.Height);
                var down = MathF.Round(offsets[2L * batch], MidpointRounding.AwayFromZero);
                var right = MathF.Round(offsets[2L * batch + 1], MidpointRounding.AwayFromZero);
                var target = new Span<float>(y + (long)task * count, count);

                // Compared as they are: a NaN reaches nothing, and what fits no integer is never made one.
                var from = MathF.Abs(down) < g.Height && MathF.Abs(right) < g.Width ? row - (int)down : -1;
                if ((uint)from >= (uint)g.Height)
                {
                    target.Clear();
                    continue;
                }

                var source = new ReadOnlySpan<float>(x + ((long)batch * g.Height + from) * count, count);
                var moved = (int)right * g.Channels;
                if (moved >= 0)
                {
                    target[..moved].Clear();
                    source[..(count - moved)].CopyTo(target[moved..]);
                }
                else
                {
                    source[-moved..].CopyTo(target);
                    target[(count + moved)..].Clear();
                }
            }
        }
    }

    private readonly struct OneHotBody(int* labels, int classes, float* y) : IRangeBody
    {
        public void Run(int first, int end)
        {
            for (var i = (long)first; i < end; i++)
            {
                var row = new Span<float>(y + i * classes, classes);
                row.Clear();
                if ((uint)labels[i] < (uint)classes)
                    row[labels[i]] = 1;
            }
        }
    }
}
