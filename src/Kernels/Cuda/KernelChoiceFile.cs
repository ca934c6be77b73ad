using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// The choices of <see cref="KernelChoice{TShape}"/> on one device, kept from run to run. Written whole after each new choice; a file that
/// is damaged, of another device or of another make counts as none, and a folder that cannot be written costs only the next run's
/// measurements.
/// </summary>
/// <param name="path">The file, or null to keep nothing.</param>
/// <param name="identity">What the choices hold for: see <see cref="Identity"/>.</param>
internal sealed class KernelChoiceFile(string? path, string identity)
{
    private Dictionary<string, Entry>? _entries;
    private bool _unwritable;

    /// <summary>A choice and the times in milliseconds that led to it.</summary>
    private sealed record Entry(string Chosen, IReadOnlyList<(string Name, double Milliseconds)> Times);

    /// <summary>One line with everything that a choice depends on: card, driver, libraries, kernels.</summary>
    /// <param name="libraries">Name and version of each library that may be chosen.</param>
    public static string Identity(GpuProperties device, params ReadOnlySpan<string> libraries)
    {
        var kernels = string.Join(",", KernelSource.Families.Select(family => KernelSource.Of(family).Hash));
        return $"{device.Name}; compute {device.Major}.{device.Minor}; {device.Multiprocessors} multiprocessors; driver "
            + $"{device.DriverVersion}; "
            + $"{string.Join(", ", libraries!)}; kernels {Hash(kernels)}";
    }

    /// <summary><c>cuda/choices-DEVICE-HASH.json</c> under the folder for caches.</summary>
    public static string PathIn(string caches, GpuProperties device, string identity)
    {
        var name = string.Concat(device.Name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        return Path.Combine(caches, "cuda", $"choices-{name}-{Hash(identity)}.json");
    }

    /// <summary>The name that was chosen under this key, or null.</summary>
    public string? Find(string key) => Entries.TryGetValue(key, out var entry) ? entry.Chosen : null;

    /// <summary>Keeps a choice and writes the file.</summary>
    /// <param name="times">Milliseconds, one for each of <paramref name="names"/>; those that are NaN are not written.</param>
    public void Remember(string key, string chosen, IReadOnlyList<string> names, IReadOnlyList<double> times)
    {
        var measured = names.Select((name, index) => (name, times[index])).Where(entry => double.IsFinite(entry.Item2)).ToArray();
        Entries[key] = new Entry(chosen, measured);
        if (path is null || _unwritable)
            return;

        // What another process has written meanwhile stays.
        foreach (var (other, entry) in Read())
            Entries.TryAdd(other, entry);
        try
        {
            AtomicFile.Write(path, Write);
        }
        catch (BadInputException)
        {
            _unwritable = true;
        }
    }

    private Dictionary<string, Entry> Entries => _entries ??= Read();

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    private Dictionary<string, Entry> Read()
    {
        var entries = new Dictionary<string, Entry>();
        if (path is null)
            return entries;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.GetProperty("identity").GetString() != identity)
                return entries;
            foreach (var choice in document.RootElement.GetProperty("choices").EnumerateObject())
            {
                var times = choice.Value.GetProperty("milliseconds").EnumerateObject().Select(time => (time.Name, time.Value.GetDouble()))
                    .ToArray();
                entries[choice.Name] = new Entry(choice.Value.GetProperty("chosen").GetString() ?? "", times);
            }

            return entries;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Not there, or not ours: measured anew.
            return [];
        }
    }

    private void Write(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("identity", identity);
        json.WriteStartObject("choices");
        foreach (var (key, entry) in Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(key);
            json.WriteString("chosen", entry.Chosen);
            json.WriteStartObject("milliseconds");
            foreach (var (name, milliseconds) in entry.Times)
                json.WriteNumber(name, milliseconds);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
