using System.Security.Cryptography;
using System.Text;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Compiled kernels on disk, one file a key. A file begins with the SHA-256 of the rest: one that was damaged counts as absent. A folder that cannot be written costs time
/// and nothing else.
/// </summary>
internal sealed class KernelCache(string folder)
{
    public byte[]? Read(string key)
    {
        try
        {
            var content = File.ReadAllBytes(PathOf(key));
            return content.Length > SHA256.HashSizeInBytes && SHA256.HashData(content.AsSpan(SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(content.AsSpan(0, SHA256.HashSizeInBytes))
                ? content[SHA256.HashSizeInBytes..]
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(string key, byte[] image)
    {
        try
        {
            AtomicFile.Write(PathOf(key), stream =>
            {
                stream.Write(SHA256.HashData(image));
                stream.Write(image);
            });
        }
        catch (BadInputException)
        {
            // Compiled again next time.
        }
    }

    /// <summary>The key's first word, the family, stays readable.</summary>
    internal string PathOf(string key) =>
        Path.Combine(folder, $"{key[..Math.Max(0, key.IndexOf('-'))]}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..24]}.kernels");
}
