namespace CrossModal.Kernels.Cuda;

/// <summary>Operands of bfloat16 made of those that are float32.</summary>
internal sealed unsafe partial class CudaBackend
{
    /// <summary>An array to multiply: itself where its type serves, else a rounded copy for as long as the call takes.</summary>
    private readonly ref struct NarrowCopy(CudaBackend backend, DeviceArray array, DeviceBuffer? room) : IDisposable
    {
        public DeviceArray Array { get; } = array;

        public void Dispose()
        {
            // Whoever gets the block next uses it later in the same stream.
            if (room is not null)
                backend.Scratch.Release(room);
        }
    }

    /// <summary>An operand rounded to bfloat16 where the other one is of it.</summary>
    private NarrowCopy NarrowedBeside(DeviceArray other, DeviceArray operand)
    {
        if (other.Type != ElementType.BFloat16 || operand.Type != ElementType.Float32)
            return new NarrowCopy(this, operand, null);
        var room = Scratch.Allocate(operand.Count * ElementType.BFloat16.Size(), "a copy in bfloat16");
        var copy = new DeviceArray(room.Address, operand.Count, ElementType.BFloat16);
        Convert(operand, copy);
        return new NarrowCopy(this, copy, room);
    }
}
