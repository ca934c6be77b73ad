using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

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
    private static readonly JsonFile<Content> File = new(KernelChoiceJson.Default.Content, "list of kernel choices",
        "it is measured again");

    private Dictionary<string, Entry>? _entries;
    private bool _unwritable;

    /// <summary>A choice and the times that led to it.</summary>
    internal sealed record Entry(string Chosen, Dictionary<string, double> Milliseconds);

    /// <summary>What the file holds.</summary>
    internal sealed record Content(string Identity, Dictionary<string, Entry> Choices);

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
        Entries[key] = new Entry(chosen, names.Zip(times).Where(pair => double.IsFinite(pair.Second))
            .ToDictionary(pair => pair.First, pair => pair.Second));
        if (path is null || _unwritable)
            return;

        // What another process has written meanwhile stays.
        foreach (var (other, entry) in Read())
            Entries.TryAdd(other, entry);
        try
        {
            var sorted = Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToDictionary();
            AtomicFile.WriteText(path, JsonSerializer.Serialize(new Content(identity, sorted), KernelChoiceJson.Default.Content),
                privately: true);
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
        try
        {
            // What others could have written chooses nothing here.
            return path is not null && FileStatus.IsTrusted(path) && File.Read(path) is { } content && content.Identity == identity
                ? content.Choices : [];
        }
        catch (BadInputException)
        {
            // Not there, or not ours: measured anew.
            return [];
        }
    }
}

/// <summary>The file's layout.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KernelChoiceFile.Content))]
internal sealed partial class KernelChoiceJson : JsonSerializerContext;
