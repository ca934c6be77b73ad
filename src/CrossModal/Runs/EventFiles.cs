using System.Buffers.Binary;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using Google.Protobuf;

namespace CrossModal.Runs;

/// <summary>
/// The event files of a run folder, which TensorBoard reads in the order of their names: one for each time that the GAN was begun or gone
/// on with, and one of what was trained before it. Together they are one history: what a killed run had written beyond its last checkpoint
/// is cut off before the run goes on.
/// </summary>
/// <param name="folder">The run folder.</param>
internal sealed class EventFiles(string folder)
{
    /// <summary>TensorBoard takes files with the second of these in their names for its own.</summary>
    private const string Prefix = "events.out", Mark = ".tfevents.", OfSteps = ".gan", OfStages = ".stages";

    /// <summary>A picture of many classes has some megabytes; more is damage.</summary>
    private const long LongestMessage = 256L << 20;

    /// <summary>Whether there are any.</summary>
    public bool Any => Names("").Length > 0;

    /// <summary>Cuts off what is of later steps than <paramref name="step"/>, and records that were cut short.</summary>
    public void Rewind(long step)
    {
        foreach (var name in Names(OfSteps))
        {
            using var file = new FileStream(name, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            var kept = 0L;
            while (ReadMessage(file) is { } message && StepIn(message) <= step)
                kept = file.Position;
            file.SetLength(kept);
        }
    }

    /// <summary>Begins a file of steps; it is read behind those that are there, whatever the clock says.</summary>
    public EventFile Begin()
    {
        var last = Names("").Select(name => Seconds(name)).DefaultIfEmpty(0).Max();
        var seconds = Math.Max(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), last + 1);
        var file = new EventFile(Path.Combine(folder, NameOf(seconds, OfSteps)));
        file.Add(EventRecord.Version(EventFile.Now));
        return file;
    }

    /// <summary>
    /// Writes what was measured of the parts that were trained before the GAN, by their epochs; once, for they are not trained again.
    /// </summary>
    /// <param name="lines">The metrics of the run.</param>
    public void WriteStages(IEnumerable<MetricsLine> lines)
    {
        if (Names(OfStages).Length > 0)
            return;
        var time = EventFile.Now;
        var records = lines.Where(line => line.Step == 0 && line.Epoch is not null)
            .Select(line => EventRecord.Scalars(time, line.Epoch!.Value, Measured(line)));
        AtomicFile.Write(Path.Combine(folder, NameOf((long)time, OfStages)), stream =>
        {
            foreach (var record in records.Prepend(EventRecord.Version(time)))
                stream.Write(record);
        });
    }

    /// <summary>The numbers of a line, each called by its stage and its name.</summary>
    private static IEnumerable<(string Tag, double Value)> Measured(MetricsLine line)
    {
        foreach (var (name, value) in line.Values)
        {
            if (name is not ("step" or "epoch") && value is JsonValue number && number.TryGetValue<double>(out var measured))
                yield return ($"{line.Stage}/{name.Replace('_', ' ')}", measured);
        }
    }

    private static string NameOf(long seconds, string what) => $"{Prefix}{Mark}{seconds:D10}.crossmodal{what}";

    private static long Seconds(string path) =>
        long.TryParse(Path.GetFileName(path).Split('.').ElementAtOrDefault(3), out var seconds) ? seconds : 0;

    private string[] Names(string what) =>
        Directory.Exists(folder) ? Directory.GetFiles(folder, $"{Prefix}{Mark}*{what}") : [];

    /// <summary>The next message of a file; null at its end, and where no whole one follows.</summary>
    private static byte[]? ReadMessage(FileStream file)
    {
        Span<byte> head = stackalloc byte[EventRecord.HeadBytes], tail = stackalloc byte[EventRecord.TailBytes];
        if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(head[sizeof(long)..]) != EventRecord.Checksum(head[..sizeof(long)]))
            return null;
        var length = BinaryPrimitives.ReadInt64LittleEndian(head);
        if (length is < 0 or > LongestMessage || length > file.Length - file.Position - tail.Length)
            return null;
        var message = new byte[length];
        file.ReadExactly(message);
        file.ReadExactly(tail);
        return BinaryPrimitives.ReadUInt32LittleEndian(tail) == EventRecord.Checksum(message) ? message : null;
    }

    /// <summary>What is no message is of no step that counts.</summary>
    private static long StepIn(byte[] message)
    {
        try
        {
            return EventRecord.StepOf(message);
        }
        catch (InvalidProtocolBufferException)
        {
            return long.MaxValue;
        }
    }
}

/// <summary>An event file in the making. Each record goes to the system at once, so that a kill loses none.</summary>
internal sealed class EventFile : IDisposable
{
    private readonly FileStream _stream;

    internal EventFile(string path) =>
        _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);

    /// <summary>Seconds since 1970.</summary>
    public static double Now => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    /// <param name="record">From <see cref="EventRecord"/>.</param>
    public void Add(byte[] record) => _stream.Write(record);

    public void Dispose() => _stream.Dispose();
}
