using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CrossModal.Kernels;
using CrossModal.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace CrossModal.Layers.Tests;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryTypeComesBackBitForBitWithNamesShapesAndText()
    {
        var sources = new[]
        {
            Source("weights", ElementType.Float32, new Shape(2, 3), 0),
            Source("größe \"1\"", ElementType.Float64, new Shape(3), 50),
            Source("labels", ElementType.Int32, new Shape(1, 5), 100),
            Source("scalar", ElementType.Int64, new Shape(), 150),
            Source("nothing", ElementType.Float32, new Shape(4, 0), 200),
        };
        var path = _folder.File("all.safetensors");
        SafeTensors.Write(path, sources, new Dictionary<string, string> { ["run"] = "{\"seed\": 3, \"name\": \"Geige\\n\"}" });
        using var file = SafeTensors.Open(path);
        Assert.Equal(sources.Length, file.Tensors.Count);
        foreach (var source in sources)
        {
            var info = file.Tensors[source.Name];
            Assert.Equal((source.Type, source.Shape), (info.Type, info.Shape));
            Assert.Equal(source.Bytes().ToArray(), file.Read(info));
        }

        Assert.Equal("{\"seed\": 3, \"name\": \"Geige\\n\"}", file.Metadata["run"]);
    }

    [Fact]
    public void TheHeaderIsAsTheFormatSays()
    {
        var path = _folder.File("small.safetensors");
        var text = new Dictionary<string, string> { ["k"] = "v" };
        SafeTensors.Write(path, [Source("a", ElementType.Float32, new Shape(2), 0), Source("b", ElementType.Int64, new Shape(1), 9)], text);
        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(8 + length + 16, bytes.Length);

        // The wider type first, so that both are aligned.
        Assert.Equal(
            """{"__metadata__":{"k":"v"},"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""",
            Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
    }

    [Fact]
    public void AFileCutAnywhereIsRefusedInOneLine()
    {
        var path = _folder.File("whole.safetensors");
        SafeTensors.Write(path, [Source("a", ElementType.Float32, new Shape(2, 3), 0), Source("b", ElementType.Int64, new Shape(1), 9)]);
        var bytes = File.ReadAllBytes(path);
        var cut = _folder.File("cut.safetensors");
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(cut, bytes[..length]);
            Refused(cut, "cut short");
        }

        File.WriteAllBytes(cut, [.. bytes, 0]);
        Refused(cut, "damaged");
        Refused(_folder.File("absent.safetensors"), "cannot read");
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}""", "not its 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "overlap or leave a hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""",
        "overlap or leave a hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}""", "cut short")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "type F8_E4M3")]
    [InlineData("""{"a":{"dtype":4,"shape":[4],"data_offsets":[0,16]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,16]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999],"data_offsets":[0,16]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,8,16]}}""", "damaged")]
    [InlineData("""{"a":{"shape":[4],"data_offsets":[0,16]}}""", "damaged")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""",
        "damaged")]
    [InlineData("""{"__metadata__":{"k":3},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "damaged")]
    [InlineData("""{"a":[1]}""", "damaged")]
    [InlineData("[1, 2, 3]", "damaged")]
    [InlineData("{{{{", "damaged")]
    public void AHeaderThatLiesIsRefused(string header, string because)
    {
        var path = _folder.File("lies.safetensors");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[16]]);
        Refused(path, because);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1L << 40)]
    [InlineData(long.MinValue)]
    public void ANonsenseHeaderLengthIsRefused(long length)
    {
        var path = _folder.File("length.safetensors");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(length), .. new byte[64]]);
        Refused(path, "no safetensors file has");
    }

    [Fact]
    public void TextThatIsNotUtf8IsRefused()
    {
        var path = _folder.File("text.safetensors");
        var header = Encoding.Latin1.GetBytes("""{"__metadata__":{"k":"ÿ"}}""");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header]);
        Refused(path, "damaged");
    }

    /// <summary>Whatever byte of the header is overwritten: the file is read or refused with our exception, never with another.</summary>
    [Fact]
    public void NoSingleDamagedByteGetsPastAsAnotherException()
    {
        var path = _folder.File("sound.safetensors");
        SafeTensors.Write(path, [Source("a", ElementType.Float32, new Shape(2, 3), 0)], new Dictionary<string, string> { ["k"] = "v" });
        var bytes = File.ReadAllBytes(path);
        var header = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var damaged = _folder.File("damaged.safetensors");
        var (places, values) = (Gen.Choose(0, header - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(places, values, (at, value) =>
        {
            var copy = (byte[])bytes.Clone();
            copy[at] = (byte)value;
            File.WriteAllBytes(damaged, copy);
            try
            {
                using var file = SafeTensors.Open(damaged);
                foreach (var tensor in file.Tensors.Values)
                    Assert.Equal(tensor.End - tensor.Begin, file.Read(tensor).Length);
            }
            catch (BadInputException error)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
        }));
    }

    [Fact]
    public void WritingChecksNamesAndSizesAndLeavesNoHalfFile()
    {
        var path = _folder.File("never.safetensors");
        var source = Source("a", ElementType.Float32, new Shape(2), 0);
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(path, [source, source]));
        Assert.Throws<ShapeException>(() =>
            SafeTensors.Write(path, [new SafeTensorSource("a", ElementType.Float32, new Shape(2), () => new byte[7])]));
        Assert.False(File.Exists(path));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    /// <summary>PyTorch saves models in half of their bytes: their floats are widened as they are read.</summary>
    [Theory]
    [InlineData("F16", new byte[] { 0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00 }, new[] { 1f, -2f, 5.9604645e-8f })]
    [InlineData("BF16", new byte[] { 0x80, 0x3F, 0x00, 0xC0, 0x80, 0x7F }, new[] { 1f, -2f, float.PositiveInfinity })]
    public void FloatsInHalfOfTheirBytesAreWidened(string type, byte[] stored, float[] expected)
    {
        var path = _folder.File("narrow.safetensors");
        var header = Encoding.ASCII.GetBytes($$$"""{"a":{"dtype":"{{{type}}}","shape":[3],"data_offsets":[0,6]}}""");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header, .. stored]);
        using var file = SafeTensors.Open(path);
        Assert.Equal(ElementType.Float32, file.Tensors["a"].Type);
        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(file.Read(file.Tensors["a"])).ToArray());
    }

    private static void Refused(string path, string because)
    {
        var error = Assert.Throws<CheckpointException>(() => SafeTensors.Open(path).Dispose());
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(path), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static SafeTensorSource Source(string name, ElementType type, Shape shape, int start) =>
        new(name, type, shape, () => Enumerable.Range(start, (int)shape.Count * type.Size()).Select(value => (byte)value).ToArray());
}
