namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    private readonly StagingBuffers _staging;

    public override void Upload<T>(ReadOnlySpan<T> source, DeviceArray destination)
    {
        Check<T>(source.Length, destination);
        fixed (T* values = source)
            _staging.Upload((byte*)values, destination.Address, (long)source.Length * sizeof(T));
        Touched(destination.Address, destination.Bytes);
    }

    public override void Download<T>(DeviceArray source, Span<T> destination)
    {
        Check<T>(destination.Length, source);
        fixed (T* values = destination)
        {
            if (source.Bytes > 0)
                _driver.CopyToHost(values, source.Address, source.Bytes, _stream);
            _driver.Synchronize(_stream);
        }
    }

    public override Readback CreateReadback(int bytes) => new PinnedReadback(_driver, _stream, bytes);

    public override DeviceClock CreateClock(int moments) => new EventClock(_driver, _stream, moments);

    private static void Check<T>(int length, DeviceArray array) where T : unmanaged
    {
        if (sizeof(T) != array.Type.Size() || length != array.Count)
            throw new ArgumentException($"{length} values of {typeof(T).Name} and an array of {array.Count} {array.Type}");
    }

    /// <summary>Page-locked memory, and an event that says when the copy has arrived in it.</summary>
    private sealed class PinnedReadback(ICudaDriver driver, nint stream, int bytes) : Readback
    {
        private readonly nint _memory = driver.AllocateHost(bytes), _arrived = driver.CreateEvent();

        public override void Begin(DeviceArray source)
        {
            if (source.Bytes != bytes)
                throw new ArgumentException($"a readback of {bytes} bytes and an array of {source.Bytes}");
            driver.CopyToHost((void*)_memory, source.Address, bytes, stream);
            driver.RecordEvent(_arrived, stream);
        }

        public override ReadOnlySpan<byte> Wait()
        {
            driver.WaitForEvent(_arrived);
            return new ReadOnlySpan<byte>((void*)_memory, bytes);
        }

        public override void Dispose()
        {
            driver.DestroyEvent(_arrived);
            driver.FreeHost(_memory);
        }
    }

    /// <summary>An event in the stream for each moment.</summary>
    private sealed class EventClock(ICudaDriver driver, nint stream, int moments) : DeviceClock
    {
        private readonly nint[] _events = [.. Enumerable.Range(0, moments).Select(_ => driver.CreateEvent())];

        public override void Mark(int moment) => driver.RecordEvent(_events[moment], stream);

        public override double Milliseconds(int from, int to)
        {
            driver.WaitForEvent(_events[to]);
            return driver.ElapsedMilliseconds(_events[from], _events[to]);
        }

        public override void Dispose() => Array.ForEach(_events, driver.DestroyEvent);
    }

    /// <summary>
    /// Two pieces of page-locked memory that uploads take turns in: the host fills one while the device still copies the other, and returns
    /// without waiting for the copy.
    /// </summary>
    private sealed class StagingBuffers(ICudaDriver driver, nint stream) : IDisposable
    {
        private readonly (nint Memory, long Bytes, nint Copied)[] _buffers = new (nint, long, nint)[2];
        private int _turn;

        public void Upload(byte* source, nint destination, long bytes)
        {
            if (bytes == 0)
                return;
            ref var buffer = ref _buffers[_turn];
            _turn ^= 1;
            if (buffer.Copied != 0)
                driver.WaitForEvent(buffer.Copied);
            if (buffer.Bytes < bytes)
                Grow(ref buffer, bytes);
            Buffer.MemoryCopy(source, (void*)buffer.Memory, buffer.Bytes, bytes);
            driver.CopyToDevice(destination, (void*)buffer.Memory, bytes, stream);
            driver.RecordEvent(buffer.Copied, stream);
        }

        public void Dispose()
        {
            foreach (var buffer in _buffers)
            {
                if (buffer.Copied != 0)
                    driver.DestroyEvent(buffer.Copied);
                if (buffer.Memory != 0)
                    driver.FreeHost(buffer.Memory);
            }
        }

        private void Grow(ref (nint Memory, long Bytes, nint Copied) buffer, long bytes)
        {
            if (buffer.Memory != 0)
                driver.FreeHost(buffer.Memory);
            else
                buffer.Copied = driver.CreateEvent();
            buffer.Bytes = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(bytes, 4096));
            buffer.Memory = driver.AllocateHost(buffer.Bytes);
        }
    }
}
