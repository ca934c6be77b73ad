using System.Reflection;

namespace CrossModal.Tests;

public sealed class RandomStreamsTests
{
    /// <summary>Streams that differ in their lower halves alone are one purpose's, counted.</summary>
    [Fact]
    public void NoTwoPurposesShareAStream()
    {
        var streams = typeof(RandomStreams).GetFields(BindingFlags.Static | BindingFlags.Public)
            .Select(field => (field.Name, Stream: (ulong)field.GetRawConstantValue()!)).ToArray();
        Assert.True(streams.Length > 30);
        foreach (var purposes in streams.GroupBy(one => one.Stream >> 32 is > 0 and var upper ? upper << 32 : one.Stream))
            Assert.True(purposes.Count() == 1, string.Join(" and ", purposes.Select(one => one.Name)));
    }
}
