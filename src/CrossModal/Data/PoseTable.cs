using System.Globalization;
using CrossModal.Data.Synthetic;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>
/// The poses of a data set's players, from the file <c>poses.csv</c> beside its folders: one line for each stem, with the columns that
/// <see cref="Pose"/> names (<c>pitch_hz</c>, <c>left_hand</c>, <c>string</c>, <c>stroke</c>, <c>sway</c>, <c>dynamics</c>), and
/// perhaps with a <c>player</c>. The generated set has it; recordings of real players do not.
/// </summary>
internal sealed class PoseTable
{
    private const string Remedy = "restore the file, or delete it to do without poses";
    private const int LongestLine = 4096;
    private const long Largest = 1L << 30;
    private static readonly string[] Columns = ["stem", "pitch_hz", "left_hand", "string", "stroke", "sway", "dynamics"];

    private readonly Dictionary<string, (Pose Pose, string? Player)> _poses;
    private readonly string _path;

    private PoseTable(string path, Dictionary<string, (Pose Pose, string? Player)> poses) => (_path, _poses) = (path, poses);

    public int Count => _poses.Count;

    /// <summary>Reads the poses of a data set; null where it has none.</summary>
    /// <exception cref="BadInputException">The file is damaged, or cannot be read.</exception>
    public static PoseTable? Read(string folder)
    {
        var path = Path.Combine(folder, "poses.csv");
        if (!File.Exists(path))
            return null;
        var poses = new Dictionary<string, (Pose, string?)>(StringComparer.Ordinal);
        int[]? places = null;
        var player = -1;
        foreach (var (number, line) in BoundedFile.ReadLines(path, LongestLine, Largest, "table of poses", Remedy))
        {
            if (line.Length > LongestLine)
                throw Damaged(path, number, $"has more than {LongestLine} letters");
            var cells = line.Split(',');
            if (places is null)
            {
                places = [.. Columns.Select(column => Array.IndexOf(cells, column))];
                player = Array.IndexOf(cells, "player");
                if (Array.IndexOf(places, -1) is >= 0 and var missing)
                    throw Damaged(path, 1, $"has no column '{Columns[missing]}'");
                continue;
            }

            if (line.Length == 0)
                continue;
            var last = Math.Max(places.Max(), player);
            if (cells.Length <= last)
                throw Damaged(path, number, $"has {cells.Length} cells of at least {last + 1}");
            float Number(int column) =>
                float.TryParse(cells[places[column]], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && float.IsFinite(value)
                ? value
                : throw Damaged(path, number, $"'{Excerpt.Of(cells[places[column]])}' is no number for {Columns[column]}");
            var pose = new Pose(Number(1), Number(2), (int)Number(3), Number(4), Number(5), Number(6));
            if (!poses.TryAdd(cells[places[0]], (pose, player < 0 ? null : cells[player])))
                throw Damaged(path, number, $"the stem {Excerpt.Of(cells[places[0]])} stands there twice");
        }

        return poses.Count > 0 ? new PoseTable(path, poses) : throw new BadInputException($"{path}: holds no poses; {Remedy}");
    }

    /// <summary>
    /// The pose of a sound or image that is known by its relative path (<see cref="PairSplit.ImageName"/>).
    /// </summary>
    /// <exception cref="BadInputException">The table has no line for it.</exception>
    public Pose Of(string relativePath)
    {
        var stem = Path.GetFileNameWithoutExtension(relativePath);
        return _poses.TryGetValue(stem, out var found) ? found.Pose
            : throw new BadInputException($"{_path}: has no line for {stem}; {Remedy}");
    }

    /// <summary>Who plays or is seen there; null where the table does not say.</summary>
    public string? PlayerOf(string relativePath) =>
        _poses.GetValueOrDefault(Path.GetFileNameWithoutExtension(relativePath)).Player;

    private static BadInputException Damaged(string path, int line, string what) => new($"{path}: line {line}: {what}; {Remedy}");
}
