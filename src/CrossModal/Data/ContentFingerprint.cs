using System.Security.Cryptography;
using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>
/// What a list of samples is known by wherever it lies: classes, splits, windows, names and contents of its files, but neither its folder
/// nor any time, so that a copy is the same data. Of a file larger than 64 KiB the size counts and four pieces of 16 KiB, spread evenly,
/// which tell recordings and photographs apart. What was computed is kept in the cache under <see cref="SampleList.Fingerprint"/>, which no
/// file has to be read for.
/// </summary>
internal static class ContentFingerprint
{
    private const int WholeBytes = 1 << 16, Pieces = 4, PieceBytes = WholeBytes / Pieces;

    /// <summary>64 hexadecimal digits.</summary>
    public static string Of(SampleList list)
    {
        var path = Path.Combine(CacheFolder.Ensure("fingerprints"), list.Fingerprint);
        if (Kept(path) is { } kept)
            return kept;
        var fingerprint = Compute(list);
        try
        {
            AtomicFile.WriteText(path, fingerprint);
        }
        catch (BadInputException)
        {
            // It is computed again the next time.
        }

        return fingerprint;
    }

    private static string? Kept(string path)
    {
        try
        {
            var text = BoundedFile.ReadText(path, 2 * SHA256.HashSizeInBytes, "fingerprint", "it is computed again");
            return text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigitLower) ? text : null;
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    private static string Compute(SampleList list)
    {
        var index = list.Index;
        var (sounds, images) = (Digests(index, index.Sounds, list.Sounds.Select(sound => sound.File)),
            Digests(index, index.Images, list.Images));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append($"content 1 {index.Layout.Name} {string.Join('|', index.Classes)}\n");
        foreach (var (file, number) in list.Sounds)
            Append($"sound {number} {Describe(index.Sounds[file], sounds[file])}");
        foreach (var image in list.Images)
            Append($"image {Describe(index.Images[image], images[image])}");
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
        static string Describe(DataFile file, byte[]? digest) =>
            $"{file.Class} {file.Split} {file.Bytes} {Convert.ToHexStringLower(digest!)} {file.RelativePath}\n";
    }

    /// <summary>The digests of the files that are used, by their place in the index.</summary>
    private static byte[]?[] Digests(DatasetIndex index, IReadOnlyList<DataFile> files, IEnumerable<int> used)
    {
        var digests = new byte[]?[files.Count];
        Parallel.ForEach(used.Distinct(), () => new byte[WholeBytes], (file, _, room) =>
        {
            digests[file] = Digest(index.FullPath(files[file]), room);
            return room;
        }, _ => { });
        return digests;
    }

    /// <summary>What cannot be read has a digest too: it is left out of the samples, and of the copy likewise.</summary>
    private static byte[] Digest(string path, byte[] room)
    {
        try
        {
            if (!BoundedFile.HasContent(path))
                return [];
            using var handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
            var length = RandomAccess.GetLength(handle);
            if (length <= WholeBytes)
                return SHA256.HashData(room.AsSpan(0, Fill(room, 0)));
            var filled = 0;
            for (var piece = 0; piece < Pieces; piece++)
                filled += Fill(room.AsSpan(piece * PieceBytes, PieceBytes), (length - PieceBytes) / (Pieces - 1) * piece);
            return SHA256.HashData(room.AsSpan(0, filled));

            int Fill(Span<byte> place, long offset)
            {
                var done = 0;
                for (int read; done < place.Length && (read = RandomAccess.Read(handle, place[done..], offset + done)) > 0;)
                    done += read;
                return done;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
