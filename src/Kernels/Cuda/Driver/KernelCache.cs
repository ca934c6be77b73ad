using System.Security.Cryptography;
using System.Text;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Compiled kernels on disk, one file a key: the SHA-256 of all that follows, the length of the compiler's log in four bytes, the log, the
/// image. A file that was damaged counts as absent. A folder that cannot be written costs time and nothing else.
/// </summary>
internal sealed class KernelCache(string folder)
{
    private const int HeaderBytes = SHA256.HashSizeInBytes + sizeof(int);

    public CompiledKernels? Read(string key)
    {
        try
        {
            // What others could have written is not run.
            var content = FileStatus.IsTrusted(PathOf(key)) ? File.ReadAllBytes(PathOf(key)) : [];
            if (content.Length <= HeaderBytes)
                return null;
            var hash = SHA256.HashData(content.AsSpan(SHA256.HashSizeInBytes));
            if (!content.AsSpan(0, SHA256.HashSizeInBytes).SequenceEqual(hash))
                return null;
            var logBytes = BitConverter.ToInt32(content, SHA256.HashSizeInBytes);
            return new CompiledKernels(content[(HeaderBytes + logBytes)..], Encoding.UTF8.GetString(content, HeaderBytes, logBytes),
                FromCache: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(string key, CompiledKernels compiled)
    {
        var log = Encoding.UTF8.GetBytes(compiled.Log);
        byte[] body = [.. BitConverter.GetBytes(log.Length), .. log, .. compiled.Image];
        try
        {
            AtomicFile.Write(PathOf(key), stream =>
            {
                stream.Write(SHA256.HashData(body));
                stream.Write(body);
            }, privately: true);
        }
        catch (BadInputException)
        {
            // Compiled again next time.
        }
    }

    /// <summary>The key's first word, the family, stays readable.</summary>
    private string PathOf(string key)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..24];
        return Path.Combine(folder, $"{key[..Math.Max(0, key.IndexOf('-'))]}-{hash}.kernels");
    }
}
