namespace CrossModal.Kernels;

/// <summary>What is wrong with a device.</summary>
public enum DeviceProblem
{
    /// <summary>A call failed, or a kernel did something wrong on <c>cuda-sim</c>; the device can be used on.</summary>
    Failure,

    /// <summary>It cannot be opened here: it is missing, too old, lacks something that it needs, or another process holds it.</summary>
    Unavailable,

    /// <summary>It was opened with a setting that it does not have; <see cref="DeviceException.Setting"/> is its name.</summary>
    Unsupported,

    /// <summary>It has no room.</summary>
    OutOfMemory,

    /// <summary>A kernel failed and took the device's state with it; it must be opened anew, in a new process.</summary>
    Lost,
}

/// <summary>A device cannot be opened, or does not do what it was asked. The message is one line.</summary>
public class DeviceException(string message, DeviceProblem problem = DeviceProblem.Failure, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What is wrong with the device.</summary>
    public DeviceProblem Problem { get; } = problem;

    /// <summary>With <see cref="DeviceProblem.Unsupported"/>: which of the settings, by its name among them (<c>Precision</c>).</summary>
    public string? Setting { get; init; }
}

/// <summary>A device has no room for an array, even after all that was kept for reuse had been given back.</summary>
public sealed class DeviceOutOfMemoryException : DeviceException
{
    internal DeviceOutOfMemoryException(string device, string op, long requestedBytes, DeviceMemoryPool pool, long? freeBytes)
        : base($"out of memory on {device} in {op}: asked {Megabytes(requestedBytes)}, live {Megabytes(pool.LiveBytes)}, cached "
            + $"{Megabytes(pool.CachedBytes)}, free {(freeBytes is { } free ? Megabytes(free) : "unknown")}", DeviceProblem.OutOfMemory)
    {
        (Device, Op, RequestedBytes) = (device, op, requestedBytes);
        (LiveBytes, CachedBytes, FreeBytes) = (pool.LiveBytes, pool.CachedBytes, freeBytes);
    }

    /// <summary>The device's name.</summary>
    public string Device { get; }

    /// <summary>The op that asked.</summary>
    public string Op { get; }

    /// <summary>Bytes that it asked for.</summary>
    public long RequestedBytes { get; }

    /// <summary>Bytes of all arrays that were alive.</summary>
    public long LiveBytes { get; }

    /// <summary>Bytes that were kept for reuse, in pieces that did not fit.</summary>
    public long CachedBytes { get; }

    /// <summary>Bytes that the device still had; null where nobody knows.</summary>
    public long? FreeBytes { get; }

    private static string Megabytes(long bytes) => $"{bytes / 1048576.0:0.0} MiB";
}

/// <summary>A CUDA driver, compiler or library reported an error. The message names function, error and meaning, in one line.</summary>
public sealed class CudaException(string message, DeviceProblem problem = DeviceProblem.Failure, Exception? inner = null)
    : DeviceException(message, problem, inner);
