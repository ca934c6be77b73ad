using CrossModal.Kernels;
using CrossModal.Runs;
using Microsoft.AspNetCore.Http;

namespace CrossModal.Studio;

/// <summary>A run that was asked for is not there, or no longer.</summary>
internal sealed class NotOnShelfException(string message) : BadInputException(message);

/// <summary>A run as the page lists it.</summary>
/// <param name="Id">What the page calls it: the name of its folder, with a number where two have the same.</param>
/// <param name="Ships">Whether it came with the program.</param>
internal sealed record ShelvedRun(string Id, RunFolder Folder, bool Ships)
{
    /// <summary>When its settings were written.</summary>
    public DateTime Created => File.GetLastWriteTimeUtc(Folder.Settings);

    /// <summary>
    /// Whether a path is a file of this run: there, in the folder, and no link on the way, which could lead anywhere.
    /// </summary>
    public bool Has(string path)
    {
        if (!File.Exists(path))
            return false;
        for (var at = path; at is not null; at = Path.GetDirectoryName(at))
        {
            if (at == Folder.Path)
                return true;
            if (new FileInfo(at).LinkTarget is not null)
                return false;
        }

        return false;
    }
}

/// <summary>
/// The run folders that are shown: those directly under one folder, links to elsewhere aside, one more where it was named, and those that
/// came with the program. Runs are asked for by a name of this list; a path from outside is never opened.
/// </summary>
/// <param name="runs">The folder of run folders; it need not exist yet.</param>
/// <param name="run">A run folder beside them.</param>
/// <param name="ships">The folder of those that came with the program; null for none.</param>
internal sealed class RunShelf(string runs, string? run, string? ships = null)
{
    /// <summary>The run folder that was named; null for none.</summary>
    public string? Named { get; } = run is null ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(run));

    /// <summary>Where runs are begun that a page starts.</summary>
    public string Folder { get; } = Path.GetFullPath(runs);

    /// <summary>All runs there are at this moment: the one that was named, then the newest, at the end those of the program.</summary>
    public IReadOnlyList<ShelvedRun> List()
    {
        var found = new List<string>();
        if (Named is not null)
            found.Add(Named);
        found.AddRange(Under(Folder).OrderByDescending(path => File.GetLastWriteTimeUtc(new RunFolder(path).Settings)));
        var own = found.Distinct().ToList();
        var shipped = ships is null ? [] : Under(ships).Order(StringComparer.Ordinal).Except(own).ToList();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. own.Select(path => new ShelvedRun(NameOf(path, taken), new RunFolder(path), Ships: false)),
            .. shipped.Select(path => new ShelvedRun(NameOf(path, taken), new RunFolder(path), Ships: true)),
        ];
    }

    private static IEnumerable<string> Under(string folder) => !Directory.Exists(folder) ? []
        : new DirectoryInfo(folder).EnumerateDirectories()
            .Where(under => under.LinkTarget is null
                && new FileInfo(new RunFolder(under.FullName).Settings) is { Exists: true, LinkTarget: null })
            .Select(under => under.FullName);

    /// <summary>The run of a name of <see cref="List"/>.</summary>
    /// <exception cref="NotOnShelfException">There is none, or no longer.</exception>
    public ShelvedRun Find(string id) => List().FirstOrDefault(run => run.Id == id)
        ?? throw new NotOnShelfException($"there is no run '{id}' in {Folder}; it may have been moved or deleted");

    /// <summary>The run that a request names.</summary>
    /// <exception cref="NotOnShelfException">There is none, or no longer.</exception>
    public ShelvedRun Asked(HttpContext context) => Find((string)context.Request.RouteValues["id"]!);

    private static string NameOf(string path, HashSet<string> taken)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        var free = name;
        for (var i = 2; !taken.Add(free); i++)
            free = $"{name} ({i})";
        return free;
    }
}
