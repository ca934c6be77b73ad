namespace CrossModal.Kernels.Tests.Files;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720, B.4, and the check value of the catalog of CRCs.</summary>
    [Fact]
    public void KnownBytesHaveTheKnownChecksum()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0u, Crc32C.Of([]));
    }

    [Fact]
    public void PartsAddUpToTheWhole()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * i))];
        var sum = new Crc32C();
        for (int at = 0, length = 1; at < bytes.Length; at += length, length = length % 13 + 1)
            sum.Add(bytes.AsSpan(at, Math.Min(length, bytes.Length - at)));
        Assert.Equal(Crc32C.Of(bytes), sum.Value);
        Assert.Equal($"{sum.Value:x8}", sum.ToString());
    }
}
